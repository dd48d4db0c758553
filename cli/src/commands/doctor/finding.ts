import type { AuthCliError } from "../../errors.ts";

export type FindingStatus = "ok" | "warning" | "fault" | "skipped";

/** What was looked at, and what was found. */
export interface Finding {
  /** `<topic>.<subject>`: what scripts match on. */
  name: `${Topic}.${string}`;
  status: FindingStatus;
  /** One sentence; never holds a secret. */
  message: string;
  /** What was observed that shows it, a sentence each. */
  evidence?: readonly string[];
  /** What to do about it. */
  fix?: string;
  /** Where the value comes from, or where to look: a file, a variable, `stacks/ExampleStack.ts:21`. */
  source?: string;
}

/** In the order in which they are told. */
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
  role: "Role of the users",
  routes: "Routes",
  template: "Template",
} as const;

export type Topic = keyof typeof topics;

export interface DoctorReport {
  schemaVersion: 1;
  /** Undefined when it could not be found out. */
  stage: string | undefined;
  apiEndpoint?: string;
  identityPoolId?: string;
  /** ISO 8601. */
  startedAt: string;
  durationMs: number;
  /** There is no fault. Warnings do not count. */
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

/** It could not be looked at; the message says why. */
export function skipped(name: Finding["name"], message: string, details: Details = {}): Finding {
  return { name, status: "skipped", message, ...details };
}

/** What an error says, as a finding. */
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
