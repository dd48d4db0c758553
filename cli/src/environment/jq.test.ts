import { expect, it } from "vitest";
import { failure } from "../../test/fakes/fake-environment.ts";
import { runJq } from "./jq.ts";

it("runJq ends an endless expression when the command is interrupted", async () => {
  const controller = new AbortController();
  const running = failure(() => runJq(["null", "until(false; .)", []], controller.signal));
  controller.abort();
  expect((await running).code).toBe("interrupted");
});

it("runJq returns jq 1.8's results and errors", async () => {
  const { signal } = new AbortController();
  expect(await runJq(['" x "', 'trim, ("a,b" | split(","))', ["-c"]], signal)).toEqual({
    output: '"x"\n["a","b"]',
  });
  const failed = (input: string, expression: string) => runJq([input, expression, []], signal);
  expect(await failed("{}", "error")).toEqual({ failed: "{}" });
  expect(await failed("{}", ".a | foo")).toEqual({ failed: "foo/0 is not defined at line 1, column 6" });
});
