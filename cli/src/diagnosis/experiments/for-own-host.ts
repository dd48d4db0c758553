import { isSafe } from "../subject.ts";
import { type Experiment, signed } from "../experiments.ts";

/**
 * Sent to the endpoint given, signed for the deployment's own. Accepted: a reverse proxy there puts another Host, or
 * another path, in place of the one that was signed.
 */
export const forOwnHost: Experiment = async (subject) =>
  subject.refusal === "forbidden" && isSafe(subject) && subject.ownUrl !== undefined
    ? { ...(await signed(subject, { url: subject.ownUrl })), url: subject.url }
    : undefined;
