import { createAuthCli } from "@api-auth-twitter/test-support/auth-cli";
import { copySstApp } from "@api-auth-twitter/test-support/sst-app";
import { median } from "./measure.ts";
import type { Report } from "./report.ts";
import type { World } from "./world.ts";

/** A call that is refused because no policy allows it, until its cause is printed. */
export async function benchRefusal(report: Report, { cli }: World, runs: number): Promise<void> {
  const app = await copySstApp();
  try {
    await app.edit("stacks/ExampleStack.ts", /^.*attachPermissionsForAuthUsers.*$/m, "");
    const { code, stderr } = await app.sst(["deploy", "--stage", "refused"], cli.variables);
    if (code !== 0) throw new Error(`sst deploy: exit code ${code}\n${stderr}`);
    const other = await createAuthCli(app.folder, cli.variables);
    try {
      await other.logIn("alice");
      const times: number[] = [];
      for (let run = 0; run <= runs; run += 1) {
        const started = performance.now();
        const refused = await other.run(["call", "/private", "--json"]);
        if (!refused.stderr.includes('"reason": "permission-missing"'))
          throw new Error(`the cause is missing:\n${refused.stderr}`);
        if (run > 0) times.push(performance.now() - started);
      }
      report.row("the cause of a refusal (permission-missing)", "ms", [median(times)], { atMost: 2000 });
    } finally {
      await other.remove();
    }
  } finally {
    await app.remove();
  }
}
