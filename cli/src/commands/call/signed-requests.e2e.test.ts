import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthCli } from "@api-auth-twitter/test-support/auth-cli";
import { deployWorld } from "@api-auth-twitter/test-support/deployed-world";
import { findPython } from "@api-auth-twitter/test-support/python";
import { startRecordedServices } from "@api-auth-twitter/test-support/recorded-services";
import { runProcess } from "@api-auth-twitter/test-support/run-process";
import { testRuns } from "@api-auth-twitter/test-support/test-runs";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { logInHere, runHere } from "../../../test/run-here.ts";

interface Case {
  args: string[];
  stdin?: Uint8Array;
}

/** Known problems of others: awscurl#216, #115, #138, curl#11794, #13058, smithy-typescript#1224. */
const known: Case[] = [
  { args: ["/"] },
  { args: ["/a b"] },
  { args: ["/a%20b/%2F/%252F/%C3%A9"] },
  { args: ["/é/✈/日本"] },
  { args: ["/star*/(paren)/it's/!$&'()*+,;=:@~"] },
  { args: ["/a/b..c//d/.../"] },
  { args: ["/x?b=2&a=2&a=1&A=3&aa=&a"] },
  { args: ["/x?a=1+2&b=%2B&c=a%20b&d=é&e=%c3%a9"] },
  { args: ["/x?=&&=x&a==b&%3D=%26&*=*"] },
  { args: ["/x?q='()!~;/?:@$,[]{}|\\^`<>"] },
  { args: ["/x", "--url-query", "a=b c&d+e", "--url-query", "é=é", "--url-query", "a=1"] },
  { args: ["/x", "-H", "X-Spaces:   a   b\t c  ", "-H", "X-Empty;", "-H", "x-UPPER: E"] },
  { args: ["/x", "-H", "X-Twice: 2", "-H", "x-twice: 1", "-H", "X-Comma: a,b, c"] },
  { args: ["/x", "-H", "Cookie: a=b; c=d", "-H", 'X-Json: {"a": "b, c"}'] },
  { args: ["/x?a=%FF&%c3=(%ff&b=%EF%BF%BD"] },
  { args: ["/x", "-H", "Cookie: a=1", "-H", "cookie: b=2"] },
  { args: ["/x", "-H", "Accept:", "-H", "User-Agent:"] },
  { args: ["/x", "-H", "Range: bytes=0-1", "-H", 'If-None-Match: "x"', "--compressed"] },
  { args: ["/x", "-d", "a=1", "-d", "b=é&c=+"] },
  { args: ["/x", "-d", '{"a": "b"}', "-H", "Content-Type: application/json; charset=utf-8"] },
  { args: ["/x", "--data-binary", "@-"], stdin: Uint8Array.from({ length: 256 }, (_, index) => index) },
  { args: ["PUT", "/x", "--data-binary", "@-"], stdin: randomBytes(1_000_000) },
  { args: ["POST", "/x"] },
  { args: ["POST", "/x", "-d", ""] },
  { args: ["DELETE", "/items/1"] },
  { args: ["PATCH", "/items/1", "-d", "a", "-H", "Content-Type:"] },
  { args: ["OPTIONS", "/x"] },
  { args: ["-I", "/x"] },
];

const text = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
  .filter((value) => !value.includes("\0"));
const visible = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
});
const drawn: fc.Arbitrary<Case> = fc
  .record({
    path: fc.array(text.filter((segment) => !/^\.{1,2}$/.test(segment)).map(encodeURIComponentLoosely), {
      maxLength: 4,
    }),
    query: fc.array(fc.tuple(fc.constantFrom("a", "b", "é", "A"), text), { maxLength: 4 }),
    header: visible,
    body: fc.option(fc.uint8Array({ maxLength: 300 }), { nil: undefined }),
  })
  .map(({ path, query, header, body }) => ({
    args: [
      `/${path.join("/")}`,
      ...query.flatMap(([name, value]) => ["--url-query", `${name}=${value}`]),
      ...(header.trim() === "" ? [] : ["-H", `X-Drawn: ${header}`]),
      ...(body === undefined ? [] : ["--data-binary", "@-"]),
    ],
    ...(body === undefined ? {} : { stdin: body }),
  }));

