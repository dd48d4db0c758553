import type { KnipConfig } from "knip";

const config: KnipConfig = {
  workspaces: {
    ".": {
      entry: ["stacks/*.ts", "scripts/*.ts"],
      // aws-cdk: sst runs its `bootstrap`; util-retry: a pin without which `sst deploy` throws.
      ignoreDependencies: ["aws-cdk", "@smithy/util-retry"],
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
