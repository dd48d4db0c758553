import { describe, expect, it } from "vitest";
import type { HttpRequest } from "../../http.ts";
import {
  createFakeEnvironment,
  type FakeEnvironmentOptions,
  failure,
} from "../../../test/fakes/fake-environment.ts";
import { type BodyPart, buildRequest, requirePath, type RequestFlags } from "./build-request.ts";

const api = new URL("https://abc123.execute-api.us-east-1.amazonaws.com");

const build = (
  flags: RequestFlags,
  options: FakeEnvironmentOptions = {},
  ...target: string[]
): Promise<HttpRequest> =>
  buildRequest(createFakeEnvironment(options), api, target.length === 0 ? ["/items"] : target, flags);

const headerNames = async (flags: RequestFlags): Promise<string[]> =>
  (await build(flags)).headers.map(([name]) => name);

/** Several `-d`. */
const data = (...texts: string[]): RequestFlags => bodyOf("data", ...texts);

/** `--data-binary` */
const binary = (text: string): RequestFlags => bodyOf("binary", text);
const bodyOf = (kind: BodyPart["kind"], ...texts: string[]): RequestFlags => ({
  body: texts.map((text) => ({ text, kind })),
});

const textOf = (request: HttpRequest): string => String(request.body);

describe("the method", () => {
  it.each<[RequestFlags, string]>([
    [{}, "GET"],
    [data("a"), "POST"],
    [binary("a"), "POST"],
    [data(""), "POST"],
    [{ request: "DELETE" }, "DELETE"],
    [{ request: "PUT", ...data("a") }, "PUT"],
    // Node sends the method in capitals.
    [{ request: "patch" }, "PATCH"],
  ])("of %j is %s", async (flags, method) => {
    expect((await build(flags)).method).toBe(method);
  });

  it.each(["", "GET /x", "GE\r\nT", "G ET", "GÉT"])("rejects %j", async (request) => {
    const error = await failure(() => build({ request }));
    expect(error).toMatchObject({ code: "invalid-usage", exitCode: 2 });
    expect(error.message).toContain("--request");
  });
});

describe("an unknown method", () => {
  it.each([
    ["GTE", "use GET"],
    ["PSOT", "use POST"],
    ["DELET", "use DELETE"],
    ["HEADS", "use HEAD"],
    ["PATHC", "use PATCH"],
    ["BREW", "use GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS"],
  ])("%s is refused with the nearest: %s", async (method, fix) => {
    const message = `invalid method "${method}"`;
    expect(await failure(() => build({}, {}, method, "/x"))).toMatchObject({ message, fix });
    const flagged = await failure(() => build({ request: method }));
    expect(flagged).toMatchObject({ message: `${message} (--request)`, fix });
  });
});

describe("Content-Length", () => {
  it.each([
    [{}, "3"],
    [data("ab"), "3"],
    [data("ab"), "two"],
  ])("of %j cannot be %s", async (flags, length) => {
    const error = await failure(() => build({ ...flags, header: [`Content-Length: ${length}`] }));
    expect(error).toMatchObject({ code: "invalid-usage", exitCode: 2 });
    expect(error.message).toContain(`Content-Length is "${length}" (--header)`);
  });

  it("may repeat the body's own length", async () => {
    const { headers } = await build({ ...data("é"), header: ["content-length: 2"] });
    expect(headers).toContainEqual(["content-length", "2"]);
  });
});

describe("the target", () => {
  it.each<[string[], RequestFlags, string]>([
    [["DELETE", "/items/1"], {}, "DELETE /items/1"],
    [["delete", "items/1"], {}, "DELETE /items/1"],
    [["POST", `${api.href}x?a=1`], {}, "POST /x?a=1"],
    [["PUT", "/x"], { request: "put" }, "PUT /x"],
    [["/x"], { head: true }, "HEAD /x"],
    [["/GET"], {}, "GET /GET"],
  ])("%j with %j is %s", async (target, flags, line) => {
    const { method, url } = await build(flags, {}, ...target);
    expect(`${method} ${url.pathname}${url.search}`).toBe(line);
  });

  it.each<[string[], RequestFlags]>([
    [["/a", "/b"], {}],
    [["GET", "/a", "/b"], {}],
    [["GET", "/a"], { request: "POST" }],
    [["CONNECT", "/a"], {}],
  ])("rejects %j with %j", async (target, flags) => {
    const error = await failure(() => build(flags, {}, ...target));
    expect(error).toMatchObject({ code: "invalid-usage", exitCode: 2 });
  });
});

