import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { InputOptions } from "rolldown";
import { common, root } from "./common.ts";

const source = join(root, "cli/src");

/** Of the package's 230 kB, the search for credentials would be 52 more, and the others together 10. */
const unusedParts = [
  "@aws-sdk/middleware-logger",
  "@aws-sdk/middleware-recursion-detection",
  "@aws-sdk/middleware-user-agent",
  "@aws-sdk/util-user-agent-node",
  "@aws-sdk/credential-provider-node",
  "@smithy/credential-provider-imds",
  "@smithy/node-config-provider",
  "@smithy/node-http-handler",
  "@smithy/signature-v4",
];

/** npm installs a copy of these for several packages of the SDK, all of one version: half a kilobyte. */
const repeatedParts = [
  "@smithy/service-error-classification",
  "@smithy/types",
  "@smithy/util-retry",
  "@smithy/util-utf8",
];

function folderForSdk(name: string): string {
  const client = createRequire(import.meta.url).resolve("@aws-sdk/client-cognito-identity");
  return dirname(createRequire(client).resolve(`${name}/package.json`));
}

/** For each bundle with code of auth-cli: without what it does not need, and with what starts faster. */
export const authCliCode = {
  plugins: [
    {
      name: "dotenv",
      // dotenv prints its version in a message that auth-cli does not cause: half a kilobyte.
      load: { filter: { id: /dotenv[\\/]package\.json$/ }, handler: () => '{ "version": "" }' },
    },
  ],
  resolve: {
    mainFields: ["module", "main"],
    // auth-cli sends unsigned requests with the SDK.
    alias: {
      ...Object.fromEntries(
        unusedParts.map((name) => [name, join(root, "scripts/build/unused-sdk-parts.ts")]),
      ),
      ...Object.fromEntries(repeatedParts.map((name) => [name, folderForSdk(name)])),
    },
  },
  transform: {
    ...common.transform,
    define: { "import.meta.dirname": "__dirname" },
    inject: {
      Headers: [join(source, "aws/header-map.ts"), "HeaderMap"],
      crypto: [join(source, "aws/light-crypto.ts"), "lightCrypto"],
    },
  },
} satisfies InputOptions;
