import { describe, expect, it } from "vitest";
import { AuthCliError } from "../../errors.ts";
import type { Header } from "../../http.ts";
import { reply, sentHeader } from "../../../test/fakes/fake-environment.ts";
import { type Answer } from "../../../test/fakes/scripted-services.ts";
import { authCli, createWorld, reportedError, runIn, steps, type World } from "../../../test/fakes/world.ts";

const loseConnection: Answer = () => {
  throw new AuthCliError("connection-lost", { step: "api.call", message: "lost", cause: "cable" });
};

const answering = (status: number, body: string | Uint8Array = "body", headers: Header[] = []): World => ({
  loggedIn: true,
  answers: { "api.call": () => reply(status, body, headers) },
});

describe("call", () => {
  it("signs the request and prints only the body", async () => {
    const ran = await authCli(["call", "/private"], { loggedIn: true });
    expect([ran.code, ran.stdout, ran.stderr]).toEqual([0, `Hello ${ran.services.identityId}!`, ""]);
    // The login knows its identity, so auth-cli skips GetId.
    expect(steps(ran)).toEqual(["cognito.get-credentials", "api.call"]);
    // auth-cli connects to the API while Cognito answers.
    expect(ran.environment.preconnected).toEqual([ran.services.apiEndpoint]);
  });

  it("gets credentials once, and again when they expire within five minutes", async () => {
    const world = createWorld({ loggedIn: true });
    const asked = (): number =>
      world.environment.requests.filter(({ step }) => step === "cognito.get-credentials").length;
    await runIn(["call", "/private"], world);
    world.environment.clock.ms += 54 * 60_000;
    await runIn(["call", "/private"], world);
    expect(asked()).toBe(1);
    world.environment.clock.ms += 60_000;
    await runIn(["call", "/private"], world);
    expect(asked()).toBe(2);
  });

  it.each([
    ["POST", 612, { message: "not yours" }, 1],
    ["POST", 280, { message: "Forbidden" }, 1],
    ["POST", 612, { message: "Forbidden" }, 2],
    ["PUT", 612, { message: "not yours" }, 2],
  ])(
    "corrects the clock for %s with a clock off by %i s and the answer %j",
    async (method, seconds, answer, attempts) => {
      const world = createWorld({ loggedIn: true });
      const date = new Date(world.environment.clock.ms + seconds * 1000).toUTCString();
      world.services.answers["api.call"] = () =>
        reply(403, answer, [
          ["apigw-requestid", "1"],
          ["date", date],
        ]);
      world.services.answers["sts.date"] = () => reply(403, "", [["date", date]]);
      await runIn(["call", method, "/private", "-d", "x"], world);
      const sent = world.environment.requests.filter(({ step }) => step === "api.call");
      expect(sent).toHaveLength(attempts);
    },
  );

  it("gets credentials once for several calls at the same time", async () => {
    const world = createWorld({ loggedIn: true });
    await Promise.all(Array.from({ length: 5 }, () => runIn(["call", "/private"], world)));
    const all = world.environment.requests.map(({ step }) => step);
    expect(all.filter((step) => step === "cognito.get-credentials")).toHaveLength(1);
  });

  it("prefers a token in the environment over a stored login", async () => {
    const world = createWorld({ loggedIn: true });
    world.environment.variables = {
      ...world.environment.variables,
      TWITTER_ACCESS_TOKEN: "1-other",
      TWITTER_ACCESS_TOKEN_SECRET: "other-secret",
    };
    const ran = await runIn(["call", "/private"], world);
    expect(ran.code).toBe(4);
    expect(ran.stderr).toContain("Invalid login token");
    expect(ran.stderr).not.toContain("other-secret");
  });

  it.each([400, 403, 404, 500])("exits with 22 on HTTP %i and prints the body", async (status) => {
    const ran = await authCli(["call", "/x"], answering(status, "why", [["apigw-requestid", "id-1="]]));
    expect([ran.code, ran.stdout]).toEqual([22, "why"]);
    expect(ran.stderr).toMatch(
      new RegExp(`^error: api\\.call: GET /x answered HTTP ${status} \\(request id-1=\\)`),
    );
  });

  it("exits with 0 on HTTP 403 with --no-fail", async () => {
    const ran = await authCli(["call", "/x", "--no-fail"], answering(403));
    expect([ran.code, ran.stdout, ran.stderr]).toEqual([0, "body", ""]);
  });

  it("reports a redirect and does not follow it", async () => {
    const ran = await authCli(["call", "/x"], answering(302, "", [["Location", "https://evil.example/"]]));
    expect(ran.code).toBe(0);
    expect(steps(ran).filter((step) => step === "api.call")).toHaveLength(1);
    expect(ran.stderr).toContain("not followed");
  });

  it.each([300, 304])("does not call HTTP %i a redirect", async (status) => {
    const ran = await authCli(["call", "/x"], answering(status, "", [["Location", "/y"]]));
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
  });

  it("prints the head's bytes to a pipe, and its text to a terminal", async () => {
    const hostile = answering(200, "\u001b[31m", [["X-One", "\u001b[2J\u00e9"]]);
    const piped = await authCli(["call", "/x", "-i"], hostile);
    const bytes = Buffer.from("X-One: \u001b[2J\u00e9\r\n\r\n\u001b[31m", "latin1");
    expect(piped.environment.stdoutBytes().includes(bytes)).toBe(true);
    const shown = await authCli(["call", "/x", "-i"], { ...hostile, resultColumns: 80 });
    expect(shown.stdout).toBe("HTTP/1.1 200 OK\nX-One: \\u001b[2J\u00e9\n\n\u001b[31m\n");
  });

  it.each([
    ["body", "body\n"],
    ["body\n", "body\n"],
    ["", ""],
  ])("ends the line of %j on a terminal", async (body, shown) => {
    const ran = await authCli(["call", "/x"], { ...answering(200, body), resultColumns: 80 });
    expect(ran.stdout).toBe(shown);
  });

  it("prints a binary body unchanged", async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const ran = await authCli(["call", "/x"], answering(200, bytes));
    expect(ran.environment.stdoutBytes()).toEqual(Buffer.from(bytes));
  });

  it("prints the head before the body with --include", async () => {
    const ran = await authCli(
      ["call", "/x", "-i"],
      answering(200, "body", [
        ["X-One", "1"],
        ["x-one", "2"],
      ]),
    );
    expect(ran.stdout).toBe("HTTP/1.1 200 OK\r\nX-One: 1\r\nx-one: 2\r\n\r\nbody");
  });

  it("writes the body to a file with --output, relative to the working directory", async () => {
    const ran = await authCli(["call", "/x", "-o", "out.bin"], answering(200, Uint8Array.of(0, 255)));
    expect([ran.code, ran.stdout]).toEqual([0, ""]);
    expect(ran.environment.files.readBytes("/project/out.bin")).toEqual(Buffer.from([0, 255]));
    expect((await authCli(["call", "/x", "-o", "-"], answering(200))).stdout).toBe("body");
  });

  it("prints status, headers, body and ids with --json", async () => {
    const ran = await authCli(
      ["call", "/x", "--json"],
      answering(200, '{"a":1}', [
        ["X-One", "1"],
        ["x-one", "2"],
        ["apigw-requestid", "id-1="],
      ]),
    );
    expect(JSON.parse(ran.stdout)).toEqual({
      status: 200,
      headers: { "x-one": "1, 2", "apigw-requestid": "id-1=" },
      body: '{"a":1}',
      requestId: "id-1=",
      identityId: ran.services.identityId,
      durationMs: 0,
    });
  });

  it("encodes a binary body in base64 with --json, and reports HTTP 403 on standard error", async () => {
    const ran = await authCli(["call", "/x", "--json"], answering(403, Uint8Array.of(0, 255)));
    expect(ran.code).toBe(22);
    expect(JSON.parse(ran.stdout)).toMatchObject({ status: 403, body: "AP8=", bodyEncoding: "base64" });
    expect(reportedError(ran)).toMatchObject({ code: "http-status", step: "api.call" });
  });

  it("prints request and response with --verbose, with masked secrets", async () => {
    const ran = await authCli(["call", "/x", "-v"], answering(200));
    expect(ran.stderr).toMatch(/^> GET \/x HTTP\/1\.1$/m);
    expect(ran.stderr).toContain("> X-Amz-Security-Token: [session token]");
    expect(ran.stderr).toMatch(/^< HTTP\/1\.1 200 OK$/m);
    expect(ran.stdout).toBe("body");
  });

  it.each([
    [[], "us-east-1/execute-api"],
    [["--endpoint", "https://abc.execute-api.eu-west-1.amazonaws.com/prod"], "eu-west-1/execute-api"],
    [["--endpoint", "https://abc.lambda-url.eu-west-1.on.aws"], "eu-west-1/lambda"],
    [["--endpoint", "https://abc.appsync-api.cn-north-1.amazonaws.com.cn"], "cn-north-1/appsync"],
    [["--endpoint", "https://api.example.com"], "us-east-1/execute-api"],
    [
      ["--endpoint", "https://api.example.com", "--service", "lambda", "--region", "eu-west-1"],
      "eu-west-1/lambda",
    ],
  ])("signs with %j for %s, and asks Cognito in the pool's region", async (flags, scope) => {
    const { environment, code } = await authCli(["call", "/x", ...flags], answering(200));
    expect(code).toBe(0);
    const sent = environment.requests.at(-1)?.headers.find(([name]) => name === "Authorization")?.[1];
    expect(sent).toContain(`/20260301/${scope}/aws4_request`);
    const hosts = environment.requests.slice(0, -1).map(({ url }) => url.host);
    expect(new Set(hosts)).toEqual(new Set(["cognito-identity.us-east-1.amazonaws.com"]));
  });

  it("says with --verbose which service and region it assumes for a custom domain", async () => {
    const assumed = /^\* Signed for execute-api in us-east-1: the API's host names neither/m;
    const own = ["--endpoint", "https://api.example.com"];
    expect((await authCli(["call", "/x", "-v", ...own], answering(200))).stderr).toMatch(assumed);
    expect((await authCli(["call", "/x", ...own], answering(200))).stderr).not.toMatch(assumed);
    expect((await authCli(["call", "/x", "-v"], answering(200))).stderr).not.toContain("Signed for");
  });

  it.each([
    ["/x", false],
    ["/a@b", true],
    ["/a%20b", true],
    ["/é", true],
    ["/a//b", true],
  ])("says beside the curl command which path curl signs: %s", async (path, differs) => {
    const { stdout } = await authCli(["call", path, "--dry-run"], { loggedIn: true });
    expect(stdout.includes("# curl sends the path in --request-target")).toBe(differs);
    const unsigned = await authCli(["call", path, "--dry-run", "--unsigned"], { loggedIn: true });
    expect(unsigned.stdout).not.toContain("--request-target");
  });

  it.each([
    [["-H", "X-Empty;"], true],
    [["-d", "a", "-H", "Content-Type:"], true],
    [["-H", "Accept:"], false],
    [["-d", "a"], false],
  ])("says beside the curl command that curl does not sign the headers of %j", async (flags, differs) => {
    const { stdout } = await authCli(["call", "/x", ...flags, "--dry-run"], { loggedIn: true });
    expect(stdout.includes("# curl 7.88 does not sign an empty or removed header")).toBe(differs);
  });

  it("explains the signature with --dry-run, sends nothing and shows no secret", async () => {
    const ran = await authCli(["call", "/x?b=1&a=2", "--dry-run"], { loggedIn: true });
    expect(ran.code).toBe(0);
    expect(steps(ran)).toEqual(["cognito.get-credentials"]);
    expect(ran.stdout).toContain("# canonical request\nGET\n/x\na=2&b=1\n");
    expect(ran.stdout).toContain("# string to sign\nAWS4-HMAC-SHA256\n20260301T120000Z\n");
    expect(ran.stdout).toContain("x-amz-security-token:[session token]");
    expect(ran.stdout).toMatch(/^curl .*--aws-sigv4 aws:amz:us-east-1:execute-api/m);
  });

  it("sends no signature with --unsigned, and needs no login", async () => {
    const ran = await authCli(["call", "/private", "--unsigned"]);
    expect([ran.code, ran.stdout]).toEqual([22, '{"message":"Forbidden"}']);
    expect(steps(ran)).toEqual(["api.call"]);
    const [request] = ran.environment.requests;
    expect(request && sentHeader(request, "authorization")).toBeUndefined();
    expect(ran.stderr).toContain("leave out --unsigned");
  });

  it("understands curl's flags", async () => {
    const ran = await authCli(
      [
        "call",
        "items",
        "-X",
        "PUT",
        "-H",
        "X-A: 1",
        "-d",
        "@-",
        "--url-query",
        "q=a b",
        "-m",
        "2",
        "--connect-timeout",
        "1",
      ],
      { loggedIn: true, input: "the body" },
    );
    expect(ran.code).toBe(0);
    const sent = ran.environment.requests.at(-1);
    expect(sent).toMatchObject({ method: "PUT", timeoutMs: 2000, connectTimeoutMs: 1000 });
    expect(sent?.url.href).toBe(`${ran.services.apiEndpoint}/items?q=a%20b`);
    expect(String(sent?.body)).toBe("the body");
  });

  it("signs each attempt again with --retry", async () => {
    let tries = 0;
    const ran = await authCli(["call", "/private", "--retry", "2"], {
      loggedIn: true,
      answers: { "api.call": () => (++tries < 3 ? reply(503) : undefined) },
    });
    expect([ran.code, tries]).toEqual([0, 3]);
    const dates = ran.environment.requests
      .filter(({ step }) => step === "api.call")
      .map((request) => sentHeader(request, "x-amz-date"));
    // The waits are 0.75 s and 1.5 s.
    expect(dates).toEqual(["20260301T120000Z", "20260301T120000Z", "20260301T120002Z"]);
    expect(ran.stderr).toContain("HTTP 503; trying again");
  });

  it("exits with 3 on a network error", async () => {
    const ran = await authCli(["call", "/x"], { loggedIn: true, answers: { "api.call": loseConnection } });
    expect([ran.code, ran.stderr]).toEqual([3, "error: api.call: lost\ncause: cable\n"]);
  });
});

