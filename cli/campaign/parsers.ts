import { Buffer } from "node:buffer";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import * as fc from "fast-check";
import { type Campaign, checkProperty, type Defect, inBatches } from "./campaign.ts";
import { targets } from "./parser-targets.ts";

/** Bytes. What is larger is refused before it is parsed, by limits that have tests of their own. */
const maximumInput = 1024 * 1024;

/** A reader in a process with a limited memory, which can be ended while it hangs. */
class Reader {
  #child: ChildProcess | undefined;

  /** @returns undefined for a value or a typed error, else what happened */
  async read(name: string, input: Uint8Array): Promise<string | undefined> {
    const child = (this.#child ??= await startChild());
    const answer = await new Promise<string | null>((resolve) => {
      const settle = (fault: string | null): void => {
        clearTimeout(watchdog);
        child.off("message", settle).off("exit", leave);
        resolve(fault);
      };
      const leave = (code: number | null, signal: string | null): void =>
        settle(`it ends its process: ${code ?? signal}`);
      // No measure: on a busy machine everything takes long. What takes a minute hangs.
      const watchdog = setTimeout(() => settle("it hangs"), 60_000);
      child.once("message", settle).once("exit", leave);
      child.send({ name, input });
    });
    if (answer?.startsWith("it ") === true) await this.close();
    return answer ?? undefined;
  }

  async close(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
}

async function startChild(): Promise<ChildProcess> {
  const child = fork(new URL("parser-process.ts", import.meta.url), {
    execArgv: ["--import", createRequire(import.meta.url).resolve("tsx"), "--max-old-space-size=256"],
    serialization: "advanced",
    // A library warns on standard error.
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  await once(child, "message");
  return child;
}

/* ── Inputs ──────────────────────────────────────────────────────────────────────────────────────────────────── */

const bytes = fc.uint8Array({ maxLength: 200 }).map((given) => Buffer.from(given));

/** Pieces that mean something to a parser. */
const pieces = [
  String.raw`{ } [ ] " ' : , null true 1e999 -0 \u0000 \ \ud800 0x1 {} [] < > & &lt; &#0; </a> <a> <!-- ]]> <? % %zz %00 %ff`,
  "+ = & ; \u202e \ufeff é ÿ # - *x &x !Ref !!js/function << | --- __proto__ constructor toString length Fn::Join Ref ${ }}",
  "{{resolve: * ? .. / // 9999999999999999999 -1 NaN 2026-13-45T99:99:99Z",
]
  .flatMap((line) => line.split(" "))
  .concat(["\r\n", "\n", "\t", "\0", " ", "Thu, 99 Foo 2026 99:99:99 GMT", "a".repeat(3000)]);

/** For samples that are not JSON. */
const oddChange = (place: number): Change => ({
  at: place,
  length: place % 20,
  kind: "replace",
  piece: pieces[place % pieces.length] ?? "",
});

interface Change {
  at: number;
  length: number;
  kind: "replace" | "remove" | "repeat" | "move" | "flip";
  piece: string;
}

const changes = fc.array(
  fc.record({
    at: fc.nat(999),
    length: fc.nat(20),
    kind: fc.constantFrom<Change["kind"]>("replace", "remove", "repeat", "move", "flip"),
    piece: fc.constantFrom(...pieces),
  }),
  { minLength: 1, maxLength: 5 },
);

function apply(input: Buffer, { at, length, kind, piece }: Change): Buffer {
  const start = Math.floor((at / 1000) * (input.length + 1));
  const [before, part, after] = [
    input.subarray(0, start),
    input.subarray(start, start + length),
    input.subarray(start + length),
  ];
  switch (kind) {
    case "replace":
      return Buffer.concat([before, Buffer.from(piece), after]);
    case "remove":
      return Buffer.concat([before, after]);
    case "repeat":
      return Buffer.concat([before, ...Array.from({ length: 1 + (at % 50) }, () => part), after]);
    case "move":
      return Buffer.concat([after, before, part]);
    default:
      return Buffer.concat([before, part.map((byte) => byte ^ (1 << (at % 8))), after]);
  }
}

const nestings: readonly [open: string, middle: string, close: string][] = [
  ["[", "1", "]"],
  ['{"a":', "1", "}"],
  ['{"Fn::Join":["",[', '"x"', "]]}"],
  ["<a>", "x", "</a>"],
  ["- ", "x", ""],
  ["(", "", ")"],
  ["a:\n ", "x", ""],
  ["{a: ", "x", "}"],
  ["${", "a", "}"],
  ["&#38;", "", ""],
  ["a.", "", ""],
  ["../", "", ""],
  ["*", "", ""],
  ["a=1&", "", ""],
  ['"', "", '"'],
  [" ", "", ""],
  ["0", "", ""],
  ["\n", "", ""],
];

/** Deep, or long, in place of a sample's value. */
const extremes = fc
  .record({
    nesting: fc.constantFrom(...nestings),
    times: fc.constantFrom(10, 1000, 10_000, 100_000),
    closed: fc.boolean(),
  })
  .map(({ nesting: [open, middle, close], times, closed }) => {
    const count = Math.min(times, Math.floor(maximumInput / 2 / (open.length + close.length)));
    return Buffer.from(open.repeat(count) + middle + (closed ? close.repeat(count) : ""));
  });

/** What code that expects another value trips over. */
const oddities = JSON.parse(
  `[null, true, 0, -1, 1e21, "", " ", [], [[]], {}, [null], {"": null}, "${"a".repeat(300)}", {"toString": 1, "valueOf": 1},
    {"constructor": {}}, {"length": -1}, {"then": 1}, {"toJSON": 1}, {"__proto__": {"a": 1}}]`,
) as unknown[];

/** A sample with one value, or one name, that is another. Undefined for a sample that is not JSON. */
function exchangeValue(input: Buffer, place: number, value: unknown): Buffer | undefined {
  let root: unknown;
  try {
    root = JSON.parse(input.toString());
  } catch {
    return undefined;
  }
  const places: (() => void)[] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const record = node as Record<string, unknown>;
    for (const [name, child] of Object.entries(record)) {
      places.push(
        () => void (record[name] = value),
        () => void (record[JSON.stringify(value)] = child),
      );
      walk(child);
    }
  };
  walk(root);
  places[place % Math.max(1, places.length)]?.();
  return Buffer.from(JSON.stringify(root));
}

function inputsOf(samples: readonly string[]): fc.Arbitrary<Buffer> {
  const sample = fc
    .constantFrom(...samples)
    .map((text) => Buffer.from(text, samplesAreBytes(text) ? "latin1" : "utf8"));
  return fc.oneof(
    { weight: 1, arbitrary: bytes },
    {
      weight: 8,
      arbitrary: fc
        .tuple(sample, fc.nat(999), fc.oneof(fc.constantFrom(...oddities), fc.jsonValue()))
        .map(([input, place, value]) => exchangeValue(input, place, value) ?? apply(input, oddChange(place))),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(
          sample,
          fc.nat(999),
          fc.constantFrom(...nestings.slice(0, 3)),
          fc.constantFrom(100, 3000, 30_000),
        )
        .map(([input, place, [open, middle, close], times]) => {
          const exchanged = exchangeValue(input, place, "deep")?.toString() ?? '"deep"';
          return Buffer.from(exchanged.replace('"deep"', open.repeat(times) + middle + close.repeat(times)));
        }),
    },
    { weight: 12, arbitrary: fc.tuple(sample, changes).map(([input, list]) => list.reduce(apply, input)) },
    {
      weight: 2,
      arbitrary: fc.tuple(sample, extremes, fc.nat(999)).map(([input, extreme, at]) => {
        const start = Math.floor((at / 1000) * (input.length + 1));
        return Buffer.concat([input.subarray(0, start), extreme, input.subarray(start)]);
      }),
    },
    // In place of one value of the sample.
    {
      weight: 2,
      arbitrary: fc.tuple(sample, extremes, fc.nat(50)).map(([input, extreme, which]) => {
        const values = [...input.toString("latin1").matchAll(/"[^"]*"(?!:)|(?<=>)[^<]+|(?<==)[^&\s]+/g)];
        const value = values[which % Math.max(1, values.length)];
        if (value === undefined) return extreme;
        const end = value.index + value[0].length;
        return Buffer.concat([input.subarray(0, value.index), extreme, input.subarray(end)]);
      }),
    },
  );
}

function samplesAreBytes(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- MQTT
  return /[\x00-\x08]/.test(text);
}

/** All readers of outside data: a value or a typed error, in bounded memory, and no end without one. */
export const parsers: Campaign = {
  name: "parsers",
  share: 4,
  async run(assignment) {
    const chosen = Object.entries(targets).filter(
      ([name]) => assignment.match === undefined || name === assignment.match,
    );
    const sizes = { readers: chosen.length, inputs: 0 };
    const reader = new Reader();
    const defects: Defect[] = [];
    try {
      for (const [name, { samples }] of chosen) {
        for (const sample of samples) {
          const input = Buffer.from(sample, samplesAreBytes(sample) ? "latin1" : "utf8");
          const fault = await reader.read(name, input);
          if (fault !== undefined) throw new Error(`${name} does not read its sample: ${fault}`);
        }
        let hangs = false;
        const property = fc.asyncProperty(inputsOf(samples), async (input) => {
          // To make it smaller would take hours.
          if (hangs) return;
          sizes.inputs += 1;
          const fault = await reader.read(name, input);
          hangs = fault === "it hangs";
          if (fault !== undefined) throw new Error(fault);
        });
        const share = { ...assignment, budgetMs: assignment.budgetMs / chosen.length };
        const found = await inBatches(share, (seed, path) =>
          checkProperty(property, { seed, path, runs: 20 }),
        );
        defects.push(
          ...found.map((defect) => ({
            ...defect,
            match: name,
            error: `${name}: ${defect.error}`,
            input: excerpt(defect.input),
          })),
        );
      }
    } finally {
      await reader.close();
    }
    return { sizes, defects };
  },
};

function excerpt(text: string): string {
  return text.length > 1000
    ? `${text.slice(0, 500)} … ${text.slice(-200)} (${text.length} characters)`
    : text;
}
