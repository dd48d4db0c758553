import { minutes, firstRefused, clockOff } from "./arrangements.ts";
import { call, type Mended } from "./fault.ts";

/** What auth-cli corrects by itself. */
export const mended: Mended[] = [
  {
    what: "a change to the role's policy is not in force everywhere yet: the first request is refused, the next is not",
    command: call,
    arrange: firstRefused,
    note: ["HTTP 403, and accepted a moment later; trying again in 1 s"],
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