const json = (text: string, status = 200): World =>
  answering(status, text, [["Content-Type", "application/json; charset=utf-8"]]);

/** Curl's and gh's flags for the output. */
describe("the output", () => {
  const terminal = { resultColumns: 80 };

  it("is byte-exact JSON in a pipe, and indented on a terminal with every digit", async () => {
    const text = '{"a":[1.0,100000000000000000001,{}],"b":"x\\"\\u202e"}';
    expect((await authCli(["call", "/x"], { ...json(text), colour: true })).stdout).toBe(text);
    const shown = await authCli(["call", "/x"], { ...json(text), ...terminal });
    expect(shown.stdout).toBe(
      '{\n  "a": [\n    1.0,\n    100000000000000000001,\n    {}\n  ],\n  "b": "x\\"\\u202e"\n}\n',
    );
    const coloured = await authCli(["call", "/x"], { ...json('{"a":"b"}'), ...terminal, colour: true });
    expect(coloured.stdout).toBe('{\n  \u001b[34m"a"\u001b[39m: \u001b[32m"b"\u001b[39m\n}\n');
  });

  it.each(["Hello!", "", "{", "{} {}", "\ufeff{}"])(
    "is %j on a terminal although its type is JSON",
    async (text) => {
      const { stdout } = await authCli(["call", "/x"], { ...json(text), ...terminal, colour: true });
      expect(stdout).toBe(text === "" ? "" : `${text}\n`);
    },
  );

  it("is a long JSON as it is on a terminal", async () => {
    const text = JSON.stringify("x".repeat(2 * 1024 * 1024));
    expect((await authCli(["call", "/x"], { ...json(text), ...terminal })).stdout).toBe(`${text}\n`);
  });

  it("escapes what a terminal would obey in JSON", async () => {
    const { stdout } = await authCli(["call", "/x"], { ...json('{"a":"\u009b2J"}'), ...terminal });
    expect(stdout).toBe('{\n  "a": "\\u009b2J"\n}\n');
  });

  it.each([
    [[".a"], '{"a":"x"}', "x\n"],
    [[".[] | .n"], '[{"n":1.50},{"n":null}]', "1.50\nnull\n"],
    [["."], '{ "b" : 1, "a" : 2 }', '{"b":1,"a":2}\n'],
    [["empty"], "1", ""],
    [["def f: .a; f # comment"], '{"a":[]}', "[]\n"],
  ])("of --jq %j for %s is %j", async (words, body, stdout) => {
    const ran = await authCli(["call", "/x", "--jq", ...words], json(body));
    expect([ran.code, ran.stdout, ran.stderr]).toEqual([0, stdout, ""]);
  });

  it("of --jq is indented on a terminal", async () => {
    const ran = await authCli(["call", "/x", "-q", "."], { ...json('{"a":1}'), ...terminal });
    expect(ran.stdout).toBe('{\n  "a": 1\n}\n');
  });

  it("of --jq with --json comes from the result", async () => {
    const ran = await authCli(["call", "/x", "--json", "--jq", "[.status, .body]"], json("hi", 404));
    expect([ran.code, ran.stdout]).toEqual([22, '[404,"hi"]\n']);
  });

  it("of --jq is the whole body of an error, as in gh", async () => {
    const ran = await authCli(["call", "/x", "--jq", ".a"], json('{"message":"no"}', 404));
    expect([ran.code, ran.stdout]).toEqual([22, '{"message":"no"}']);
  });

  it("of an invalid --jq is an error before anything is sent", async () => {
    const ran = await authCli(["call", "POST", "/x", "--jq", ".["], json("{}"));
    expect([ran.code, ran.stdout, ran.environment.requests]).toEqual([2, "", []]);
    expect(ran.stderr).toMatch(
      /^error: invalid expression "\.\[" \(--jq\)\ncause: syntax error, unexpected end of file at line 1, column 2\nfix: /,
    );
  });

  it.each([
    ["Hello", /cannot read it as JSON: Invalid/],
    ['{"a":"x"}', /Cannot index string/],
  ])("of --jq that does not fit %j is an error", async (body, cause) => {
    const ran = await authCli(["call", "/x", "--jq", ".a.b"], json(body));
    expect([ran.code, ran.stdout]).toEqual([1, ""]);
    expect(ran.stderr).toMatch(cause);
  });

  it("ends with --write-out", async () => {
    const format = String.raw`\n%{http_code} %{response_code} %{method} %{size_download} %{size_upload} %%{x} %header{x-a} %{content_type}|%{num_redirects}|%{time_total}\t%{exitcode}`;
    const world = answering(201, "body", [["X-A", "1"]]);
    const ran = await authCli(["call", "/x", "-d", "abc", "-w", format], world);
    expect(ran.stdout).toBe("body\n201 201 POST 4 3 %{x} 1 |0|0.000000\t0");
    const failed = await authCli(["call", "/x", "-w", "%{http_code} %{exitcode}"], answering(404, ""));
    expect([failed.code, failed.stdout]).toEqual([22, "404 22"]);
  });

  it("of --write-out without a response has the status 000", async () => {
    const world: World = { loggedIn: true, answers: { "api.call": loseConnection } };
    const ran = await authCli(["call", "/x", "-w", "%{http_code}"], world);
    expect([ran.code, ran.stdout]).toEqual([3, "000"]);
  });

  it("of --write-out ends the line and hides what a terminal would obey", async () => {
    const hostile = answering(200, "", [["X-A", "\u009b2J"]]);
    const ran = await authCli(["call", "/x", "-w", "%header{x-a}"], { ...hostile, ...terminal });
    expect(ran.stdout).toBe("\\u009b2J\n");
  });

  it("of --write-out has curl's JSON forms", async () => {
    const ran = await authCli(
      ["call", "/x", "-o", "f", "-w", String.raw`%{json}\n%{header_json}`],
      answering(200, "body", [
        ["X-A", "1"],
        ["x-a", "2"],
      ]),
    );
    const [all = "", headers = ""] = ran.stdout.split("\n");
    expect(JSON.parse(all)).toMatchObject({ http_code: "200", size_download: 4, method: "GET" });
    expect(JSON.parse(headers)).toEqual({ "x-a": ["1", "2"] });
  });

  it.each([
    [["-s"], ""],
    [["-sS"], "error: api.call: GET /x answered HTTP 404"],
    [["-s", "--json"], ""],
    [["-sv"], "> GET /x"],
    [["-f"], "error: api.call: GET /x answered HTTP 404"],
  ])("of %j on standard error is %j", async (flags, stderr) => {
    const ran = await authCli(["call", "/x", ...flags], answering(404));
    expect(ran.code).toBe(22);
    expect(ran.stderr.slice(0, stderr.length || undefined)).toBe(stderr);
  });

  it("of -f after --no-fail is an error again", async () => {
    expect((await authCli(["call", "/x", "--no-fail", "-f"], answering(404))).code).toBe(22);
    expect((await authCli(["call", "/x", "-f", "--no-fail"], answering(404))).code).toBe(0);
  });
});

