import type { Principal } from "../iam/principal.ts";

/** A request to a REST service, understood: what policies must allow, and the answer. */
export interface RestOperation<Result> {
  action: string;
  resource: string;
  /** Whether the resource's own policy lets the caller do it. */
  isGranted?(caller: Principal): boolean;
  run(): Promise<Result>;
}
