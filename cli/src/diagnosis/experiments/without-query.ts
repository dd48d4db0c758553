import { isSafe } from "../subject.ts";
import { type Experiment, signed } from "../experiments.ts";

/** Accepted where the whole was refused: something changes the query on the way. */
export const withoutQuery: Experiment = (subject) => {
  if (subject.refusal !== "forbidden" || !isSafe(subject) || subject.url.search === "") return undefined;
  const url = new URL(subject.url);
  url.search = "";
  return signed(subject, { url });
};
