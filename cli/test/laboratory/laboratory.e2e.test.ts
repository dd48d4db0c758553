import { findPeer } from "@api-auth-twitter/test-support/peers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DoctorReport } from "../../src/commands/doctor/finding.ts";
import type { ErrorReport } from "../../src/errors.ts";
import type { SmokeReport } from "../../src/commands/smoke/report.ts";
import { runHere } from "../run-here.ts";
import { type Laboratory, openLaboratory, type Trial } from "./laboratory.ts";
import { found } from "./doctor-faults.ts";
import type { Fault } from "./fault.ts";
import { faultGroups } from "./faults.ts";
import { corrected } from "./corrected-faults.ts";

let laboratory: Laboratory;
let diagnosed = 0;
const all = Object.values(faultGroups).flat().length + found.length + corrected.length;

beforeAll(async () => {
  laboratory = await openLaboratory();
});
afterAll(async () => {
  console.info(`found ${diagnosed} of ${all} faults`);
  await laboratory.close();
});

async function inTrial(work: (trial: Trial) => Promise<void>): Promise<void> {
  const trial = await laboratory.begin();
  try {
    await work(trial);
  } finally {
    await trial.end();
  }
}

/** The words that a shell makes of `auth-cli call '/private?page=2'`, without the first. */
function wordsOf(command: string): string[] {
  const [, ...words] = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(
    ([, quoted, bare]) => quoted ?? bare ?? "",
  );
  return words;
}

async function run(trial: Trial, command: string, ...more: string[]) {
  const words = wordsOf(command);
  const headless = words[0] === "login" ? ["--no-browser"] : [];
  return runHere(trial.cli, [...words, ...headless, "--stage", trial.stage, ...trial.args, ...more], {
    variables: trial.variables,
    ...(trial.stdin === undefined ? {} : { stdin: trial.stdin }),
  });
}

/** The commands of a fix repeat the flags of the trial. */
function withoutFlags({ stage, args }: Trial, fix = ""): string {
  const flags = [` --stage ${stage}`, ...args.map((word) => ` ${word}`)];
  return flags.reduce((text, flag) => text.replaceAll(flag, ""), fix);
}

/** The reported error. For `smoke`, the error of the check. */
async function findError(trial: Trial, { command, step }: Fault): Promise<ErrorReport> {
  const { code, stdout, stderr } = await run(trial, command, "--json");
  expect(code, stderr).not.toBe(0);
  if (!command.includes("smoke")) {
    return (JSON.parse(stderr.slice(stderr.indexOf("{\n"))) as { error: ErrorReport }).error;
  }
  const { checks } = JSON.parse(stdout) as SmokeReport;
  const check = checks.find(({ name }) => name === step);
  expect(check, stdout).toMatchObject({ status: "failed", error: { code: expect.any(String) } });
  return check?.error ?? { code: "internal", message: "the check has no error" };
}

describe.each(Object.entries(faultGroups))("%s", (_group, table) => {
  test.for(table)("$what ($command)", (fault, { skip }) =>
    inTrial(async (trial) => {
      skip(fault.needs !== undefined && findPeer(fault.needs) === undefined, `needs ${fault.needs}`);
      await fault.arrange(trial);
      const error = await findError(trial, fault);
      const { code, step = "", reason } = error;
      expect({ code, step, reason }, JSON.stringify(error)).toEqual({
        code: fault.code,
        step: fault.step,
        reason: fault.reason,
      });
      // A busy machine takes longer than the second. judge.test.ts holds what each time means.
      expect(error.cause ?? "").toContain(fault.isTimed ? "ran out of time" : fault.cause);
      expect(withoutFlags(trial, error.fix)).toContain(withoutFlags(trial, fault.fix));
      // A cause that was found by experiment comes with its evidence.
      const asked = fault.reason !== undefined && /^(api|private)\./.test(step);
      expect(error.evidence?.length ?? 0).toBeGreaterThanOrEqual(asked ? 1 : 0);
      diagnosed += 1;
    }),
  );
});

describe("doctor finds", () => {
  test.each(found)("$what ($command)", (fault) =>
    inTrial(async (trial) => {
      await fault.arrange(trial);
      const { code, stdout } = await run(trial, fault.command, "--json");
      const { findings } = JSON.parse(stdout) as DoctorReport;
      const finding = findings.find(({ name }) => name === fault.finding);
      expect([code, finding?.status], stdout).toEqual([1, "fault"]);
      expect(finding?.message).toContain(fault.message);
      expect(withoutFlags(trial, finding?.fix)).toContain(withoutFlags(trial, fault.fix));
      diagnosed += 1;
    }),
  );
});

describe("auth-cli corrects", () => {
  test.each(corrected)("$what ($command)", ({ command, arrange, note }) =>
    inTrial(async (trial) => {
      await arrange(trial);
      const { code, stderr } = await run(trial, command);
      expect(code, stderr).toBe(0);
      expect(stderr).toMatch(/^(?:note:|\*) [^\n]*\n$/);
      for (const words of note) expect(stderr).toContain(words);
      diagnosed += 1;
    }),
  );
});

describe("a working setup has no error", () => {
  test("call", () =>
    inTrial(async (trial) => {
      const { code, stdout, stderr } = await run(trial, "auth-cli call /private");
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toMatch(/^Hello us-east-1:/);
    }));

  test("call, behind a proxy that reorders the query string, which SigV4 allows", () =>
    inTrial(async (trial) => {
      const { ApiEndpoint = "" } = await laboratory.outputs("healthy");
      const seen: string[] = [];
      const url = await trial.meddle(ApiEndpoint, {
        request(request) {
          const [path, query = ""] = request.target.split("?");
          request.target = `${path}?${query.split("&").toReversed().join("&")}`;
          seen.push(request.target);
        },
      });
      trial.args.push("--endpoint", url);
      const { code, stderr } = await run(trial, "auth-cli call '/private?b=2&a=1&a=0'");
      expect([code, stderr]).toEqual([0, ""]);
      expect(seen).toEqual(["/private?a=0&a=1&b=2"]);
    }));

  test("smoke", () =>
    inTrial(async (trial) => {
      const { code, stdout } = await run(trial, "auth-cli smoke", "--json");
      const report = JSON.parse(stdout) as SmokeReport;
      expect(code, stdout).toBe(0);
      expect(report.checks.filter(({ status }) => status !== "passed")).toEqual([]);
      expect(report.checks.filter(({ error }) => error !== undefined)).toEqual([]);
    }));

  test("doctor --deep", () =>
    inTrial(async (trial) => {
      const { code, stdout } = await run(trial, "auth-cli doctor --deep", "--json");
      const { findings } = JSON.parse(stdout) as DoctorReport;
      expect(findings.filter(({ status }) => status === "fault")).toEqual([]);
      expect(code).toBe(0);
    }));
});
