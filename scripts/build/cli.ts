import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { rolldown } from "rolldown";
import packageJson from "../../cli/package.json" with { type: "json" };
import { outlineProgram } from "../../cli/src/commands/outline.ts";
import { authCliCode } from "./auth-cli-code.ts";
import { common, root } from "./common.ts";
import { manPage } from "./man-page.ts";
import { licensesFile, thirdPartyLicenses } from "./third-party-licenses.ts";
import { writeFiles } from "./write-files.ts";

const source = join(root, "cli/src");
const outdir = join(root, "cli/dist");

/** What npm installs with the package. */
const installed = new Set([
  "@api-auth-twitter/local-cloud",
  "@napi-rs/keyring",
  ...Object.keys(packageJson.dependencies),
]);

/** Builds auth-cli. It is CommonJS because Node 20 needs 8 ms more to start ES modules. */
export async function buildCli(): Promise<void> {
  const bundle = await rolldown({
    ...common,
    ...authCliCode,
    input: {
      main: join(source, "main.ts"),
      library: join(source, "library/library.ts"),
      "keyring-process": join(source, "environment/keyring-process.ts"),
    },
    // What other files share with an entry stays in its file: one file less to load.
    preserveEntrySignatures: "allow-extension",
    // What the SDK that is bundled needs is bundled too: each request to Cognito would load it from node_modules.
    external: (id, importer) => installed.has(id) && importer?.includes("node_modules") !== true,
  });
  const { output } = await bundle.generate({
    format: "cjs",
    exports: "named",
    esModule: false,
    externalLiveBindings: false,
    dynamicImportInCjs: false,
    minify: { compress: true, mangle: true, codegen: { removeWhitespace: true, asciiOnly: true } },
    comments: { legal: false },
    chunkFileNames: "[name]-[hash].js",
    // One file with all that `call` loads, and one with the flags of the other commands for help and completion: each
    // further file costs a third of a millisecond.
    codeSplitting: {
      groups: [
        {
          name: "program",
          test: /cli[\\/]src[\\/](commands[\\/](run|call[\\/](call|command))|environment[\\/]create-environment)\.ts$/,
        },
        { name: "commands", test: /cli[\\/]src[\\/]commands[\\/]\w+[\\/]command\.ts$/ },
        // Small parts that are shared, or belong to a larger one: a file of its own costs each 150 bytes in the package.
        {
          name: "shared",
          test: /cli[\\/]src[\\/](shell-quote|aws[\\/]id-token|session[\\/]given-login|deployment[\\/](service-addresses|known-routes|second-clock|deployer-credentials|client-credentials))\.ts$/,
        },
        // With a parser of XML, which most commands do not load.
        {
          name: "control-plane",
          test: /cli[\\/]src[\\/](aws[\\/](cloudformation|apigatewayv2|iam|sts|control-plane)|deployment[\\/](stacks|deployed-outputs))\.ts$/,
        },
        { name: "twitter-api", test: /(twitter[\\/]twitter-api|session[\\/]verify-token)\.ts$/ },
        { name: "completion", test: /commands[\\/]completion[\\/](script|complete)\.ts$/ },
        {
          name: "output",
          test: /(environment[\\/](jq|output-file|read-input)|call[\\/](body|dry-run|form|json-result|write-out))\.ts$/,
        },
        { name: "session-store", test: /session[\\/]((session|token)-store|renew-identity)\.ts$/ },
        { name: "reports", test: /reports[\\/](github-\w+|chain-picture|junit|compare)\.ts$/ },
        { name: "proxy", test: /environment[\\/](proxy(-tunnel)?|certificate-authorities)\.ts$/ },
        { name: "browser", test: /environment[\\/](browser|callback-server|port-holder)\.ts$/ },
        { name: "shells", test: /(flags[\\/]shell-assignment|local[\\/]shells)\.ts$/ },
        { name: "local-environment", test: /local[\\/](fast-forward|print-environment)\.ts$/ },
        { name: "logins", test: /commands[\\/](logout[\\/]logout|switch[\\/]switch)\.ts$/ },
        { name: "fixes", test: /(flags[\\/](repeat-flags|usage-error)|deployment[\\/]framework-words)\.ts$/ },
        // What measures text, which `smoke --json` does not need.
        { name: "table", test: /smoke[\\/]reports[\\/](live-table|terminal)\.ts$/ },
      ],
    },
  });
  await bundle.close();
  await writeFiles(outdir, [
    ["package.json", '{ "type": "commonjs" }\n'],
    [licensesFile, thirdPartyLicenses(output)],
    ["library.d.ts", await readFile(join(source, "library/types.ts"))],
    ["auth-cli.1", manPage(await outlineProgram(), packageJson.version)],
    ...output.map((file) => [file.fileName, file.type === "chunk" ? file.code : file.source] as const),
  ]);
}
