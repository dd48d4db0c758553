import type { Environment } from "../../environment/environment.ts";
import { type AuthCliError, toAuthCliError, toErrorReport } from "../../errors.ts";
import { headerValue, type HttpResponse, type Send } from "../../http.ts";
import type { Selection } from "./check-selection.ts";
import { isSpreading } from "./retry.ts";
import { type CheckName, checkNames, type CheckResult, type Hop, type Progress } from "./report.ts";
import type { RunLimits } from "./run-limits.ts";
import { Undecided } from "./undecided.ts";

export interface ChecksOptions {
  environment: Pick<Environment, "send">;
  limits: RunLimits;
  selection: Selection;
  tell: (event: Progress) => void;
  stage: string | undefined;
}

export interface CheckOptions {
  /** Of a check on one route, when it is told. */
  route?: string | undefined;
  /** Adds to a failure what can be found out of its cause. Asked when the check has failed for good. */
  explain?: (error: AuthCliError) => Promise<AuthCliError>;
}

export interface Outcome<T> {
  result: CheckResult;
  /** Undefined when the check did not pass. */
  value: T | undefined;
  /** Undefined when it passed, or did not run. */
  failure: AuthCliError | undefined;
}

/** The checks of one stage: runs them, tells of them, and keeps their results. */
export class Checks {
  readonly #options: ChecksOptions;
  readonly #results: CheckResult[] = [];

  constructor(options: ChecksOptions) {
    this.#options = options;
  }

  /** In the order of the report: that of the chain, then that of the routes. */
  results(routes: readonly string[]): CheckResult[] {
    return this.#results.toSorted(
      (a, b) =>
        checkNames.indexOf(a.name) - checkNames.indexOf(b.name) ||
        routes.indexOf(a.route ?? "") - routes.indexOf(b.route ?? ""),
    );
  }

  isSelected(name: CheckName): boolean {
    return this.#options.selection.whyLeftOut(name) === undefined;
  }

  /** Runs one check: it passes by returning, fails by throwing. With `--retry-for` it may get another chance. */
  async run<T>(
    name: CheckName,
    check: (send: Send) => Promise<T>,
    { route, explain = asItIs }: CheckOptions = {},
  ): Promise<Outcome<T>> {
    const { environment, limits, selection, tell, stage } = this.#options;
    const leftOut = selection.whyLeftOut(name) ?? limits.stopped?.message;
    if (leftOut !== undefined) return none(this.skip(name, leftOut, route));
    if (limits.isOver) return none(this.skip(name, "", route));

    tell({ kind: "started", name, ...(route === undefined ? {} : { route }) });
    const startedMs = limits.elapsedMs;
    const observation = observe(limits.bound(environment.send), limits);
    let failure: AuthCliError | undefined;
    let value: T | undefined;
    for (let attempt = 0; ; attempt += 1) {
      failure = undefined;
      try {
        value = await check(observation.send);
        break;
      } catch (thrown) {
        failure = limits.explain(name, toAuthCliError(thrown));
        if (failure.code === "interrupted") throw failure;
      }
      try {
        const again = limits.mayRetry && (await isSpreading(name, failure, explain));
        if (!again || !(await limits.waitForRetry(attempt))) break;
      } catch (thrown) {
        failure = toAuthCliError(thrown);
        if (failure.code === "interrupted") throw failure;
        break;
      }
    }
    const durationMs = limits.elapsedMs - startedMs;
    const undecided = failure instanceof Undecided;
    if (failure !== undefined && !undecided) {
      limits.failed([name, route, stage].filter((part) => part !== undefined).join(" of "));
      failure = await explain(failure);
    }
    const result = this.#finish({
      name,
      ...(route === undefined ? {} : { route }),
      status: failure === undefined ? "passed" : undecided ? "skipped" : "failed",
      startedMs,
      durationMs,
      ...observation.seen(),
      ...(failure === undefined ? {} : { error: toErrorReport(failure) }),
    });
    return {
      result,
      value: failure === undefined ? value : undefined,
      failure: undecided ? undefined : failure,
    };
  }

  /** A check that does not run. Once `--timeout` is over that is a failure. */
  skip(name: CheckName, why: string, route?: string): CheckResult {
    const { limits, selection } = this.#options;
    const leftOut = selection.whyLeftOut(name);
    const overdue = leftOut === undefined && limits.stopped === undefined && limits.isOver;
    return this.#finish({
      name,
      ...(route === undefined ? {} : { route }),
      status: overdue ? "failed" : "skipped",
      durationMs: 0,
      attempts: 0,
      error: overdue
        ? toErrorReport(limits.overdue(name))
        : { code: "check-failed", step: name, message: leftOut ?? limits.stopped?.message ?? why },
    });
  }

  /** A check that does not run because another one did not pass, or was left out. */
  skipFor(name: CheckName, needed: CheckName, route?: string): CheckResult {
    const what = this.isSelected(needed) ? "did not pass" : "was left out";
    return this.skip(name, `needs ${needed}, which ${what}`, route);
  }

  #finish(result: CheckResult): CheckResult {
    this.#results.push(result);
    const { name, route } = result;
    this.#options.tell({ kind: "finished", name, ...(route === undefined ? {} : { route }), result });
    return result;
  }
}

async function asItIs(error: AuthCliError): Promise<AuthCliError> {
  return error;
}

function none(result: CheckResult): Outcome<never> {
  return { result, value: undefined, failure: undefined };
}

interface Observation {
  send: Send;
  /** What the report says of it. */
  seen: () => Pick<CheckResult, "httpStatus" | "requestId" | "attempts" | "hops">;
}

/** Notes what a check sends and gets, through the `send` that it is given. */
function observe(send: Send, limits: RunLimits): Observation {
  const exchanges: { hop: Pick<Hop, "step" | "host" | "startedMs">; response?: HttpResponse }[] = [];
  return {
    async send(request) {
      const hop = { step: request.step, host: request.url.host, startedMs: limits.elapsedMs };
      const exchange: (typeof exchanges)[number] = { hop };
      exchanges.push(exchange);
      exchange.response = await send(request);
      return exchange.response;
    },
    seen() {
      const last = exchanges.findLast(({ response }) => response !== undefined)?.response;
      const requestId =
        last &&
        (headerValue(last.headers, "apigw-requestid") ?? headerValue(last.headers, "x-amzn-requestid"));
      return {
        ...(last === undefined ? {} : { httpStatus: last.status }),
        ...(requestId === undefined ? {} : { requestId }),
        attempts: exchanges.length,
        ...(exchanges.length === 0 ? {} : { hops: exchanges.map(toHop) }),
      };
    },
  };
}

function toHop({
  hop,
  response,
}: {
  hop: Pick<Hop, "step" | "host" | "startedMs">;
  response?: HttpResponse;
}): Hop {
  const { reused = false, ...parts } = response?.timings?.() ?? {};
  return { ...hop, reused, ...parts, ...(response === undefined ? {} : { httpStatus: response.status }) };
}
