import * as fc from "fast-check";
import { type Assignment, checkProperty, type Defect, inBatches } from "./campaign.ts";

/** One of the changes to a request of a protocol. */
export interface Change {
  name: string;
  /** Where, relative to the length of what is changed. */
  at: number;
  text: string;
}

export type Apply<Request> = (request: Request, change: Change) => Request;

/** By what they do. */
export type Changes<Request> = Readonly<Record<string, Apply<Request>>>;

export const splitAt = (text: string, at: number): [string, string] => {
  const index = Math.floor(at * (text.length + 1));
  return [text.slice(0, index), text.slice(index)];
};
export const insertInto = (text: string, { at, text: added }: Change): string =>
  splitAt(text, at).join(added);
export const removeFrom = (text: string, { at, text: { length } }: Change): string => {
  const [before, after] = splitAt(text, at);
  return before + after.slice(Math.max(1, length));
};
export const rotate = <T>(list: readonly T[], at: number): T[] => {
  const index = Math.floor(at * list.length);
  return [...list.slice(index), ...list.slice(0, index)];
};

/** Up to three changes. */
export const listsOf = (changes: Readonly<Record<string, unknown>>): fc.Arbitrary<Change[]> =>
  fc.array(
    fc.record({
      name: fc.constantFrom(...Object.keys(changes)),
      at: fc.integer({ min: 0, max: 999 }).map((number) => number / 1000),
      text: fc.oneof(
        // No line of a request has these three.
        fc.string({ unit: "binary-ascii", maxLength: 3 }).map((text) => text.replaceAll(/[\r\n\0]/g, "")),
        fc.constantFrom(...texts),
      ),
    }),
    { minLength: 1, maxLength: 3 },
  );

const texts = [...Array.from('0a+ /=&",;?#\u00e9\u00ff'), "", "%20", "%00", "/..", "/.", "//", "&&", "=x"];

export const applyAll = <Request>(
  changes: Changes<Request>,
  request: Request,
  list: readonly Change[],
): Request => list.reduce((before, change) => changes[change.name]?.(before, change) ?? before, request);

/** Checks two properties of a verifier, each for half of the time, or the one of `match`. */
export async function checkVerifier<T>(
  assignment: Assignment,
  properties: { sound: fc.IAsyncProperty<T>; complete: fc.IAsyncProperty<T> },
): Promise<Defect[]> {
  const half = { ...assignment, budgetMs: assignment.budgetMs / 2 };
  const defects: Defect[] = [];
  for (const [name, property] of Object.entries(properties)) {
    if (assignment.match !== undefined && assignment.match !== name) continue;
    const found = await inBatches(half, (seed, path) => checkProperty(property, { seed, path, runs: 1000 }));
    defects.push(...found.map((defect) => ({ ...defect, match: name })));
  }
  return defects;
}
