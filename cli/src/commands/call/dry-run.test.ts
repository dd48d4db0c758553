import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { formatIntermediates, type HttpRequest } from "../../http.ts";
import { sigV4Intermediates, signSigV4 } from "../../aws/sigv4.ts";
import { curlCommand } from "./dry-run.ts";

const request: HttpRequest = {
  step: "api.call",
  method: "GET",
  url: new URL("https://api.example/private"),
  headers: [["Accept", "*/*"]],
};

const signing = {
  credentials: { accessKeyId: "ASIAEXAMPLE", secretAccessKey: "secret-key-value", sessionToken: "token" },
  region: "us-east-1",
  service: "execute-api",
  nowMs: Date.parse("2026-03-01T12:00:00Z"),
};

/** The words that a POSIX shell makes of a curl command. */
function words(command: string): string[] {
  const script = `curl() { printf '%s\\0' "$@"; }\n${command}`;
  const environment = {
    PATH: process.env["PATH"],
    AWS_ACCESS_KEY_ID: "key-id",
    AWS_SECRET_ACCESS_KEY: "a secret",
    AWS_SESSION_TOKEN: "a token",
  };
  const output = execFileSync("/bin/sh", ["-c", script], {
    env: environment,
    timeout: 10_000,
    encoding: "utf8",
  });
  return output.split("\0").slice(0, -1);
}

describe("the curl command", () => {
  it("takes secrets from the environment", () => {
    const command = curlCommand(request, { service: "execute-api", region: "us-east-1" });
    expect(command).toContain('"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"');
    expect(words(command)).toEqual([
      "--silent",
      "--show-error",
      "--path-as-is",
      "--request",
      "GET",
      "--header",
      "Accept: */*",
      "--aws-sigv4",
      "aws:amz:us-east-1:execute-api",
      "--user",
      "key-id:a secret",
      "--header",
      "X-Amz-Security-Token: a token",
      "https://api.example/private",
    ]);
  });

  it("has no signature and no key for an unsigned request", () => {
    expect(curlCommand(request, undefined)).not.toMatch(/AWS|sigv4/);
  });

  it.each([
    "it's",
    "'",
    "a'b'c",
    "$HOME `id` $(id)",
    'say "x"',
    "back\\slash",
    "a b\tc",
    "*?[x]",
    "~user",
    "#no comment",
    "; echo injected",
    "&& echo injected",
    "| cat",
    "!history",
    "é✈",
    "-dash",
  ])("quotes %j for the shell in a header, the path and the query", (text) => {
    const url = new URL(`https://api.example/${encodeURIComponent(text)}'$(id)/?q='${text}'`);
    const spoken = words(curlCommand({ ...request, url, headers: [["X-Name", text]] }, undefined));
    expect(spoken[spoken.indexOf("--header") + 1]).toBe(`X-Name: ${text}`);
    expect(spoken.at(-1)).toBe(url.href);
  });

  it.each(["GET", "X'Y", "A`id`", "A$HOME", "A|B", "A&B", "#A", "~A", "*"])(
    "quotes the method %s",
    (method) => {
      const spoken = words(curlCommand({ ...request, method }, undefined));
      expect(spoken[spoken.indexOf("--request") + 1]).toBe(method);
    },
  );

  it("keeps an empty header, in curl's notation", () => {
    const spoken = words(curlCommand({ ...request, headers: [["X-Empty", ""]] }, undefined));
    expect(spoken).toContain("X-Empty;");
  });

  it("uses --head for HEAD", () => {
    expect(words(curlCommand({ ...request, method: "HEAD" }, undefined))).toContain("--head");
  });

  it("reads the body from standard input, without the Content-Type that curl adds", () => {
    const body = Buffer.from("secret body");
    const typed = words(
      curlCommand({ ...request, method: "POST", body, headers: [["Content-Type", "a/b"]] }, undefined),
    );
    expect(typed).toContain("@-");
    expect(typed).not.toContain("Content-Type:");
    const untyped = words(curlCommand({ ...request, method: "POST", body }, undefined));
    expect(untyped).toContain("Content-Type:");
    expect(untyped.join(" ")).not.toContain("secret body");
  });

  it.each(["/a@b", "/star*", "/a b", "/é", "/a//b", "/it's/[x]", "/%zz"])(
    "signs the canonical path of %s and sends the path itself",
    async (path) => {
      const url = new URL(`https://api.example${path}?b=1&a=é`);
      const { canonicalRequest } = await signSigV4({ ...request, url }, signing);
      const [, canonicalPath, query] = canonicalRequest.split("\n");
      const spoken = words(curlCommand({ ...request, url }, { service: "execute-api", region: "us-east-1" }));
      expect(spoken[spoken.indexOf("--request-target") + 1]).toBe(`${url.pathname}?${query}`);
      expect(spoken.at(-1)).toBe(`https://api.example${canonicalPath}?${query}`);
    },
  );

  it("does not let curl expand brackets and braces", () => {
    const url = new URL("https://api.example/x?a[0]={1,2}");
    expect(words(curlCommand({ ...request, url }, undefined))).toContain("--globoff");
  });

  it("merges repeated headers, as the signature does", () => {
    const headers = [["X-A", "1"] as const, ["x-a", "2"] as const];
    expect(
      words(curlCommand({ ...request, headers }, { service: "execute-api", region: "us-east-1" })),
    ).toContain("X-A: 1,2");
    expect(words(curlCommand({ ...request, headers }, undefined))).toContain("x-a: 2");
  });

  it("sorts the query string, since curl signs it in the given order", () => {
    const url = new URL("https://api.example/x?b=2&a=2&a=1&c");
    expect(
      words(curlCommand({ ...request, url }, { service: "execute-api", region: "us-east-1" })).at(-1),
    ).toBe("https://api.example/x?a=1&a=2&b=2&c=");
  });
});

it("shows every step of the signature", async () => {
  const signature = await signSigV4(request, signing);
  const text = formatIntermediates(sigV4Intermediates(signature)).join("\n");
  expect(text).toContain(signature.canonicalRequest);
  expect(text).toContain(signature.stringToSign);
  expect(text).toContain("# credential scope\n20260301/us-east-1/execute-api/aws4_request");
  expect(text).toContain("# signed headers\naccept;host;x-amz-date;x-amz-security-token");
  expect(text).not.toContain("secret-key-value");
});
