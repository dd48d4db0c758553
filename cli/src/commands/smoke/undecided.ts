import { AuthCliError } from "../../errors.ts";

/** Thrown by a check that cannot decide: it is reported as skipped, with the reason, never as passed. */
export class Undecided extends AuthCliError {}
