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

it.each([
  [name, "it is a package of its own, @api-auth-twitter/local-cloud"],
  ["hono", "hono is missing"],
])("reads the errors of import(), too: %s", (missing, cause) => {
  const message = `Cannot find package '${missing}' imported from /project/node_modules/x.js`;
  const error = Object.assign(new Error(message), { code: "ERR_MODULE_NOT_FOUND" });
  expect(explainMissing(error, "auth-cli")).toMatchObject({
    cause,
    fix: `run \`npm install --global ${name}\``,
  });
});
