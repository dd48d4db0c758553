import { isSafe } from "../subject.ts";
import { type Experiment, plainHeaders, signed } from "../experiments.ts";

/** At the endpoint that the deployment's outputs name, when the request went to another. */
export const atOwnEndpoint: Experiment = (subject) => {
  const { ownUrl, refusal } = subject;
  if (ownUrl === undefined || refusal === "throttled") return undefined;
  if (isSafe(subject)) return signed(subject, { url: ownUrl });
  return refusal === "missing" ? { method: "GET", url: ownUrl, headers: plainHeaders } : undefined;
};
