import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Checkout } from "./checkout.ts";
import { medians } from "./measure.ts";
import type { Report } from "./report.ts";

/** The npm package, and the time of a build. */
export async function benchPackage(
  report: Report,
  checkouts: readonly Checkout[],
  runs: number,
): Promise<void> {
  const sizes = await Promise.all(checkouts.map(packedKilobytes));
  report.row("npm package, packed", "kB", sizes, { atMost: 230 });
  const times = await medians(
    checkouts.map(({ name, root }) => ({
      name,
      command: "npm",
      args: ["run", "--silent", "build"],
      variables: process.env,
      cwd: root,
    })),
    runs,
  );
  const builds = checkouts.map(({ name }) => times.get(name));
  report.row("npm run build", "ms", builds, { atMost: 1, ofOther: true });
}

async function packedKilobytes({ root }: Checkout): Promise<number> {
  const { stdout } = await promisify(execFile)("npm", ["pack", "--dry-run", "--ignore-scripts", "--json"], {
    cwd: join(root, "cli"),
  });
  const [packed] = JSON.parse(stdout) as { size: number }[];
  return (packed?.size ?? Number.NaN) / 1000;
}
