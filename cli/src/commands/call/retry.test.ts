import { describe, expect, it } from "vitest";
import { AuthCliError, type ErrorCode } from "../../errors.ts";
import type { Header, HttpResponse } from "../../http.ts";
import {
  createFakeEnvironment,
  type FakeEnvironment,
  failure,
  reply,
} from "../../../test/fakes/fake-environment.ts";
import { sendWithRetries } from "./retry.ts";

type Answer = (() => HttpResponse) | ErrorCode;

const status =
  (code: number, headers: readonly Header[] = []) =>
  () =>
    reply(code, "body", headers);

interface Attempted {
  environment: FakeEnvironment;
  outcome: Promise<HttpResponse>;
  notices: string[];
}

async function* broken(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(1);
  throw new AuthCliError("connection-lost", { message: "lost" });
}

/** Sends with `retries` against these answers. The last one repeats. */
function attempt(answers: Answer[], retries: number, method = "GET"): Attempted {
  const script = [...answers];
  const environment = createFakeEnvironment({
    async send() {
      const answer = script.length > 1 ? script.shift() : script[0];
      if (typeof answer === "function") return answer();
      throw new AuthCliError(answer ?? "internal", { message: `failed with ${answer ?? ""}` });
    },
  });
  const send = (): Promise<HttpResponse> =>
    environment.send({ step: "api.call", method, url: new URL("https://api.example/"), headers: [] });
  const notices: string[] = [];
  return {
    environment,
    outcome: sendWithRetries(environment, { method, retries }, send, (text) => notices.push(text)),
    notices,
  };
}

describe("--retry repeats", () => {
  it.each([429, 500, 502, 503, 504])("HTTP %i until it succeeds", async (code) => {
    const { outcome, environment, notices } = attempt([status(code), status(code), status(200)], 5);
    expect((await outcome).status).toBe(200);
    expect(environment.requests).toHaveLength(3);
    expect(notices).toHaveLength(2);
    expect(notices[0]).toContain(`HTTP ${code}`);
  });

  it("a refusal with an endless or a broken body, of which it reads only the start", async () => {
    let read = 0;
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (;;) {
        read += 1024;
        yield new Uint8Array(1024);
      }
    };
    const refusals = [endless(), broken()].map((body) => () => ({ ...reply(503), body }));
    const { outcome } = attempt([...refusals, status(200)], 2);
    expect((await outcome).status).toBe(200);
    expect(read).toBeLessThan(1024 * 1024);
  });

  it.each<ErrorCode>(["connection-lost", "timeout", "unreachable"])("a network error: %s", async (code) => {
    const { outcome, environment } = attempt([code, status(200)], 1);
    expect((await outcome).status).toBe(200);
    expect(environment.requests).toHaveLength(2);
  });

  it.each(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])("the idempotent method %s", async (method) => {
    const { outcome, environment } = attempt([status(503), status(200)], 1, method);
    await outcome;
    expect(environment.requests).toHaveLength(2);
  });
});

describe("--retry does not repeat", () => {
  it.each([200, 301, 400, 401, 403, 404, 409, 501])("HTTP %i", async (code) => {
    const { outcome, environment } = attempt([status(code)], 5);
    expect((await outcome).status).toBe(code);
    expect(environment.requests).toHaveLength(1);
  });

  it.each(["POST", "PATCH"])("%s, whose first attempt may have had an effect", async (method) => {
    const answered = attempt([status(503)], 5, method);
    expect((await answered.outcome).status).toBe(503);
    expect(answered.environment.requests).toHaveLength(1);
    const lost = attempt(["connection-lost"], 5, method);
    expect((await failure(() => lost.outcome)).code).toBe("connection-lost");
    expect(lost.environment.requests).toHaveLength(1);
  });

  it.each<ErrorCode>(["tls-refused", "interrupted", "unexpected-reply"])("%s", async (code) => {
    const { outcome, environment } = attempt([code], 5);
    expect((await failure(() => outcome)).code).toBe(code);
    expect(environment.requests).toHaveLength(1);
  });

  it("anything with 0 retries", async () => {
    const { outcome, environment } = attempt([status(503)], 0);
    expect((await outcome).status).toBe(503);
    expect(environment.requests).toHaveLength(1);
    expect(environment.sleeps).toEqual([]);
  });
});

describe("the last attempt", () => {
  it("returns its response with the body unread", async () => {
    const { outcome, environment } = attempt([status(503)], 2);
    const response = await outcome;
    expect(environment.requests).toHaveLength(3);
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.body) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe("body");
  });

  it("throws its network error", async () => {
    const { outcome, environment } = attempt(["connection-lost", "timeout"], 1);
    expect((await failure(() => outcome)).code).toBe("timeout");
    expect(environment.requests).toHaveLength(2);
  });
});

describe("the wait", () => {
  it("doubles each time up to half a minute, with jitter", async () => {
    const { outcome, environment } = attempt([status(503)], 7);
    await outcome;
    expect(environment.sleeps).toEqual([750, 1500, 3000, 6000, 12_000, 22_500, 22_500]);
  });

  it.each([
    ["2", 2000],
    ["0", 0],
    ["3600", 30_000],
    ["Sun, 01 Mar 2026 12:00:05 GMT", 5000],
    ["Sun, 01 Mar 2026 11:00:00 GMT", 0],
    ["-1", 750],
    ["soon", 750],
    ["", 750],
  ])("follows Retry-After %j: %i ms", async (value, waitMs) => {
    const { outcome, environment } = attempt([status(429, [["Retry-After", value]]), status(200)], 1);
    await outcome;
    expect(environment.sleeps).toEqual([waitMs]);
  });
});