describe("curl's flags for the body", () => {
  it.each<[string, RequestFlags, string]>([
    ["--data-raw @x", bodyOf("raw", "@x"), "@x"],
    ["--data-urlencode 'q=a b&c'", bodyOf("encoded", "q=a b&c"), "q=a%20b%26c"],
    ["--data-urlencode 'a b'", bodyOf("encoded", "a b"), "a%20b"],
    ["--json twice", bodyOf("json", '{"a":', "1}"), '{"a":1}'],
  ])("%s", async (_flags, flags, body) => {
    expect(textOf(await build(flags))).toBe(body);
  });

  it("--json names the type of the body and of the answer", async () => {
    const { method, headers } = await build(bodyOf("json", "{}"));
    expect(method).toBe("POST");
    expect(headers).toContainEqual(["Content-Type", "application/json"]);
    expect(headers).toContainEqual(["Accept", "application/json"]);
    const own = await build({ ...bodyOf("json", "{}"), header: ["content-type: application/vnd.x+json"] });
    expect(own.headers).toContainEqual(["content-type", "application/vnd.x+json"]);
    expect(own.headers.filter(([name]) => /content-type/i.test(name))).toHaveLength(1);
  });

  it.each<[RequestFlags, string[], string]>([
    [data("a=1", "b=2"), ["/items"], "GET /items?a=1&b=2"],
    [data("b=x y"), ["/items?a=1"], "GET /items?a=1&b=x%20y"],
    [bodyOf("encoded", "q=ä&b"), ["/items"], "GET /items?q=%C3%A4%26b"],
    [{ ...data("a=1"), head: true }, ["/items"], "HEAD /items?a=1"],
    [data("a=1"), ["DELETE", "/items"], "DELETE /items?a=1"],
    [{ ...data("a=1"), urlQuery: ["c=3"] }, ["/items"], "GET /items?a=1&c=3"],
    [{}, ["/items"], "GET /items"],
  ])("--get puts %j into the query of %j: %s", async (flags, target, line) => {
    const { method, url, body, headers } = await build({ ...flags, get: true }, {}, ...target);
    expect(`${method} ${url.pathname}${url.search}`).toBe(line);
    expect(body).toBeUndefined();
    expect(headers.map(([name]) => name)).not.toContain("Content-Type");
  });

  it("--user-agent names the client, and -H wins", async () => {
    expect((await build({ userAgent: "mine/1" })).headers).toContainEqual(["User-Agent", "mine/1"]);
    const { headers } = await build({ userAgent: "mine/1", header: ["User-Agent: other"] });
    expect(headers.filter(([name]) => name === "User-Agent")).toEqual([["User-Agent", "other"]]);
  });
});

describe("--form", () => {
  const files = { "/project/me.png": Uint8Array.from([0x89, 0, 0xff]), "/project/a.txt": "text" };
  const partsOf = async (...form: string[]): Promise<[string, string | File][]> => {
    const { method, headers, body } = await build({ form }, { files });
    expect(method).toBe("POST");
    const [, type = ""] = headers.find(([name]) => name === "Content-Type") ?? [];
    // Another parser than the encoder's own reads it: that of a browser.
    return [
      ...(await new Response(Buffer.from(body ?? []), { headers: { "content-type": type } }).formData()),
    ];
  };

  it("sends texts and files, with curl's types", async () => {
    const parts = await partsOf(
      "a=1",
      "a=x;y",
      "f=@me.png",
      "g=@a.txt;type=text/csv;charset=utf-8;filename=b.csv",
    );
    expect(parts.slice(0, 2)).toEqual([
      ["a", "1"],
      ["a", "x;y"],
    ]);
    const [f, g] = parts.slice(2).map(([, file]) => file as File);
    expect([
      f?.name,
      f?.type,
      Buffer.from((await f?.arrayBuffer()) ?? new ArrayBuffer()).toString("hex"),
    ]).toEqual(["me.png", "image/png", "8900ff"]);
    expect([g?.name, g?.type, await g?.text()]).toEqual(["b.csv", "text/csv;charset=utf-8", "text"]);
  });

  it("reads a text from a file", async () => {
    expect(await partsOf("a=<a.txt")).toEqual([["a", "text"]]);
  });

  it.each<[RequestFlags, RegExp]>([
    [{ form: ["no-equals"] }, /invalid part of 9 characters \(--form\)/],
    [{ form: ["=x"] }, /invalid part/],
    [{ form: ["a=@nowhere"] }, /cannot read .*\/project\/nowhere/],
    [{ form: ["a=1"], ...data("b=2") }, /--form cannot be used with --data/],
    [{ form: ["a=1"], get: true }, /--form cannot be used with --get/],
  ])("rejects %j", async (flags, message) => {
    const error = await failure(() => build(flags, { files }));
    expect(error.exitCode).toBe(2);
    expect(error.message).toMatch(message);
  });
});

describe("requirePath", () => {
  it.each([[[""]], [["GET", ""]]])("rejects the empty path of %j", async (target) => {
    const error = await failure(() => requirePath(target));
    expect(error).toMatchObject({
      code: "invalid-usage",
      message: expect.stringContaining("the path is empty") as string,
    });
  });

  it.each([["GET"], ["DELETE"]])("rejects %s alone", async (method) => {
    const error = await failure(() => requirePath([method]));
    expect(error).toMatchObject({ code: "invalid-usage", message: `call needs a path after ${method}` });
  });

  it.each([[["/GET"]], [["get"]], [["GET", "/x"]], [["private"]]])("accepts %j", (target) => {
    expect(() => requirePath(target)).not.toThrow();
  });
});

