import { describe, expect, it } from "vitest";
import { reply } from "../../../test/fakes/fake-environment.ts";
import { permissionMissing, routeMissing, smokeWith } from "../../../test/fakes/smoke-world.ts";
import { steps } from "../../../test/fakes/world.ts";

describe("the diagnosis of a failed route", () => {
  const guess = "does not allow execute-api:Invoke on this route";

  it("runs once and explains every check with the same failure", async () => {
    const names = ["private.unsigned", "private.tampered", "private.signed"] as const;
    const ran = await smokeWith(["--route", "/private"], {
      answers: {
        ...Object.fromEntries(names.map((name) => [name, routeMissing])),
        "diagnosis.*": routeMissing,
      },
    });
    expect(ran.failed).toEqual(names.map((name) => `${name} GET /private`));
    const errors = names.map((name) => ran.check(name, "GET /private").error);
    for (const error of errors) {
      expect(error?.reason).toBe("undetermined");
      expect(error?.cause).toContain("the API has no route GET /private, or the handler of an open route");
      expect(error?.evidence).not.toHaveLength(0);
      expect([error?.cause, error?.fix]).toEqual([errors[0]?.cause, errors[0]?.fix]);
    }
    expect(errors.map((error) => error?.message)).toEqual([
      "GET /private without a signature answered HTTP 404, not 403",
      "GET /private changed after signing answered HTTP 404, not 403",
      'GET /private signed as the identity answered HTTP 404: "{"message":"Not Found"}"',
    ]);
    expect(steps(ran).filter((step) => step === "diagnosis.unusedPath")).toHaveLength(1);
  });

  it("runs for each failed route", async () => {
    const ran = await smokeWith(["--route", "/private", "--route", "/notes"], {
      answers: permissionMissing(),
    });
    expect(ran.failed).toEqual(["private.signed GET /private", "private.signed GET /notes"]);
    for (const route of ["GET /private", "GET /notes"]) {
      const { reason, cause } = ran.check("private.signed", route).error ?? {};
      expect(reason).toBe("undetermined");
      expect(cause).toContain("does not allow execute-api:Invoke on arn:");
      expect(cause).toContain(route.replace(" ", ""));
      expect(cause).not.toContain(guess);
    }
    expect(steps(ran).filter((step) => step === "diagnosis.caller")).toHaveLength(2);
  });

  it("does not run for passed checks and controls that let a request through", async () => {
    const ran = await smokeWith([], { answers: { "private.tampered": () => reply(200, "Hello!") } });
    expect(ran.failed).toEqual(["private.tampered"]);
    expect(steps(ran).filter((step) => step.startsWith("diagnosis."))).toEqual([]);
  });

  it("stops retries of a signature that does not match", async () => {
    const refusal =
      "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>does not match</Message></Error></ErrorResponse>";
    const ran = await smokeWith(["--retry-for", "60s"], {
      answers: { ...permissionMissing(), "diagnosis.caller": () => reply(403, refusal) },
    });
    expect(ran.check("private.signed").error?.reason).toBe("signature-mismatch");
    expect(ran.environment.sleeps).toEqual([]);
  });
});
