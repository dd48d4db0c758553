import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { untilWritten } from "./sst-outputs.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sst-outputs-"));
  file = join(folder, "outputs.json");
});
afterEach(() => rm(folder, { recursive: true }));

/** What each deploy does to the file, in turn: text is written, undefined leaves it as it is. */
async function deploying(...writes: (string | undefined)[]): Promise<number> {
  let deploys = 0;
  const result = await untilWritten(file, async () => {
    const text = writes[deploys];
    deploys += 1;
    if (text !== undefined) await writeFile(file, text);
    return { code: 0, deploy: deploys };
  });
  expect(result, "that of the deploy which changed something").toEqual({ code: 0, deploy: 1 });
  return deploys;
}

test("outputs that were written need one deploy", async () => {
  expect(await deploying("{}")).toBe(1);
});

test("outputs that were lost, twice in a row even, are had by deploying again", async () => {
  expect(await deploying(undefined, "", "", "{}")).toBe(4);
});

test("outputs of the deploy before are not taken for those of this one", async () => {
  await writeFile(file, '{"of":"another stage"}');
  await utimes(file, 1_000_000_000, 1_000_000_000);
  expect(await deploying(undefined, "{}")).toBe(2);
});

test("a deploy that fails is not repeated", async () => {
  let deploys = 0;
  const result = await untilWritten(file, () => {
    deploys += 1;
    return Promise.resolve({ code: 1 });
  });
  expect([result, deploys]).toEqual([{ code: 1 }, 1]);
});

test("a file that is never written ends with an error", async () => {
  await expect(deploying()).rejects.toThrow(`sst deploy succeeded 8 times, and never wrote ${file}`);
});
