import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { explainMissing } from "./missing-package.ts";

const name = "@api-auth-twitter/local-cloud";
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "missing-package-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function load(): Promise<unknown> {
  try {
    createRequire(join(folder, "auth-cli.js"))(name);
  } catch (error) {
    return explainMissing(error, "npx auth-cli");
  }
  return undefined;
}

it("names the local cloud, or what is missing of it", async () => {
  expect(await load()).toMatchObject({
    code: "local-cloud-missing",
    message: "the local cloud is not installed",
    fix: `run \`npm install --save-dev ${name}\``,
  });
  const installed = join(folder, "node_modules", name);
  await mkdir(installed, { recursive: true });
  const file = join(installed, "index.js");
  for (const missing of ["hono", "./cloud.js"]) {
    await writeFile(file, `require("${missing}")`);
    expect(await load()).toMatchObject({
      code: "local-cloud-missing",
      message: "the local cloud is not installed completely",
      cause: `${missing} is missing`,
    });
  }
  await writeFile(file, "no code");
  expect(await load()).toBeInstanceOf(SyntaxError);
});

it("reads the errors of import(), too", () => {
  const missing = (specifier: string): Error =>
    Object.assign(new Error(`Cannot find package '${specifier}' imported from /project/node_modules/x.js`), {
      code: "ERR_MODULE_NOT_FOUND",
    });
  expect(explainMissing(missing(name), "auth-cli")).toMatchObject({
    message: "the local cloud is not installed",
    fix: `run \`npm install --global ${name}\``,
  });
  expect(explainMissing(missing("hono"), "auth-cli")).toMatchObject({ cause: "hono is missing" });
});
