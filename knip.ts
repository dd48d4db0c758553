import type { KnipConfig } from "knip";

const config: KnipConfig = {
  workspaces: {
    ".": {
      entry: ["stacks/*.ts", "scripts/*.ts"],
      // sst runs aws-cdk's `bootstrap`, and `sst deploy` throws without this util-retry. dependency-cruiser parses with swc.
      ignoreDependencies: ["aws-cdk", "@smithy/util-retry", "@swc/core"],
      ignoreBinaries: ["auth-cli"],
    },
    cli: {
      entry: [
        "src/main{,-version,-complete,-call}.ts",
        "src/environment/keyring-process.ts",
        "bench/*.{ts,cjs,mjs}",
      ],
      // What builds it: action.yml installs the packages of this workspace alone.
      ignoreDependencies: ["es-module-lexer", "esbuild", "tsx"],
    },
    "packages/functions": { entry: ["src/{private,public}.ts"] },
    "packages/test-support": { entry: ["src/*.ts"] },
  },
};

export default config;
