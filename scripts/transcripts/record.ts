import type { AuthCli } from "@api-auth-twitter/test-support/auth-cli";
import { deployWorld, type DeployedWorld } from "@api-auth-twitter/test-support/deployed-world";

/** What a terminal shows, by the name of the transcript in the docs: the command line, then its output. */
export type Transcripts = ReadonlyMap<string, string>;

const pin = "1234567";

/**
 * Runs each documented command on a healthy stage, and on one whose role lacks its permission.
 * @param options how the stages are deployed
 */
export async function recordTranscripts(
  options: Parameters<typeof deployWorld>[2] = {},
): Promise<Transcripts> {
  const healthy = await recordOn(undefined, options, async (world) => [
    ["login", await logIn(world)],
    ["smoke", await run(world, "smoke", "--stage", "prod")],
    ["call", await run(world, "call", "/private", "--stage", "prod")],
    ["status", await run(world, "status", "--stage", "prod")],
  ]);
  const unpermitted = await recordOn(
    (app) => app.edit("stacks/ExampleStack.ts", /^.*attachPermissionsForAuthUsers.*$/m, ""),
    options,
    async (world) => {
      await logIn(world);
      return [
        ["forbidden", await run(world, "call", "/private", "--stage", "prod")],
        ["doctor", excerpt(await run(world, "doctor", "--stage", "prod", "--deep"))],
      ];
    },
  );
  return new Map([...healthy, ...unpermitted]);
}

async function recordOn(
  edit: Parameters<typeof deployWorld>[1],
  options: Parameters<typeof deployWorld>[2],
  record: (world: DeployedWorld) => Promise<[name: string, text: string][]>,
): Promise<[name: string, text: string][]> {
  const world = await deployWorld("prod", edit, { ...options, byNpx: true });
  try {
    const transcripts = await record(world);
    return transcripts.map(([name, text]) => [name, asInAHome(text, world.cli, world.app.folder)]);
  } finally {
    await world.close();
  }
}

async function run({ cli }: DeployedWorld, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await cli.run(args);
  // On a terminal an error begins on a line of its own.
  return transcript(args, [stdout, stderr].map((text) => text.replace(/(?<=[^\n])$/, "\n")).join(""));
}

async function logIn({ cli }: DeployedWorld): Promise<string> {
  const { stdout, stderr } = await cli.logIn("alice", ["--stage", "prod"]);
  // The user's PIN is not in the output, since a pipe does not echo it.
  const shown = stderr.replace(/^PIN: \n/m, `PIN: ${pin}\n${stdout}`);
  return transcript(["login", "--stage", "prod"], shown);
}

function transcript(args: readonly string[], output: string): string {
  return `$ ${["npx", "auth-cli", ...args].join(" ")}\n${output.trimEnd()}\n`;
}

/** The faults of the doctor's report, each below the heading of its topic, and the summary. */
function excerpt(report: string): string {
  const [command = "", ...lines] = report.trimEnd().split("\n");
  const summary = lines.slice(lines.lastIndexOf("") + 1);
  const faults = lines.flatMap((line, index) => {
    if (!line.startsWith("  ✗")) return [];
    const heading = lines.slice(0, index).findLast((each) => /^\S/.test(each)) ?? "";
    const length = lines.slice(index + 1).findIndex((each) => !each.startsWith("   "));
    return [heading, ...lines.slice(index, index + 1 + length), "…"];
  });
  return [command, "…", ...faults, ...summary, ""].join("\n");
}

/** The paths of a test's folders as they are on a user's computer. */
function asInAHome(text: string, { home }: AuthCli, folder: string): string {
  return text
    .replaceAll(`${home}/config`, "~/.config")
    .replaceAll(`${home}/cache`, "~/.cache")
    .replaceAll(`${folder}/`, "");
}
