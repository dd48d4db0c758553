import { join } from "node:path";
import type { Environment } from "../environment/environment.ts";
import { parseJson } from "../json.ts";

interface Manifest {
  artifacts?: Record<
    string,
    { properties?: { stackName?: string; templateFile?: string; directoryName?: string } }
  >;
}

/**
 * The stacks that CDK synthesised, also those in stages (`Stage`), which have folders of their own.
 * @returns the name and the path of the template of each. Empty without a manifest
 * @throws SyntaxError for an invalid manifest
 * @see https://docs.aws.amazon.com/cdk/api/v2/docs/cloud-assembly-schema-readme.html
 */
export function readAssembly(
  files: Pick<Environment["files"], "readText">,
  folder: string,
  levels = 3,
): { stackName: string; path: string }[] {
  const text = files.readText(join(folder, "manifest.json"));
  const { artifacts = {} } = text === undefined ? {} : (parseJson(text) as Manifest);
  return Object.entries(artifacts).flatMap(([id, { properties = {} }]) => {
    const { stackName = id, templateFile, directoryName } = properties;
    if (templateFile !== undefined) return [{ stackName, path: join(folder, templateFile) }];
    return directoryName === undefined || levels === 1
      ? []
      : readAssembly(files, join(folder, directoryName), levels - 1);
  });
}
