import { ServiceError } from "../aws/service-error.ts";
import { defineRefusals } from "../evidence/refusal.ts";

export const invocationRefusals = defineRefusals("Lambda", {
  runtime: {
    refuses: "calling a function whose runtime is not Node.js (it deploys)",
    letter: "-",
    error: (runtime: string) =>
      new ServiceError(
        "InvalidRuntimeException",
        `The local cloud runs only functions for Node.js, not for ${runtime}.`,
        502,
      ),
  },
});
