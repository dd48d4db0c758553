import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { knownStage, stageEnvironment } from "./stage-environment.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "stage-environment-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

it("stageEnvironment lets each file override the one before, and the environment", () => {
  const environment = { A: "process", B: "process" };
  expect(stageEnvironment(root, "prod", environment)).toEqual(environment);
  for (const [name, text] of [
    [".env", "A=1\nC=1\nD=1\nE=1"],
    [".env.local", "C=2\nD=2\nE=2"],
    [".env.prod", "D='3'\nE=3"],
    [".env.prod.local", "E=4 # last\nF="],
    [".env.other", "A=other"],
  ] as const) {
    writeFileSync(join(root, name), text);
  }
  expect(stageEnvironment(root, "prod", environment)).toEqual({
    A: "1",
    B: "process",
    C: "2",
    D: "3",
    E: "4",
    F: "",
  });
});

it("knownStage reads the option, SST_STAGE or .sst/stage", () => {
  expect(knownStage(root, undefined, {})).toBeUndefined();
  mkdirSync(join(root, ".sst"));
  writeFileSync(join(root, ".sst", "stage"), "ada\n");
  expect(knownStage(root, undefined, {})).toBe("ada");
  expect(knownStage(root, undefined, { SST_STAGE: "dev" })).toBe("dev");
  expect(knownStage(root, "prod", { SST_STAGE: "dev" })).toBe("prod");
});

it.each([
  ["a byte order mark", "\ufeffA=1"],
  ["a colon", "A: 1"],
  ["lone carriage returns", "# first\rA=1\rB=2"],
])("stageEnvironment reads a file with %s as SST does", (_name, text) => {
  writeFileSync(join(root, ".env"), text);
  expect(stageEnvironment(root, "prod", {})["A"]).toBe("1");
});