describe("headers", () => {
  it.each<[string[], string | undefined]>([
    [[], "auth-cli"],
    [["user-agent: mine"], "mine"],
    [["User-Agent:"], undefined],
  ])("have the User-Agent of -H %j: %j", async (header, agent) => {
    const { headers } = await build({ header });
    expect(headers.find(([name]) => name.toLowerCase() === "user-agent")?.[1]).toBe(agent);
  });

  it("are read from a file, one per line", async () => {
    const files = { "/project/h": "X-A: 1\r\nAccept:\n\nUser-Agent:\nX-B: 2\n" };
    const { headers } = await build({ header: ["@h"] }, { files });
    expect(headers).toEqual([
      ["X-A", "1"],
      ["X-B", "2"],
    ]);
  });

  it("contain Accept-Encoding only with --compressed", async () => {
    expect(await headerNames({})).not.toContain("Accept-Encoding");
    expect(await headerNames({ compressed: true })).toContain("Accept-Encoding");
  });

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
  ])("of -H %j are %j", async (header, headers) => {
    expect((await build({ header: ["User-Agent:", ...header] })).headers).toEqual(headers);
  });

  it.each<[RequestFlags, string | undefined]>([
    [data("a"), "application/x-www-form-urlencoded"],
    [{ ...data("a"), header: ["content-type: application/json"] }, "application/json"],
    [{ ...data("a"), header: ["Content-Type:"] }, undefined],
    [{}, undefined],
  ])("of %j have the Content-Type %s", async (flags, type) => {
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
  ])("rejects %j without showing it", async (header) => {
    const error = await failure(() => build({ header: [header] }));
    expect(error).toMatchObject({ code: "invalid-usage", exitCode: 2 });
    expect(`${error.message}${error.cause ?? ""}`).not.toContain("hush");
  });
});

describe("the body", () => {
  it.each<[string, RequestFlags, FakeEnvironmentOptions, string]>([
    ["on the command line", data("a=1"), {}, "a=1"],
    ["in parts", data("a=1", "b=2", "c"), {}, "a=1&b=2&c"],
    ["with line ends on the command line, which stay", data("a\r\nb"), {}, "a\r\nb"],
    ["in Unicode", data("é✈"), {}, "é✈"],
    ["from a file, without its line ends", data("@b"), { files: { "/project/b": "a\r\nb\n\0c" } }, "abc"],
    ["from a file in another folder", data("@/tmp/b"), { files: { "/tmp/b": "x" } }, "x"],
    ["from a file, with --data-binary", binary("@b"), { files: { "/project/b": "a\r\nb\n" } }, "a\r\nb\n"],
    ["from standard input", data("@-"), { input: "x\ny\n" }, "xy"],
    ["from standard input, with --data-binary", binary("@-"), { input: "x\ny\n" }, "x\ny\n"],
    ["from a file and the command line", data("@b", "c=d"), { files: { "/project/b": "a=b\n" } }, "a=b&c=d"],
    ["empty", data(""), {}, ""],
    [
      "from both flags, in their order",
      { body: [...(binary("@b").body ?? []), ...(data("x", "@b").body ?? [])] },
      { files: { "/project/b": "1\n" } },
      "1\n&x&1",
    ],
  ])("%s", async (_name, flags, options, body) => {
    expect(textOf(await build(flags, options))).toBe(body);
  });

  it("keeps every byte of a binary file", async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const request = await build(binary("@b"), { files: { "/project/b": bytes } });
    expect(request.body).toEqual(Buffer.from(bytes));
  });

  it("is absent without -d", async () => {
    expect((await build({ request: "POST" })).body).toBeUndefined();
  });

  it("rejects a missing file and names it", async () => {
    const error = await failure(() => build(data("@missing.json")));
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
    // A server reads a bare plus as a space.
    [["+a=b+c"], "?a=b%20c"],
    [["a=1", "b=2"], "?a=1&b=2"],
    [["a=!'()*~"], "?a=%21%27%28%29%2A~"],
    [["@file"], "?%FF%0A"],
    [["a@file"], "?a=%FF%0A"],
    [["a=@file"], "?a=%40file"],
  ])("%j gives %s", async (urlQuery, search) => {
    const files = { "/project/file": Uint8Array.of(255, 10) };
    expect((await build({ urlQuery }, { files })).url.search).toBe(search);
  });

  it("is appended to the query string of the path", async () => {
    expect((await build({ urlQuery: ["b=2"] }, {}, "/items?a=1")).url.search).toBe("?a=1&b=2");
  });
});

describe("time limits", () => {
  it("are seconds on the command line and milliseconds in the request", async () => {
    const request = await build({ maxTime: 1.5, connectTimeout: 0.25 });
    expect(request).toMatchObject({ timeoutMs: 1500, connectTimeoutMs: 250 });
  });
});
