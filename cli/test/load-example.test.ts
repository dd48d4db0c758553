import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

type Counters = Record<string, number>;
interface Verdict {
  readReport: (path: string) => unknown;
  judge: (aggregate: { counters: Counters; summaries?: object }) => { passed: boolean; lines: string[] };
}

const file = pathToFileURL(join(import.meta.dirname, "../../examples/load/verdict.mjs")).href;
const { judge, readReport } = (await import(file)) as Verdict;

const healthy: Counters = {
  "vusers.created": 2,
  "http.requests": 100,
  "http.codes.200": 100,
  "load.answers.own identity": 100,
};

describe("the verdict of the load example", () => {
  it("passes when each response has the user's own identity, with the percentiles", () => {
    const summaries = { "http.response_time": { median: 11, p95: 22, p99: 33, max: 44 } };
    expect(judge({ counters: healthy, summaries })).toEqual({
      passed: true,
      lines: [
        "2 virtual users, 100 requests",
        "100 responses had the user's own identity, 0 another's",
        "response time: median 11 ms, p95 22 ms, p99 33 ms, max 44 ms",
        "passed",
      ],
    });
  });

  it.each<[string, Counters]>([
    [
      "1 responses had another user's identity",
      { "load.answers.own identity": 99, "load.answers.another's identity": 1 },
    ],
    [
      "1 responses had no identity: the route returns none, or needs no login",
      { "load.answers.own identity": 99, "load.answers.no identity": 1 },
    ],
    ["1 responses were not checked", { "load.answers.own identity": 99 }],
    [
      "2 responses had status 403",
      {
        "http.codes.200": 98,
        "http.codes.403": 2,
        "load.answers.own identity": 98,
        "load.refused.403 Forbidden": 2,
      },
    ],
    ["3 responses never came", { "http.requests": 103 }],
    ["3 requests ended with ETIMEDOUT", { "http.requests": 103, "errors.ETIMEDOUT": 3 }],
    [
      "no response had the user's own identity",
      { "http.requests": 0, "http.codes.200": 0, "load.answers.own identity": 0 },
    ],
  ])("fails when %s", (fault, changes) => {
    const { passed, lines } = judge({ counters: { ...healthy, ...changes } });
    expect(lines).toContain(`wrong: ${fault}`);
    expect(passed).toBe(false);
  });

  it("reports what the API refused because of the load, with the reason", () => {
    const { passed, lines } = judge({
      counters: {
        ...healthy,
        "http.codes.200": 90,
        "http.codes.429": 10,
        "load.answers.own identity": 90,
        "load.refused.429 Too Many Requests": 10,
      },
    });
    expect(lines).toContain(
      "10 × HTTP 429 (Too Many Requests): throttled by API Gateway: the limit of the stage or the account",
    );
    expect(passed).toBe(true);
  });

  it("reports requests that were not signed, with the reason", () => {
    const { passed, lines } = judge({
      counters: {
        ...healthy,
        "errors.token-refused": 1,
        "load.unsigned.the access token is not valid: the user revoked it": 1,
      },
    });
    expect(lines).toContain("1 × not signed: the access token is not valid: the user revoked it");
    expect(lines).toContain("wrong: 1 requests ended with token-refused");
    expect(passed).toBe(false);
  });

  const folder = mkdtempSync(join(tmpdir(), "load-verdict-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ["a missing file", undefined, "cannot read "],
    ["an empty file", "", "is not valid JSON"],
    ["a file that was cut off", '{ "aggregate": { "counters": {', "is not valid JSON"],
    ["null", "null", "is not a report of Artillery"],
    ["a list", "[1]", "is not a report of Artillery"],
    ["a foreign file", '{ "name": "x" }', "is not a report of Artillery"],
    [
      "counters that are not numbers",
      '{ "aggregate": { "counters": { "a": "b" } } }',
      "is not a report of Artillery",
    ],
    [
      "percentiles that are not objects",
      '{ "aggregate": { "counters": {}, "summaries": { "http.response_time": null } } }',
      "is not a report of Artillery",
    ],
  ])("says what to do about %s", (_name, text, message) => {
    const path = join(folder, "report.json");
    rmSync(path, { force: true });
    if (text !== undefined) writeFileSync(path, text);
    expect(() => readReport(path)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining(message) as unknown,
        cause: expect.any(String) as unknown,
        fix: expect.stringContaining("npm run load") as unknown,
      }),
    );
  });
});
