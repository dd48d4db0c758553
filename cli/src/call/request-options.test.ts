import { describe, expect, it } from "vitest";
import type { HttpRequest } from "../protocol/http.ts";
import { createFakeEnvironment, type FakeEnvironmentOptions, failure } from "../testing/fake-environment.ts";
import { buildRequest, type RequestFlags } from "./request-options.ts";

const api = new URL("https://abc123.execute-api.us-east-1.amazonaws.com");

const build = (
  flags: RequestFlags,
  options: FakeEnvironmentOptions = {},
  path = "/items",
): Promise<HttpRequest> => buildRequest(createFakeEnvironment(options), api, path, flags);

const textOf = (request: HttpRequest): string => String(request.body);

describe("the method", () => {
  it.each<[RequestFlags, string]>([
    [{}, "GET"],
    [{ data: ["a"] }, "POST"],
    [{ dataBinary: ["a"] }, "POST"],
    [{ data: [""] }, "POST"],
    [{ request: "DELETE" }, "DELETE"],
    [{ request: "PUT", data: ["a"] }, "PUT"],
    // What Node sends in any case; here the log, the signature and the retries see the same.
    [{ request: "patch" }, "PATCH"],
  ])("of %j is %s", async (flags, method) => {
    expect((await build(flags)).method).toBe(method);
  });

  it.each(["", "GET /x", "GE\r\nT", "G ET", "GÉT"])("%j is refused", async (request) => {
    const error = await failure(() => build({ request }));
    expect(error).toMatchObject({ code: "invalid-usage", exitCode: 2 });
    expect(error.message).toContain("--request");
  });
});

describe("headers", () => {
  it.each<[string[], [string, string][]]>([
    [[], [["Accept", "*/*"]]],
    [
      ["X-Name: value"],
      [
        ["X-Name", "value"],
        ["Accept", "*/*"],
      ],
    ],
    [["accept: text/plain"], [["accept", "text/plain"]]],
    [["Accept:"], []],
    [["Accept: "], []],
    [["ACCEPT:"], []],
    [
      ["X-Empty;"],
      [
        ["X-Empty", ""],
        ["Accept", "*/*"],
      ],
    ],
    [
      ["X-A: 1", "X-A: 2"],
      [
        ["X-A", "1"],
        ["X-A", "2"],
        ["Accept", "*/*"],
      ],
    ],
    [
      ["X-Url: http://x:1/"],
      [
        ["X-Url", "http://x:1/"],
        ["Accept", "*/*"],
      ],
    ],
  ])("-H %j are %j", async (header, headers) => {
    expect((await build({ header })).headers).toEqual(headers);
  });

  it.each<[RequestFlags, string | undefined]>([
    [{ data: ["a"] }, "application/x-www-form-urlencoded"],
    [{ data: ["a"], header: ["content-type: application/json"] }, "application/json"],
    [{ data: ["a"], header: ["Content-Type:"] }, undefined],
    [{}, undefined],
  ])("%j has the Content-Type %s", async (flags, type) => {
    const { headers } = await build(flags);
    expect(headers.find(([name]) => name.toLowerCase() === "content-type")?.[1]).toBe(type);
  });

  it.each([
    "Authorization Bearer hush-hush",
    ": hush-hush",
    "hush-hush",
    "X: a\r\nInjected: hush-hush",
    "X: \u0000",
    "X y: hush-hush",
  ])("%j is refused, without being shown", async (header) => {
    const error = await failure(() => build({ header: [header] }));
    expect(error).toMatchObject({ code: "invalid-usage", exitCode: 2 });
    expect(`${error.message}${error.cause ?? ""}`).not.toContain("hush");
  });
});

describe("the body", () => {
  it.each<[string, RequestFlags, FakeEnvironmentOptions, string]>([
    ["typed", { data: ["a=1"] }, {}, "a=1"],
    ["typed in parts", { data: ["a=1", "b=2", "c"] }, {}, "a=1&b=2&c"],
    ["typed with line ends, which stay", { data: ["a\r\nb"] }, {}, "a\r\nb"],
    ["typed unicode", { data: ["é✈"] }, {}, "é✈"],
    [
      "of a file, its line ends left out",
      { data: ["@b"] },
      { files: { "/project/b": "a\r\nb\n\0c" } },
      "abc",
    ],
    ["of a file elsewhere", { data: ["@/tmp/b"] }, { files: { "/tmp/b": "x" } }, "x"],
    ["of a file, as it is", { dataBinary: ["@b"] }, { files: { "/project/b": "a\r\nb\n" } }, "a\r\nb\n"],
    ["of standard input", { data: ["@-"] }, { input: "x\ny\n" }, "xy"],
    ["of standard input, as it is", { dataBinary: ["@-"] }, { input: "x\ny\n" }, "x\ny\n"],
    ["of a file and typed", { data: ["@b", "c=d"] }, { files: { "/project/b": "a=b\n" } }, "a=b&c=d"],
    ["empty", { data: [""] }, {}, ""],
  ])("%s", async (_name, flags, options, body) => {
    expect(textOf(await build(flags, options))).toBe(body);
  });

  it("keeps every byte of a file that is no text", async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const request = await build({ dataBinary: ["@b"] }, { files: { "/project/b": bytes } });
    expect(request.body).toEqual(Buffer.from(bytes));
  });

  it("is absent, not empty, without -d", async () => {
    expect((await build({ request: "POST" })).body).toBeUndefined();
  });

  it("of a file that is not there is an error that names it", async () => {
    const error = await failure(() => build({ data: ["@missing.json"] }));
    expect(error.exitCode).toBe(2);
    expect(error.message).toContain("missing.json");
  });
});

describe("--url-query", () => {
  it.each<[string[], string]>([
    [["a=b"], "?a=b"],
    [["a=b c&d=e"], "?a=b%20c%26d%3De"],
    [["a=1+2"], "?a=1%2B2"],
    [["a=é"], "?a=%C3%A9"],
    [["a="], "?a="],
    [["a=b=c"], "?a=b%3Dc"],
    [["a b"], "?a%20b"],
    [["=a b"], "?a%20b"],
    [["+a=b%20c"], "?a=b%20c"],
    // A bare plus means a space to a server and a plus to a signer: it goes out as what the server reads.
    [["+a=b+c"], "?a=b%20c"],
    [["a=1", "b=2"], "?a=1&b=2"],
  ])("%j gives %s", async (urlQuery, search) => {
    expect((await build({ urlQuery })).url.search).toBe(search);
  });

  it("is added to the path's own query", async () => {
    expect((await build({ urlQuery: ["b=2"] }, {}, "/items?a=1")).url.search).toBe("?a=1&b=2");
  });
});

describe("time limits", () => {
  it("are seconds on the command line and milliseconds on the way", async () => {
    const request = await build({ maxTime: 1.5, connectTimeout: 0.25 });
    expect(request).toMatchObject({ timeoutMs: 1500, connectTimeoutMs: 250 });
  });
});
