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

/** The manifest of the package that a file gets when it imports a name: Node's own lookup, folder by folder. */
function manifestPath(name: string, importer: string): string {
  const folders = createRequire(importer).resolve.paths(name) ?? [];
  const found = folders.map((folder) => join(folder, name, "package.json")).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${name} cannot be found from ${dirname(importer)}`);
  return found;
}

/** Pins without which a fresh install of SST 2 cannot deploy, or deploys with something that was never tried. */
describe("what sst deploy stands on", () => {
  const sst = manifestPath("sst", import.meta.filename);

  it("is the SST that the rest was chosen for", () => {
    expect(readManifest(sst).version).toBe("2.49.8");
  });

  it("gives the CDK toolkit a util-retry with which it does not throw", () => {
    const toolkit = manifestPath("@aws-cdk/toolkit-lib", sst);
    expect(readManifest(toolkit).version).toBe(readManifest(sst).dependencies["@aws-cdk/toolkit-lib"]);
    expect(readManifest(manifestPath("@smithy/util-retry", toolkit)).version).toBe("4.3.8");
  });

  it.each(["aws-cdk-lib", "constructs"])("has the %s that SST pins, and SST has no other", (name) => {
    const ours = manifestPath(name, import.meta.filename);
    expect(readManifest(ours).version).toBe(readManifest(sst).dependencies[name]);
    expect(manifestPath(name, sst)).toBe(ours);
  });

  it("has the CDK's command, which SST would else download to bootstrap an account", () => {
    const manifest = readManifest(manifestPath("aws-cdk", import.meta.filename));
    expect(manifest.version).toMatch(/^2\./);
  });
});
