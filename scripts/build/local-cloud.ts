import { readFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { rolldown } from "rolldown";
import packageJson from "../../packages/local-cloud/package.json" with { type: "json" };
import { common, root } from "./common.ts";
import { licensesFile, thirdPartyLicenses } from "./third-party-licenses.ts";
import { writeFiles } from "./write-files.ts";

const folder = join(root, "packages/local-cloud");

/** rolldown: only tests need it, because they run the TypeScript source and must compile the worker. */
const external = new Set([
  "rolldown",
  ...("optionalDependencies" in packageJson ? Object.keys(packageJson.optionalDependencies as object) : []),
]);

/** The code reads this file next to its own. */
const schemas = "resource-schemas.br";

/** The local cloud with its libraries, and the program of its Lambda workers. */
export async function buildLocalCloud(): Promise<void> {
  const bundle = await rolldown({
    ...common,
    input: {
      index: join(folder, "src/index.ts"),
      "lambda-worker": join(folder, "src/lambda/lambda-worker.ts"),
    },
    external: (name) => isBuiltin(name) || external.has(name),
  });
  const { output } = await bundle.generate({
    format: "esm",
    // Stack traces in bug reports keep their names.
    minify: { compress: true, mangle: false, codegen: true },
    comments: { legal: false },
  });
  await bundle.close();
  await writeFiles(join(folder, "dist"), [
    ...output.map((file) => [file.fileName, file.type === "chunk" ? file.code : file.source] as const),
    [licensesFile, thirdPartyLicenses(output, [join(root, "node_modules/@aws-cdk/aws-service-spec")])],
    [schemas, await readFile(join(folder, "src/cloudformation/resource-types", schemas))],
  ]);
}
