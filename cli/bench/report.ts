export interface Bound {
  /** Applies to this build: its value, or with `ofOther` its ratio to the other build. */
  atMost?: number;
  atLeast?: number;
  ofOther?: boolean;
}

/** Prints a row for each figure: this build, the other build, their ratio, and whether the bound holds. */
export class Report {
  #bounds = 0;
  #missed = 0;

  /** @param values of this build and, with `--against`, of the other one */
  row(name: string, unit: string, [value, other]: readonly (number | undefined)[], bound: Bound = {}): void {
    const ratio = value === undefined || other === undefined ? undefined : value / other;
    const { atMost = Number.POSITIVE_INFINITY, atLeast = Number.NEGATIVE_INFINITY } = bound;
    const checked = bound.ofOther ? ratio : value;
    const holds = checked === undefined || (checked <= atMost && checked >= atLeast);
    const bounded = bound.atMost !== undefined || bound.atLeast !== undefined;
    if (bounded) this.#bounds += 1;
    if (!holds) this.#missed += 1;
    const figures = [value, other].map((each) => (each === undefined ? "" : format(each, unit)).padStart(12));
    const words = [ratio === undefined ? "" : `× ${ratio.toFixed(2)}`, describe(bound)];
    console.log(
      `${bounded ? (holds ? "✓" : "✗") : " "} ${name.padEnd(56)}${figures.join("")}  ${words[0]?.padEnd(9)}${words[1]}`,
    );
  }

  /** @returns the exit code */
  finish(): number {
    console.log(`\n${this.#bounds - this.#missed} of ${this.#bounds} bounds hold.`);
    return this.#missed === 0 ? 0 : 1;
  }
}

function format(value: number, unit: string): string {
  const digits = unit === "×" ? 2 : Math.abs(value) < 100 && unit !== "/s" ? 1 : 0;
  return unit === "×" ? `× ${value.toFixed(digits)}` : `${value.toFixed(digits)} ${unit}`;
}

function describe({ atMost, atLeast, ofOther }: Bound): string {
  if (atMost === undefined && atLeast === undefined) return "";
  const bound = atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost}`;
  return ofOther ? `${bound} × the other build` : bound;
}
