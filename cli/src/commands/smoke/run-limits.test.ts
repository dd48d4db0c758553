import { describe, expect, it } from "vitest";
import { AuthCliError } from "../../errors.ts";
import { reply } from "../../../test/fakes/fake-environment.ts";
import {
  atFirst,
  forbidden,
  neverAnswers,
  permissionMissing,
  smokeIn,
  smokeWith,
} from "../../../test/fakes/smoke-world.ts";
import { createWorld } from "../../../test/fakes/world.ts";

describe("--timeout", () => {
  it("fails unfinished checks and keeps finished ones", async () => {
    const world = createWorld({ loggedIn: true });
    world.services.answers["cognito.get-id"] = () => {
      world.environment.clock.ms += 5000;
      throw new AuthCliError("timeout", { message: "cognito-identity did not answer within 5 s" });
    };
    const ran = await smokeIn(world, ["--timeout", "5s"]);
    expect(ran.code).toBe(1);
    expect(ran.passed).toEqual([
      "outputs",
      "twitter.token",
      "public.open",
      "private.unsigned",
      "cognito.guest",
    ]);
    expect(ran.skipped).toEqual([]);
    for (const name of ran.failed) {
      expect(ran.report.checks.find((check) => check.name === name)?.error).toMatchObject({
        code: "timeout",
        message: "not finished within 5 s (--timeout)",
      });
    }
  });

  it("limits each request", async () => {
    const world = createWorld({ loggedIn: true });
    world.services.answers["cognito.get-id"] = () => {
      world.environment.clock.ms += 1500;
      return undefined;
    };
    const ran = await smokeIn(world, ["--timeout", "4s"]);
    expect(ran.code).toBe(0);
    const limit = (step: string): number | undefined =>
      ran.environment.requests.find((request) => request.step === step)?.timeoutMs;
    expect([limit("cognito.get-id"), limit("private.signed")]).toEqual([4000, 2500]);
    expect((await smokeWith([])).environment.requests.map(({ timeoutMs }) => timeoutMs)).not.toContain(
      undefined,
    );
  });

  it("ends retries", async () => {
    const ran = await smokeWith(["--retry-for", "60s", "--timeout", "2s"], {
      answers: permissionMissing(),
    });
    expect([ran.code, ran.report.durationMs]).toEqual([1, 2000]);
    expect(ran.failed).toContain("private.signed");
  });
});

describe("--fail-fast", () => {
  it("aborts open requests at the first failure", async () => {
    const ran = await smokeWith(["--fail-fast"], {
      answers: { "private.unsigned": () => reply(200, "Hello!"), "cognito.get-id": neverAnswers },
    });
    expect([ran.code, ran.failed]).toEqual([1, ["private.unsigned"]]);
    const stopped = "not finished: private.unsigned failed (--fail-fast)";
    for (const name of [
      "cognito.get-id",
      "cognito.get-credentials",
      "private.signed",
      "identity.match",
    ] as const) {
      expect(ran.check(name)).toMatchObject({ status: "skipped", error: { message: stopped } });
    }
  });

  it("waits for retries, since a check that can still pass has not failed", async () => {
    const ran = await smokeWith(["--fail-fast", "--retry-for", "60s"], {
      answers: { ...permissionMissing(), "private.signed": atFirst(3, forbidden) },
    });
    expect([ran.code, ran.failed, ran.skipped]).toEqual([0, [], []]);
  });

  it("also ends the other stages", async () => {
    const ran = await smokeWith(["--stage", "prod", "--stage", "qa", "--fail-fast"], {
      answers: { "cognito.get-id": neverAnswers },
    });
    expect(ran.code).toBe(2);
    expect(ran.check("cognito.get-id")).toMatchObject({
      status: "skipped",
      error: { message: "not finished: outputs of qa failed (--fail-fast)" },
    });
  });
});
