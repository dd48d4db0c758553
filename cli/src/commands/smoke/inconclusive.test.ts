import { describe, expect, it } from "vitest";
import { AuthCliError } from "../../errors.ts";
import { networkError } from "../../environment/network-errors.ts";
import { reply } from "../../../test/fakes/fake-environment.ts";
import { neverAnswers, smokeWith } from "../../../test/fakes/smoke-world.ts";
import type { Answer } from "../../../test/fakes/scripted-services.ts";
import { createWorld, reportedError, runIn } from "../../../test/fakes/world.ts";

const unavailable: Answer = () => ({
  ...reply(503, { message: "Service Unavailable" }, [["apigw-requestid", "id="]]),
  timings: () => ({ reused: false, waitMs: 30_020 }),
});

describe("a function that takes 30 s", () => {
  it("is reported as one that timed out", async () => {
    const ran = await smokeWith([], { answers: { "private.signed": unavailable } });
    expect(ran.check("private.signed").error).toMatchObject({
      reason: "handler-timed-out",
      cause: "the function behind GET /private did not answer in time",
    });
  });

  it("has longer than API Gateway waits, in every check of a route", async () => {
    const { environment } = await smokeWith([]);
    const requests = environment.requests.filter(({ step }) => /^(public|private)\./.test(step));
    expect(requests).toHaveLength(7);
    for (const { step, timeoutMs } of requests) expect(timeoutMs, step).toBeGreaterThan(30_500);
  });
});

describe("a fault of this computer", () => {
  it.each(["EMFILE", "ENFILE", "ENOMEM", "ENOBUFS"])("ends the run without a verdict: %s", async (code) => {
    const world = createWorld({
      loggedIn: true,
      answers: {
        "private.wrong-region"(request) {
          throw networkError(request, Object.assign(new Error(`connect ${code}`), { code }));
        },
        "public.open": neverAnswers,
      },
    });
    const ran = await runIn(["smoke", "--json"], world);
    expect([ran.code, ran.stdout]).toEqual([3, ""]);
    expect(reportedError(ran)).toMatchObject({
      code: "computer-fault",
      step: "private.wrong-region",
      cause: expect.stringContaining(code) as string,
    });
  });

  it("is not a bug of auth-cli when a file cannot be opened", async () => {
    const world = createWorld({ loggedIn: true });
    world.environment.files.readText = () => {
      throw Object.assign(new Error("EMFILE: too many open files, open '/project/.env'"), { code: "EMFILE" });
    };
    const ran = await runIn(["smoke", "--json"], world);
    expect([ran.code, reportedError(ran)["code"]]).toEqual([3, "computer-fault"]);
    expect(new AuthCliError("computer-fault", { message: "" }).exitCode).toBe(3);
  });
});

describe("a negative control that another than API Gateway refuses", () => {
  it.each<[string, ReturnType<typeof reply>, object]>([
    [
      "the handler of an open route",
      reply(403, "members only", [["apigw-requestid", "id="]]),
      { reason: "route-open", cause: expect.stringContaining("the request reached the handler") },
    ],
    [
      "the handler of an open route, with a space in API Gateway's words",
      reply(403, '{"message": "Forbidden"}', [
        ["content-type", "application/json"],
        ["apigw-requestid", "id="],
      ]),
      { reason: "route-open" },
    ],
    [
      "a firewall",
      reply(403, "<html>blocked</html>"),
      { cause: expect.stringContaining("something else answered instead of API Gateway") },
    ],
    [
      "a network's login page",
      reply(200, "<html>log in</html>"),
      { cause: expect.stringContaining("something else answered instead of API Gateway") },
    ],
  ])("does not pass: %s", async (_what, answer, error) => {
    const ran = await smokeWith([], { answers: { "private.unsigned": () => answer } });
    expect(ran.failed).toEqual(["private.unsigned"]);
    const actual = { reason: undefined, ...ran.check("private.unsigned").error };
    expect(actual).toMatchObject({ reason: undefined, ...error });
  });
});

it("does not blame the stack for an answer that is not API Gateway's", async () => {
  const ran = await smokeWith([], { answers: { "public.open": () => reply(403, "<html>blocked</html>") } });
  expect(ran.check("public.open").error?.cause).toContain("something else answered instead of API Gateway");
  expect(ran.check("public.open").error?.fix).not.toContain("authorizer");
});
