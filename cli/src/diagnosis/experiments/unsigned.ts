import { isSafe } from "../subject.ts";
import type { Experiment } from "./experiment.ts";

/**
 * The same request without a signature: 403 from a route with AWS_IAM, an answer from an open one. A method with
 * effects is tried only where API Gateway refused the signed one: an open route would not have asked for a signature.
 */
export const unsigned: Experiment = (subject) => {
  const { refusal, method, url, headers, body } = subject;
  if (refusal === "forbidden" || (isSafe(subject) && ["failed", "handler"].includes(refusal)))
    return { method, url, headers, body };
  return undefined;
};
