import type { AuthCliError } from "../../errors.ts";

export type FindingStatus = "ok" | "warning" | "fault" | "skipped";

/** One check and its result. */
export interface Finding {
  /** `<topic>.<subject>`, for scripts. The code is in `<topic>.ts`. */
  name: `${Topic}.${string}`;
  status: FindingStatus;
  /** One sentence, without secrets. */
  message: string;
  /** Observations, a sentence each. */
  evidence?: readonly string[];
  /** What to do. */
  fix?: string;
  /** The origin of the value, or the place to look at: a file, a variable, `stacks/ExampleStack.ts:21`. */
  source?: string;
}

/** In the order of the report. */
export const topics = {
  computer: "This computer",
  settings: "Settings",
  twitter: "The X app",
  deployment: "The deployment",
  stack: "The stack's source",
  store: "Logins",
  network: "Network",
  api: "The API",
  deployer: "Deployer",
  pool: "Identity pool",
  role: "Role",
  routes: "Routes",
  template: "Template",
} as const;

export type Topic = keyof typeof topics;

export interface DoctorReport {
  schemaVersion: 1;
  /** Undefined when unknown. */
  stage: string | undefined;
  apiEndpoint?: string;
  identityPoolId?: string;
  /** ISO 8601. */
  startedAt: string;
  durationMs: number;
  /** No fault. Warnings do not count. */
  passed: boolean;
  findings: Finding[];
}

type Details = Pick<Finding, "evidence" | "fix" | "source">;

export function ok(name: Finding["name"], message: string, details: Details = {}): Finding {
  return { name, status: "ok", message, ...details };
}

export function warning(name: Finding["name"], message: string, details: Details = {}): Finding {
  return { name, status: "warning", message, ...details };
}

export function fault(name: Finding["name"], message: string, details: Details = {}): Finding {
  return { name, status: "fault", message, ...details };
}

/** The check could not run. The message says why. */
export function skipped(name: Finding["name"], message: string, details: Details = {}): Finding {
  return { name, status: "skipped", message, ...details };
}

/** An error as a finding. */
export function fromError(
  name: Finding["name"],
  { message, cause, evidence, fix }: AuthCliError,
  status: FindingStatus = "fault",
): Finding {
  const seen = [...(cause === undefined ? [] : [cause]), ...evidence];
  return {
    name,
    status,
    message,
    ...(seen.length === 0 ? {} : { evidence: seen }),
    ...(fix === undefined ? {} : { fix }),
  };
}
