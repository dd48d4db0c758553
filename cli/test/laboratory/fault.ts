import type { Finding } from "../../src/commands/doctor/finding.ts";
import type { ErrorCode } from "../../src/errors.ts";
import type { Trial } from "./laboratory.ts";
import type { Reason } from "../../src/reasons.ts";

/** One broken thing, and the error that auth-cli must report. */
export interface Fault {
  /** As the documentation words it. */
  what: string;
  /** Without `--json`, and without the arguments that only the laboratory needs. */
  command: string;
  /** A program that `arrange` needs. */
  needs?: "openssl";
  /** Breaks it. */
  arrange: (trial: Trial) => unknown;
  /** For `smoke`, the name of the check. Empty when nothing was sent. */
  step: string;
  code: ErrorCode;
  reason?: Reason;
  /** A part of the cause. */
  cause: string;
  /** A part of the fix. */
  fix: string;
  /** The cause takes a measured time, which a busy machine disturbs. */
  isTimed?: true;
}

/** A fault that `doctor` finds before a command fails. */
export interface Found {
  what: string;
  command: string;
  arrange: Fault["arrange"];
  finding: Finding["name"];
  /** A part of its message. */
  message: string;
  fix: string;
}

/** A fault that auth-cli corrects. The command succeeds, with a note on standard error. */
export interface Corrected {
  what: string;
  command: string;
  arrange: Fault["arrange"];
  /** Parts of the note. */
  note: string[];
}

export const call = "auth-cli call /private";
export const login = "auth-cli login";
export const smoke = "auth-cli smoke";
export const deep = "auth-cli doctor --deep";
