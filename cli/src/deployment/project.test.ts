import { describe, expect, it } from "vitest";
import { createFakeEnvironment } from "../../test/fakes/fake-environment.ts";
import { findProject } from "./project.ts";

function find(files: Record<string, string>, workingDirectory = "/work/app/src/deep") {
  return findProject({ ...createFakeEnvironment({ files }), workingDirectory });
}

describe("the project", () => {
  it.each(["ts", "mts", "cts", "js", "mjs", "cjs"])(
    "is the folder of sst.config.%s, looked for upwards",
    (end) => {
      const files = { [`/work/app/sst.config.${end}`]: 'export default { name: "notes" }' };
      expect(find(files)).toMatchObject({ root: "/work/app", appName: "notes" });
    },
  );

  it("is the nearest one", () => {
    const files = { "/work/sst.config.ts": 'name: "outer"', "/work/app/sst.config.ts": 'name: "inner"' };
    expect(find(files)).toMatchObject({ root: "/work/app", appName: "inner" });
  });

  it("is a folder with .sst when there is no config", () => {
    expect(find({ "/work/app/.sst/outputs.json": "{}" })).toMatchObject({
      root: "/work/app",
      appName: undefined,
    });
  });

  it("is the working directory when nothing is found", () => {
    expect(find({})).toMatchObject({ root: "/work/app/src/deep", appName: undefined });
  });

  it("may be the root of the file system", () => {
    expect(find({ "/sst.config.ts": 'name: "x"' }, "/a").root).toBe("/");
  });

  it.each([
    ['config() { return { name: "notes", region: "x" }; }', "notes"],
    ["{ name: 'my-notes' }", "my-notes"],
    ["{ name : `notes` }", "notes"],
    ["{ name: process.env.APP }", undefined],
    ['{ rename: "x" }', undefined],
    ["", undefined],
  ])("has in %j the app %s", (config, appName) => {
    expect(find({ "/work/app/sst.config.ts": config }).appName).toBe(appName);
  });
});
