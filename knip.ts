import type { KnipConfig } from "knip";

const config: KnipConfig = {
  workspaces: {
    ".": {
      entry: ["stacks/*.ts", "scripts/*.{mjs,ts}"],
      // aws-cdk: sst runs its `bootstrap`; util-retry: a pin without which `sst deploy` throws.
      ignoreDependencies: ["aws-cdk", "aws-cdk-lib", "constructs", "@smithy/util-retry", "oxlint-tsgolint"],
    },
    cli: { entry: ["src/main.ts", "src/environment/keyring-process.ts"] },
    "packages/emulator": { entry: ["src/index.ts"] },
    "packages/functions": { entry: ["src/{private,public}.ts"] },
    "packages/testing": { entry: ["src/*.ts"] },
  },
};

export default config;
