import { readFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { isolatedDeclaration } from "rolldown/experimental";
import packageJson from "../../packages/canary/package.json" with { type: "json" };
import { authCliCode } from "./auth-cli-code.ts";
import { common, root } from "./common.ts";
import { licensesFile, thirdPartyLicenses } from "./third-party-licenses.ts";
import { writeFiles } from "./write-files.ts";

const source = join(root, "packages/canary/src");
const outdir = join(root, "packages/canary/dist");

/** The construct with its types, and the bundle of the function. */
export async function buildCanary(): Promise<void> {
  const declaration = await isolatedDeclaration(
    "canary.ts",
    await readFile(join(source, "canary.ts"), "utf8"),
    { stripInternal: true },
  );
  const [error] = declaration.errors;
  if (error !== undefined) throw new Error(error.message);
  const construct = await bundle(join(source, "canary.ts"), "canary.js", (name) =>
    Object.keys(packageJson.peerDependencies).some((peer) => name === peer || name.startsWith(`${peer}/`)),
  );
  const handler = await bundle(join(source, "handler/handler.ts"), "index.js", () => false);
  await writeFiles(outdir, [
    // Programs of CDK are CommonJS for the most part.
    ["package.json", '{ "type": "commonjs" }\n'],
    ["canary.js", construct.code],
    ["handler/index.js", handler.code],
    ["canary.d.ts", declaration.code],
    [licensesFile, thirdPartyLicenses(handler.output)],
  ]);
}

async function bundle(input: string, file: string, external: (name: string) => boolean) {
  const build = await rolldown({
    ...common,
    ...authCliCode,
    input,
    external: (name) => isBuiltin(name) || external(name),
  });
  const { output } = await build.generate({
    format: "cjs",
    exports: "named",
    esModule: false,
    externalLiveBindings: false,
    minify: true,
    comments: { legal: false },
    file,
    codeSplitting: false,
  });
  await build.close();
  return { code: output[0].code, output };
}
