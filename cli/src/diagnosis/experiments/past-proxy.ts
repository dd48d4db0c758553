import { isSafe } from "../subject.ts";
import { type Experiment, signed } from "../experiments.ts";

/** Straight to the host. Accepted where it was refused by way of the proxy: the proxy is to blame. */
export const pastProxy: Experiment = async (subject) =>
  ["forbidden", "missing", "foreign"].includes(subject.refusal) &&
  isSafe(subject) &&
  subject.proxy !== undefined
    ? { ...(await signed(subject)), pastProxy: true }
    : undefined;
