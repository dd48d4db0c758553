import { isSafe } from "../subject.ts";
import { type Experiment, plainHeaders } from "../experiments.ts";

/**
 * The same request without a signature: 403 from a route with AWS_IAM, an answer from an open one. A method with
 * effects is tried only where API Gateway refused the signed one, since an open route would not have asked for a
 * signature, and without its body, which such a route does not read before it refuses.
 */
export const unsigned: Experiment = (subject) => {
  const { refusal, method, url, headers, body } = subject;
  if (isSafe(subject)) {
    return ["forbidden", "failed", "handler"].includes(refusal) ? { method, url, headers, body } : undefined;
  }
  return refusal === "forbidden" ? { method, url, headers: plainHeaders } : undefined;
};
