import { isSafe } from "../subject.ts";
import { type Experiment, signed } from "../experiments.ts";

/** The same request a moment later: what was just deployed is not in force everywhere at once. */
export const again: Experiment = (subject) =>
  isSafe(subject) && ["forbidden", "failed", "foreign"].includes(subject.refusal)
    ? signed(subject)
    : undefined;
