import { type CheckName, checkNames, type CheckResult, type SmokeReport } from "../report.ts";

/** A service in the picture of the chain. */
export interface Link {
  name: "Twitter" | "Cognito" | "API Gateway" | "Lambda";
  /** Its part in the chain. */
  role: string;
  /** Skipped: no check reached it. */
  state: "passed" | "failed" | "skipped";
  /** Undefined when no check reached it. */
  durationMs: number | undefined;
  /** The failed checks that blame it. */
  failed: CheckResult[];
}

const twitter: CheckName[] = ["twitter.token"];
const exchange: CheckName[] = ["cognito.get-id", "cognito.get-credentials"];
const cognito: CheckName[] = [...exchange, "cognito.guest"];
const controls = checkNames.filter((name) => name.startsWith("private.") && name !== "private.signed");
const answers: CheckName[] = ["private.signed", "public.open"];

/** Twitter → Cognito → API Gateway → Lambda, with their states and times. */
export function linksOf({ checks }: SmokeReport): Link[] {
  const named = (names: readonly CheckName[]): CheckResult[] =>
    checks.filter(({ name }) => names.includes(name));
  const blamedOnLambda = failed(named(answers)).filter(fromFunction);
  const blamedOnGateway = failed(named(answers)).filter((check) => !fromFunction(check));
  const link = (
    name: Link["name"],
    role: string,
    blamed: CheckResult[],
    /** One of these passed: the service does its part. */
    proof: CheckResult[],
    timed: CheckResult[],
  ): Link => {
    const passed = proof.some(({ status }) => status === "passed");
    const state = blamed.length > 0 ? "failed" : passed ? "passed" : "skipped";
    return { name, role, state, durationMs: durationOf(state, blamed, timed), failed: blamed };
  };
  return [
    link("Twitter", "knows the access token", failed(named(twitter)), named(twitter), named(twitter)),
    link(
      "Cognito",
      "issues an identity and AWS keys",
      failed(named(cognito)),
      named(exchange),
      named(exchange),
    ),
    link(
      "API Gateway",
      "admits signed requests only",
      [...failed(named(controls)), ...blamedOnGateway],
      named([...controls, ...answers]),
      named(["private.unsigned"]).slice(0, 1),
    ),
    link(
      "Lambda",
      "greets the same identity",
      [...blamedOnLambda, ...failed(named(["identity.match"]))],
      named([...answers, "identity.match"]).filter(({ name }) => name !== "public.open"),
      named(["private.signed"]).slice(0, 1),
    ),
  ];
}

/** The slowest failed check, else the sum of the timed checks. */
function durationOf(
  state: Link["state"],
  blamed: readonly CheckResult[],
  timed: readonly CheckResult[],
): number | undefined {
  const ran = timed.filter(({ status }) => status !== "skipped");
  if (state === "failed") return Math.max(...blamed.map(({ durationMs }) => durationMs));
  if (state === "skipped" || ran.length === 0) return undefined;
  return ran.reduce((sum, { durationMs }) => sum + durationMs, 0);
}

function failed(checks: readonly CheckResult[]): CheckResult[] {
  return checks.filter(({ status }) => status === "failed");
}

/** The function sent this response. API Gateway itself refuses with a 4xx, and owns lost connections. */
function fromFunction({ httpStatus, error }: CheckResult): boolean {
  if (error?.reason === "handler-failed" || error?.reason === "handler-timed-out") return true;
  return httpStatus !== undefined && (httpStatus < 400 || httpStatus >= 500);
}

export function wordOf({ state }: Link): string {
  return state === "skipped" ? "not reached" : state;
}
