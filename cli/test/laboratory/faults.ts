import { apiFaults } from "./api-faults.ts";
import type { Fault } from "./fault.ts";
import { handlerFaults } from "./handler-faults.ts";
import { identityPoolFaults } from "./identity-pool-faults.ts";
import { twitterFaults } from "./twitter-faults.ts";
import { wayFaults } from "./way-faults.ts";

/** Faults that fail a command, by the part that is broken, under the headings of the documentation. */
export const faultGroups: Record<string, Fault[]> = {
  "Twitter and the X app": twitterFaults,
  "The identity pool": identityPoolFaults,
  "The way to the API": wayFaults,
  "The API and its permissions": apiFaults,
  "The handlers": handlerFaults,
};
