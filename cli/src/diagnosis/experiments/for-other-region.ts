import { isSafe } from "../subject.ts";
import { type Experiment, signed } from "../experiments.ts";

/** Signed for another region, where there is another one to think of. */
export const forOtherRegion: Experiment = (subject) =>
  subject.refusal === "forbidden" && isSafe(subject) && subject.otherRegion !== undefined
    ? signed(subject, { region: subject.otherRegion })
    : undefined;
