import { ServiceError } from "../aws/service-error.ts";
import { ownLimit, recorded } from "../evidence/evidence.ts";
import { defineRefusals } from "../evidence/refusal.ts";

/** The most bytes of an event: 100 less than of a result. */
export const maximumEventBytes = 6_291_456;

export const invocationRefusals = defineRefusals("Lambda", {
  eventSize: {
    refuses: `an event of more than ${maximumEventBytes} bytes as JSON`,
    evidence: recorded(
      "https://zaccharles.medium.com/deep-dive-lambdas-request-payload-size-limit-2-2-6350c1ae5577",
    ),
    error: () =>
      new ServiceError(
        "RequestEntityTooLargeException",
        `Request must be smaller than ${maximumEventBytes} bytes for the InvokeFunction operation`,
        413,
      ),
  },
  runtime: {
    refuses: "calling a function whose runtime is not Node.js (it deploys)",
    evidence: ownLimit,
    error: (runtime: string) =>
      new ServiceError(
        "InvalidRuntimeException",
        `The local cloud runs only functions for Node.js, not for ${runtime}.`,
        502,
      ),
  },
});
