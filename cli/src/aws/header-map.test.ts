import * as fc from "fast-check";
import { expect, it } from "vitest";
import { HeaderMap } from "./header-map.ts";

const name = fc.constantFrom("Accept", "accept", "X-Amz-Date", "x-amz-date", "Host", "X-One");
const value = fc.string({ unit: fc.constantFrom("a", "B", " ", "\t", ",", "=") });
const step = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), name, value }),
  fc.record({ kind: fc.constant("delete" as const), name }),
);

it("behaves like the global Headers", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key.toLowerCase() }),
      fc.array(step),
      (entries, steps) => {
        const [ours, theirs] = [new HeaderMap(entries), new Headers(entries)];
        for (const each of steps) {
          for (const headers of [ours, theirs]) {
            if (each.kind === "set") headers.set(each.name, each.value);
            else headers.delete(each.name);
          }
        }
        expect([...ours.keys()].toSorted()).toEqual([...theirs.keys()]);
        for (const key of ["Accept", "ACCEPT", "x-amz-date", "host", "x-one", "absent"]) {
          expect([ours.get(key), ours.has(key)]).toEqual([theirs.get(key), theirs.has(key)]);
        }
      },
    ),
  );
});
