import { minutes, firstRefused, clockOff } from "./arrangements.ts";
import { call, type Corrected } from "./fault.ts";

/** Faults that auth-cli corrects. */
export const corrected: Corrected[] = [
  {
    what: "a change to the role's policy is still propagating: the API refuses the first request and accepts the next",
    command: call,
    arrange: firstRefused,
    note: ["HTTP 403, then accepted a moment later; trying again in 1 s"],
  },
  {
    what: "the clock is 10 minutes fast",
    command: call,
    arrange: clockOff(-10 * minutes),
    note: ["s ahead of", "the request was signed with the server's time"],
  },
  {
    what: "the clock is 10 minutes slow",
    command: call,
    arrange: clockOff(10 * minutes),
    note: ["s behind", "the request was signed with the server's time"],
  },
];
