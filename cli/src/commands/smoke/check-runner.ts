import type { DeploymentFlags } from "../../deployment/deployment.ts";
import type { ResolvedDeployment } from "../../deployment/resolve-deployment.ts";
import type { Environment } from "../../environment/environment.ts";
import { type AuthCliError, toAuthCliError, toErrorReport } from "../../errors.ts";
import { headerValue, type HttpResponse, type Send } from "../../http.ts";
import { withRepeatedFlags } from "../flags/repeat-flags.ts";
import type { Selection } from "./check-selection.ts";
import { Undecided } from "./check-errors.ts";
import { type CheckName, checkNames, type CheckResult, type Hop, type Progress } from "./report.ts";
import type { Retries } from "./retry.ts";
import type { RunLimits } from "./run-limits.ts";

/** What every check works on. */
export interface Chain {
  /** Its `send` ends with `--timeout`. A check sends through the `send` that the runner hands it. */
  environment: Environment;
  resolved: ResolvedDeployment;
  checks: CheckRunner;
  /** Checks of routes at once. */
  concurrency: number;
}

export interface CheckRunnerOptions {
  environment: Pick<Environment, "send" | "commandName" | "files" | "platform" | "workingDirectory">;
  limits: RunLimits;
  retries: Retries;
  selection: Selection;
  report: (event: Progress) => void;
  /** The stage's flags. */
  flags: DeploymentFlags;
}

export interface CheckOptions {
  /** The route, where the report names it. */
  route?: string | undefined;
  /** Replaces a final failure, before it counts. */
  reconsider?: (error: AuthCliError) => AuthCliError;
  /** Adds the diagnosis to a final failure. */
  explain?: (error: AuthCliError) => Promise<AuthCliError>;
}

export interface Outcome<T> {
  result: CheckResult;
  /** Undefined unless the check passed. */
  value: T | undefined;
  /** Undefined when the check passed or did not run. */
  failure: AuthCliError | undefined;
}

/** Runs the checks of one stage, reports their progress and keeps their results. */
export class CheckRunner {
  readonly #options: CheckRunnerOptions;
  readonly #results: CheckResult[] = [];

  constructor(options: CheckRunnerOptions) {
    this.#options = options;
  }

  /** In the order of the chain, then of the routes. */
  results(routes: readonly string[]): CheckResult[] {
    const places = new Map(routes.map((route, index) => [route, index]));
    const place = ({ route = "" }: CheckResult): number => places.get(route) ?? -1;
    return this.#results.toSorted(
      (a, b) => checkNames.indexOf(a.name) - checkNames.indexOf(b.name) || place(a) - place(b),
    );
  }

  isSelected(name: CheckName): boolean {
    return this.#options.selection.whyExcluded(name) === undefined;
  }

  /** Runs one check and repeats it while `--retry-for` allows. A check passes by returning and fails by throwing. */
  async run<T>(
    name: CheckName,
    check: (send: Send) => Promise<T>,
    { route, reconsider = (error) => error, explain = unexplained }: CheckOptions = {},
  ): Promise<Outcome<T>> {
    const { environment, limits, retries, selection, report, flags } = this.#options;
    const excluded = selection.whyExcluded(name) ?? limits.stopped?.message;
    if (excluded !== undefined) return none(this.skip(name, excluded, route));
    if (limits.isOver) return none(this.skip(name, "", route));

    report({ kind: "started", name, ...(route === undefined ? {} : { route }) });
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
        if (endsRun(failure)) throw limits.abandon(failure);
      }
      try {
        if (!(await retries.waitForNext(attempt, name, failure, explain))) break;
      } catch (thrown) {
        failure = toAuthCliError(thrown);
        if (endsRun(failure)) throw limits.abandon(failure);
        break;
      }
    }
    const durationMs = limits.elapsedMs - startedMs;
    if (failure !== undefined) failure = reconsider(failure);
    const undecided = failure instanceof Undecided;
    if (failure !== undefined && !undecided) {
      limits.failed([name, route, flags.stage].filter((part) => part !== undefined).join(" of "));
      failure = await explain(failure);
    }
    const result = this.#finish({
      name,
      ...(route === undefined ? {} : { route }),
      status: failure === undefined ? "passed" : undecided ? "skipped" : "failed",
      startedMs,
      durationMs,
      ...observation.seen(),
      ...(failure === undefined
        ? {}
        : { error: toErrorReport(withRepeatedFlags(failure, flags, environment)) }),
    });
    return {
      result,
      value: failure === undefined ? value : undefined,
      failure: undecided ? undefined : failure,
    };
  }

  /** Reports a check that does not run. After `--timeout` this is a failure. */
  skip(name: CheckName, why: string, route?: string): CheckResult {
    const { limits, selection } = this.#options;
    const excluded = selection.whyExcluded(name);
    const overdue = excluded === undefined && limits.stopped === undefined && limits.isOver;
    return this.#finish({
      name,
      ...(route === undefined ? {} : { route }),
      status: overdue ? "failed" : "skipped",
      durationMs: 0,
      attempts: 0,
      error: overdue
        ? toErrorReport(limits.overdue(name))
        : { code: "check-failed", step: name, message: excluded ?? limits.stopped?.message ?? why },
    });
  }

  /** Reports a check that does not run because another check did not pass or was excluded. */
  skipFor(name: CheckName, needed: CheckName, route?: string): CheckResult {
    const what = this.isSelected(needed) ? "did not pass" : "was excluded";
    return this.skip(name, `needs ${needed}, which ${what}`, route);
  }

  #finish(result: CheckResult): CheckResult {
    this.#results.push(result);
    const { name, route } = result;
    this.#options.report({ kind: "finished", name, ...(route === undefined ? {} : { route }), result });
    return result;
  }
}

/** Neither Ctrl-C nor a fault of this computer says anything about the deployment. */
function endsRun({ code }: AuthCliError): boolean {
  return code === "interrupted" || code === "computer-fault";
}

async function unexplained(error: AuthCliError): Promise<AuthCliError> {
  return error;
}

function none(result: CheckResult): Outcome<never> {
  return { result, value: undefined, failure: undefined };
}

interface Observation {
  send: Send;
  /** For the report. */
  seen: () => Pick<CheckResult, "httpStatus" | "requestId" | "attempts" | "hops">;
}

/** Records the requests and responses of a check. */
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
