import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

interface Manifest {
  version: string;
  dependencies: Record<string, string>;
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, "utf8")) as Manifest;
}

/** The manifest of the package that a file imports by this name, found as Node finds it. */
function manifestPath(name: string, importer: string): string {
  const folders = createRequire(importer).resolve.paths(name) ?? [];
  const found = folders.map((folder) => join(folder, name, "package.json")).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`cannot find ${name} from ${dirname(importer)}`);
  return found;
}

/** Pins that a fresh install of SST 2 needs to deploy with tested versions. */
describe("the dependencies of sst deploy", () => {
  const sst = manifestPath("sst", import.meta.filename);

  it("include the tested SST", () => {
    expect(readManifest(sst).version).toBe("2.49.8");
  });

  it("give the CDK toolkit a util-retry that does not throw", () => {
    const toolkit = manifestPath("@aws-cdk/toolkit-lib", sst);
    expect(readManifest(toolkit).version).toBe(readManifest(sst).dependencies["@aws-cdk/toolkit-lib"]);
    expect(readManifest(manifestPath("@smithy/util-retry", toolkit)).version).toBe("4.3.8");
  });

  it.each(["aws-cdk-lib", "constructs"])("include the %s that SST pins, once", (name) => {
    const ours = manifestPath(name, import.meta.filename);
    expect(readManifest(ours).version).toBe(readManifest(sst).dependencies[name]);
    expect(manifestPath(name, sst)).toBe(ours);
  });

  it("include the CDK command, which SST would download to bootstrap an account", () => {
    const manifest = readManifest(manifestPath("aws-cdk", import.meta.filename));
    expect(manifest.version).toMatch(/^2\./);
  });
});
