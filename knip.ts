import type { KnipConfig } from "knip";

const config: KnipConfig = {
  workspaces: {
    ".": {
      entry: ["stacks/*.ts", "scripts/*.ts", "scripts/build/unused-sdk-parts.ts"],
      // sst runs aws-cdk's `bootstrap`, and `sst deploy` throws without this util-retry. dependency-cruiser parses with swc.
      ignoreDependencies: ["aws-cdk", "@smithy/util-retry", "@swc/core"],
      ignoreBinaries: ["auth-cli"],
      // It has packages of its own.
      ignore: ["examples/load/*"],
    },
    cli: {
      entry: ["src/main.ts", "src/environment/keyring-process.ts", "bench/*.{ts,cjs}", "campaign/*.{ts,cjs}"],
      // They build auth-cli: action.yml installs the packages of this workspace only.
      ignoreDependencies: ["rolldown"],
      // A program of every Unix.
      ignoreBinaries: ["mkfifo"],
    },
    "packages/local-cloud": {
      // Programs that run with packages of their own, pinned beside them.
      ignore: ["test/clients/*.cjs"],
      // Programs of every Linux.
      ignoreBinaries: ["mount", "umount"],
    },
    "packages/canary": { entry: ["src/handler/handler.ts"] },
    "packages/functions": { entry: ["src/{private,public}.ts"] },
    "packages/test-support": {
      entry: ["src/*.ts"],
      // The page of docs/browser.md imports them.
      ignoreDependencies: ["@aws-sdk/credential-provider-cognito-identity", "oauth-1.0a"],
    },
  },
};

export default config;
