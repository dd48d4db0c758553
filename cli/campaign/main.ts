/** `npm run campaign`: random inputs, broken networks and load, for as long as is asked for. */
import { execFileSync } from "node:child_process";
import { checkOut } from "../bench/checkout.ts";
import { readFlags } from "../bench/read-flags.ts";
import type { Assignment, Campaign, Outcome } from "./campaign.ts";
import { chaos } from "./chaos.ts";
import { deploy } from "./deploy.ts";
import { load } from "./load.ts";
import { oauth } from "./oauth.ts";
import { parsers } from "./parsers.ts";
import { signer } from "./signer.ts";
import { verifier } from "./verifier.ts";

const campaigns: readonly Campaign[] = [signer, verifier, oauth, parsers, chaos, deploy, load];

const usage = `npm run campaign -- --minutes 20             all campaigns, 20 minutes together
npm run campaign -- --only signer            one of them
npm run campaign -- --only signer --seed 7   with the random numbers of an earlier run
npm run campaign -- --against <commit>       with processes of an earlier build on the same stores

A defect is printed with the command that shows it again, and the exit code is 1.`;

const values = readFlags(usage, {
  options: {
    minutes: { type: "string", default: "1.5" },
    seed: { type: "string" },
    only: { type: "string" },
    batches: { type: "string" },
    path: { type: "string" },
    match: { type: "string" },
    against: { type: "string" },
  },
});
const { only, path, match } = values;
const chosen = campaigns.filter(({ name, leastMinutes = 0 }) =>
  only === undefined ? Number(values.minutes) >= leastMinutes : name === only,
);
if (chosen.length === 0) throw new Error(`--only takes ${campaigns.map(({ name }) => name).join(", ")}`);
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : wholeNumber("seed");
const batches = values.batches === undefined ? undefined : wholeNumber("batches");
const milliseconds = Number(values.minutes) * 60_000;
if (!(milliseconds > 0)) throw new Error("--minutes must be a number above 0");

console.log(`seed ${seed}, ${values.minutes} minutes, commit ${commit()}, Node ${process.versions.node}`);
const other = values.against === undefined ? undefined : await checkOut(values.against);
const shares = chosen.reduce((sum, { share }) => sum + share, 0);
try {
  for (const { name, share, run } of chosen) {
    const started = performance.now();
    const cpu = process.cpuUsage();
    const assignment = {
      seed,
      budgetMs: (milliseconds * share) / shares,
      batches,
      path,
      match,
      earlier: other?.program,
    };
    report(name, assignment, await run(assignment), performance.now() - started, process.cpuUsage(cpu));
  }
} finally {
  await other?.remove();
}

function report(
  name: string,
  { seed: first }: Assignment,
  { sizes, defects }: Outcome,
  ms: number,
  { user, system }: NodeJS.CpuUsage,
): void {
  const size = Object.entries(sizes).map(([unit, count]) => `${count.toLocaleString("en-US")} ${unit}`);
  const seconds = `${(ms / 1000).toFixed(1)} s, ${((user + system) / 1e6).toFixed(1)} s of CPU`;
  console.log(`${name}: ${size.join(", ")}, seed ${first}, ${defects.length} defects (${seconds})`);
  for (const defect of defects) {
    const again = [`--only ${name} --seed ${defect.seed}`];
    if (defect.match !== undefined) again.push(`--match '${defect.match}'`);
    again.push(defect.path === undefined ? `--batches ${defect.batches ?? 1}` : `--path ${defect.path}`);
    console.log(
      `  ${defect.error}\n  input: ${defect.input}\n  again: npm run campaign -- ${again.join(" ")}`,
    );
    process.exitCode = 1;
  }
}

function wholeNumber(name: "seed" | "batches"): number {
  const number = Number(values[name]);
  if (!Number.isInteger(number)) throw new Error(`--${name} must be a whole number`);
  return number;
}

function commit(): string {
  return execFileSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8" }).trim();
}
