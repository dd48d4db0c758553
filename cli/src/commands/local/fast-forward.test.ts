import { expect, it } from "vitest";
import { reply } from "../../../test/fakes/fake-environment.ts";
import { authCli } from "../../../test/fakes/world.ts";

const record = {
  id: "one",
  folder: "/project",
  origins: [],
  environment: { AWS_ENDPOINT_URL: "http://127.0.0.1:4566" },
};

it("waits for long runs of schedules", async () => {
  const { code, environment } = await authCli(["local", "fast-forward", "30m"], {
    files: { "/home/user/.local/state/auth-cli/local-clouds/0.json": JSON.stringify(record) },
    answers: {
      "local.find": () => reply(200, '{"id":"one"}'),
      "local.fast-forward": () => reply(200, "{}"),
    },
  });
  expect(code).toBe(0);
  const request = environment.requests.find(({ step }) => step === "local.fast-forward");
  expect(String(request?.body)).toBe('{"id":"one","seconds":1800}');
  // Six runs of a function that take 15 minutes each.
  expect(request?.timeoutMs).toBeGreaterThanOrEqual(6 * 15 * 60_000);
});
