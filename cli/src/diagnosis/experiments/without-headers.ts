import { isSafe, type Subject } from "../subject.ts";
import { type Experiment, plainHeaders, signed } from "../experiments.ts";

/** Without the caller's own headers and body. Accepted where the whole was refused: one of them is changed on the way. */
export const withoutHeaders: Experiment = (subject) =>
  subject.refusal === "forbidden" && isSafe(subject) && (hasOwnHeaders(subject) || subject.body !== undefined)
    ? signed(subject, { headers: plainHeaders, body: undefined })
    : undefined;

function hasOwnHeaders({ headers }: Subject): boolean {
  return headers.some(([name]) => !["accept", "user-agent"].includes(name.toLowerCase()));
}