describe("curl's flags that call does not take", () => {
  it.each([
    ["-k", /never sends without checking/],
    ["--insecure", /never sends without checking/],
    ["-sSk", /never sends without checking/],
    ["-L", /follows no redirect/],
    ["--location-trusted", /follows no redirect/],
    ["-sSL", /follows no redirect/],
    ["-ualice:hunter2", /the login signs/],
    ["-x", /from the environment/],
    ["--aws-sigv4", /signs every request/],
  ])("%s says why", async (flag, cause) => {
    const ran = await authCli(["call", "/x", flag], { loggedIn: true });
    expect([ran.code, ran.environment.requests]).toEqual([2, []]);
    expect(ran.stderr).toMatch(cause);
    expect(ran.stderr).not.toContain("hunter2");
  });
});

describe("--json", () => {
  it.each([
    [["--json", '{"a":1}'], '{"a":1}'],
    [["--json", "[1]"], "[1]"],
    [["--json", "@b.json"], '{"b":2}'],
  ])("with a body is curl's: %j", async (words, body) => {
    const world = { ...answering(200, "plain"), files: { "/project/b.json": '{"b":2}' } };
    for (const args of [
      ["call", "/x", ...words],
      ["call", ...words, "/x"],
    ]) {
      const ran = await authCli(args, world);
      expect([ran.code, ran.stdout]).toEqual([0, "plain"]);
      const request = ran.environment.requests.at(-1);
      expect([request?.method, String(request?.body)]).toEqual(["POST", body]);
    }
  });

  it("with a path is ours, and both can be used", async () => {
    const ran = await authCli(["call", "--json", "/x", "--json", "{}"], answering(200, "plain"));
    expect(JSON.parse(ran.stdout)).toMatchObject({ status: 200, body: "plain" });
    expect(String(ran.environment.requests.at(-1)?.body)).toBe("{}");
  });
});
