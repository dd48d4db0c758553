import type { Finding } from "../../src/commands/doctor/finding.ts";
import type { ErrorCode } from "../../src/errors.ts";
import type { Trial } from "./laboratory.ts";
import type { Reason } from "../../src/reasons.ts";

/** One thing that is broken, and what auth-cli has to say about it. */
export interface Fault {
  /** What is broken, as the documentation words it. */
  what: string;
  /** Without `--json`, and without what only the laboratory needs. */
  command: string;
  /** What has to be installed to break it. */
  needs?: "openssl";
  /** Breaks it. */
  arrange: (trial: Trial) => unknown;
  /** Of the smoke, its check. */
  step: string;
  code: ErrorCode;
  reason?: Reason;
  /** Words of the cause. */
  cause: string;
  /** Words of the fix. */
  fix: string;
}

/** A fault that the doctor finds before anything fails. */
export interface Found {
  what: string;
  command: string;
  arrange: Fault["arrange"];
  finding: Finding["name"];
  /** Words of its message. */
  message: string;
  fix: string;
}

/** A fault that auth-cli sets right by itself; it says so and goes on. */
export interface Mended {
  what: string;
  command: string;
  arrange: Fault["arrange"];
  /** Words of the line that says so. */
  note: string[];
}

export const call = "auth-cli call /private";
export const login = "auth-cli login";
export const smoke = "auth-cli smoke";
export const deep = "auth-cli doctor --deep";
