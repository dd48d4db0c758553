import { AuthCliError, toAuthCliError, toErrorReport } from "../errors.ts";
import { headerValue, type Send } from "../protocol/http.ts";
import type { CheckName, CheckResult } from "./report.ts";

/** Thrown by a check that cannot decide: it is reported as skipped, with the reason, never as passed. */
export class Undecided extends AuthCliError {}

/** What a check has observed on the wire, through the `send` it was given. */
interface Observation {
  httpStatus?: number;
  requestId?: string;
  attempts: number;
}

export interface Outcome<T> {
  result: CheckResult;
  /** Undefined when the check did not pass. */
  value: T | undefined;
}

/** Runs one check: it passes by returning, fails by throwing. */
export async function runCheck<T>(
  name: CheckName,
  { send, now }: { send: Send; now: () => number },
  check: (send: Send) => Promise<T>,
): Promise<Outcome<T>> {
  const started = now();
  const observation: Observation = { attempts: 0 };
  const observed: Send = async (request) => {
    observation.attempts += 1;
    const response = await send(request);
    observation.httpStatus = response.status;
    const requestId =
      headerValue(response.headers, "apigw-requestid") ?? headerValue(response.headers, "x-amzn-requestid");
    if (requestId !== undefined) observation.requestId = requestId;
    return response;
  };
  try {
    const value = await check(observed);
    return { result: { name, status: "passed", durationMs: now() - started, ...observation }, value };
  } catch (thrown) {
    const error = toAuthCliError(thrown);
    if (error.code === "interrupted") throw error;
    const status = error instanceof Undecided ? "skipped" : "failed";
    const result: CheckResult = {
      name,
      status,
      durationMs: now() - started,
      ...observation,
      error: toErrorReport(error),
    };
    return { result, value: undefined };
  }
}

/** A check that could not run because another one did not pass. */
export function skipped(name: CheckName, needs: CheckName): CheckResult {
  return {
    name,
    status: "skipped",
    durationMs: 0,
    attempts: 0,
    error: { code: "check-failed", step: name, message: `needs ${needs}, which did not pass` },
  };
}
