import { describe, expect, it } from "vitest";
import { createFakeEnvironment } from "../../test/fakes/fake-environment.ts";
import { findProject } from "./project.ts";

function find(files: Record<string, string>, workingDirectory = "/work/app/src/deep") {
  return findProject({ ...createFakeEnvironment({ files }), workingDirectory });
}

describe("findProject", () => {
  it.each(["ts", "mts", "cts", "js", "mjs", "cjs"])("searches the parents for sst.config.%s", (end) => {
    const files = { [`/work/app/sst.config.${end}`]: 'export default { name: "notes" }' };
    expect(find(files)).toMatchObject({ root: "/work/app", appName: "notes" });
  });

  it("returns the nearest project", () => {
    const files = { "/work/sst.config.ts": 'name: "outer"', "/work/app/sst.config.ts": 'name: "inner"' };
    expect(find(files)).toMatchObject({ root: "/work/app", appName: "inner" });
  });

  it("returns a folder with .sst when there is no config", () => {
    expect(find({ "/work/app/.sst/outputs.json": "{}" })).toMatchObject({
      root: "/work/app",
      appName: undefined,
    });
  });

  it("returns the working directory when there is no project", () => {
    expect(find({})).toMatchObject({ root: "/work/app/src/deep", appName: undefined });
  });

  it("finds a project in the root of the file system", () => {
    expect(find({ "/sst.config.ts": 'name: "x"' }, "/a").root).toBe("/");
  });

  it.each([
    ['config() { return { name: "notes", region: "x" }; }', "notes"],
    ["{ name: 'my-notes' }", "my-notes"],
    ["{ name : `notes` }", "notes"],
    ["{ name: process.env.APP }", undefined],
    ['{ rename: "x" }', undefined],
    ["", undefined],
  ])("reads from %j the app %s", (config, appName) => {
    expect(find({ "/work/app/sst.config.ts": config }).appName).toBe(appName);
  });
});