/** Keeps characters that a path allows. */
function encodeURIComponentLoosely(value: string): string {
  return encodeURIComponent(value).replace(/%(24|26|2B|2C|3A|3B|3D|40)/g, decodeURIComponent);
}

const seed = Math.floor(Math.random() * 2 ** 31);
const cases = [...known, ...fc.sample(drawn, { numRuns: testRuns(2), seed })];

test("the local cloud accepts every request that auth-cli signs", async () => {
  const world = await deployWorld("signed", (app) =>
    app.edit(
      "stacks/ExampleStack.ts",
      /"GET \/private": ("[^"]+"),/,
      '"GET /private": $1, "ANY /{proxy+}": $1, "ANY /": $1,',
    ),
  );
  try {
    expect((await logInHere(world.cli, "alice")).code).toBe(0);
    for (const { args, stdin } of cases) {
      const ran = await runHere(world.cli, ["call", ...args], stdin === undefined ? {} : { stdin });
      expect(ran.code, `seed ${seed}: ${JSON.stringify(args)}\n${ran.stdout}${ran.stderr}`).toBe(0);
      expect(ran.stdout).toMatch(args.includes("-I") ? /^HTTP\/1\.1 200/ : /^Hello us-east-1:/);
    }
    // The control: it refuses an unsigned request.
    expect((await runHere(world.cli, ["call", "/x", "--unsigned"])).code).toBe(22);
  } finally {
    await world.close();
  }
});

const python = findPython({ botocore: "python3-botocore" });

test.skipIf(python === undefined)(
  "botocore computes the same signature for every request of auth-cli",
  async () => {
    const services = await startRecordedServices();
    const { url, credentials, requests } = services;
    const folder = await mkdtemp(join(tmpdir(), "auth-cli-signed-"));
    const cli = await createAuthCli(folder, {
      AWS_ENDPOINT_URL: url,
      TWITTER_ACCESS_TOKEN: "1-access-token",
      TWITTER_ACCESS_TOKEN_SECRET: "access-token-secret",
    });
    try {
      const target = [
        "--endpoint",
        url,
        "--identity-pool-id",
        "eu-west-1:00000000-0000-4000-8000-000000000000",
      ];
      for (const { args, stdin } of cases) {
        const ran = await runHere(cli, ["call", ...args, ...target], stdin === undefined ? {} : { stdin });
        expect(ran.code, `seed ${seed}: ${JSON.stringify(args)}\n${ran.stderr}`).toBe(0);
      }
      expect(requests).toHaveLength(cases.length);
      const script = join(import.meta.dirname, "../../../../packages/test-support/src/botocore-verifier.py");
      const verified = await runProcess(python ?? "", ["-s", script], {
        env: { PATH: process.env["PATH"], PYTHONDONTWRITEBYTECODE: "1" },
        stdin: JSON.stringify(
          requests.map(({ body, ...request }) => ({
            ...request,
            body: body.toString("base64"),
            credentials,
            region: "eu-west-1",
            service: "execute-api",
          })),
        ),
      });
      expect(verified.code, verified.stderr).toBe(0);
      const recomputed = JSON.parse(verified.stdout) as string[];
      for (const [index, request] of requests.entries()) {
        const sent = request.headers.find(([name]) => name.toLowerCase() === "authorization")?.[1];
        expect(sent, `seed ${seed}: ${request.method} ${request.target}`).toBe(recomputed[index]);
      }
    } finally {
      await cli.remove();
      await rm(folder, { recursive: true });
      await services.close();
    }
  },
);
