import type { KnipConfig } from "knip";

const config: KnipConfig = {
  workspaces: {
    ".": {
      entry: ["stacks/*.ts", "scripts/*.ts", "scripts/build/unused-sdk-parts.ts"],
      // sst runs aws-cdk's `bootstrap`, and `sst deploy` throws without this util-retry. dependency-cruiser parses with swc.
      ignoreDependencies: ["aws-cdk", "@smithy/util-retry", "@swc/core"],
      ignoreBinaries: ["auth-cli"],
    },
    cli: {
      entry: ["src/main.ts", "src/environment/keyring-process.ts", "bench/*.{ts,cjs}", "campaign/*.{ts,cjs}"],
      // They build auth-cli: action.yml installs the packages of this workspace only.
      ignoreDependencies: ["rolldown"],
      // A program of every Unix.
      ignoreBinaries: ["mkfifo"],
    },
    // Programs that run with packages of their own, pinned beside them.
    "packages/local-cloud": { ignore: ["test/clients/*.cjs"] },
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
