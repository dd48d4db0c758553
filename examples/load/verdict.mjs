/**
 * Judges a report of Artillery: `node verdict.mjs report.json`. Exits with 1 for a wrong answer.
 * A response that shows the limits of the API (HTTP 429 and 503) is reported and is not wrong.
 */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { causeOf, ExampleError, printErrors } from "./errors.mjs";

/** By HTTP status. `limit`: the API refused because of the load. */
const reasons = {
  400: { cause: "the request is not valid for the route" },
  401: { cause: "the route has an authorizer other than AWS_IAM" },
  403: {
    cause:
      "the role does not allow the route, or something changed the request: `auth-cli call` finds the cause",
  },
  404: { cause: "the API has no such route" },
  429: { cause: "throttled by API Gateway: the limit of the stage or the account", limit: true },
  500: { cause: "the function failed, or Lambda throttled it: read its log" },
  502: { cause: "the function returned no valid response: read its log" },
  503: { cause: "the function took more than 30 s", limit: true },
  504: { cause: "the function took longer than the API waits" },
};

/**
 * @param aggregate `aggregate` of the report
 * @returns the lines to print, and whether no answer was wrong
 */
export function judge({ counters, summaries }) {
  const count = (name) => counters[name] ?? 0;
  const sum = (start, from = counters) =>
    Object.entries(from).reduce((total, [name, n]) => total + (name.startsWith(start) ? n : 0), 0);
  const own = count("load.answers.own identity");
  const another = count("load.answers.another's identity");
  const none = count("load.answers.no identity");
  const refused = Object.entries(counters).flatMap(([name, n]) => {
    const [, status, message] = /^load\.refused\.(\d+) (.*)$/s.exec(name) ?? [];
    return status === undefined ? [] : [{ status, message, n, ...reasons[status] }];
  });
  const unsigned = Object.entries(counters).flatMap(([name, n]) => {
    const [, reason] = /^load\.unsigned\.(.*)$/s.exec(name) ?? [];
    return reason === undefined ? [] : [`${n} × not signed: ${reason}`];
  });
  const errors = Object.entries(counters).filter(([name]) => name.startsWith("errors."));
  const requests = count("http.requests");
  const unchecked = sum("http.codes.") - own - another - none - sum("load.refused.");
  const lost = requests - sum("http.codes.") - sum("errors.");
  const faults = [
    [another, "had another user's identity"],
    [none, "had no identity: the route returns none, or needs no login"],
    [unchecked, "were not checked"],
    [lost, "never came"],
    ...refused.filter(({ limit }) => !limit).map(({ n, status }) => [n, `had status ${status}`]),
  ].flatMap(([n, text]) => (n > 0 ? [`${n} responses ${text}`] : []));
  if (own === 0) faults.push("no response had the user's own identity");
  faults.push(...errors.map(([name, n]) => `${n} requests ended with ${name.slice("errors.".length)}`));
  const times = summaries?.["http.response_time"];
  return {
    passed: faults.length === 0,
    lines: [
      `${count("vusers.created")} virtual users, ${requests} requests`,
      `${own} responses had the user's own identity, ${another} another's`,
      ...refused.map(
        ({ status, message, n, cause }) => `${n} × HTTP ${status} (${message}): ${cause ?? "unexplained"}`,
      ),
      ...unsigned,
      ...(times === undefined
        ? []
        : [
            `response time: median ${times.median} ms, p95 ${times.p95} ms, p99 ${times.p99} ms, max ${times.max} ms`,
          ]),
      ...faults.map((fault) => `wrong: ${fault}`),
      faults.length === 0 ? "passed" : "failed",
    ],
  };
}

/** @returns `aggregate` of a report of Artillery */
export function readReport(path) {
  const fix = "write one with `npm run load`, or with `artillery run --output report.json`";
  let text;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new ExampleError(`cannot read ${path}`, { cause: causeOf(error), fix });
  }
  let report;
  try {
    report = JSON.parse(text);
  } catch {
    throw new ExampleError(`${path} is not valid JSON`, {
      cause: "the file was cut off, or is not a report",
      fix,
    });
  }
  const { counters, summaries } = Object(Object(report).aggregate);
  if (!isObjectOf(counters, "number") || !isObjectOf(summaries ?? {}, "object")) {
    throw new ExampleError(`${path} is not a report of Artillery`, {
      cause: "it lacks aggregate.counters",
      fix,
    });
  }
  return { counters, summaries };
}

function isObjectOf(value, type) {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((each) => typeof each === type && each !== null)
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  printErrors();
  const { passed, lines } = judge(readReport(process.argv[2] ?? "report.json"));
  console.log(lines.join("\n"));
  process.exitCode = passed ? 0 : 1;
}
