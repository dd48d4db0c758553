import { findRunning, type LocalCloudRecord } from "../../deployment/local-clouds.ts";
import type { Environment } from "../../environment/environment.ts";
import { AuthCliError } from "../../errors.ts";
import { guessShell, type Shell, shells, assignments } from "./shells.ts";

/**
 * `auth-cli local env`: the variables of the local cloud that runs, for a shell to evaluate.
 * @param words the name of a shell
 * @param port of AWS, where several run
 */
export async function printEnvironment(
  words: readonly string[],
  port: number | undefined,
  environment: Environment,
): Promise<void> {
  const [named, ...others] = words;
  if (others.length > 0 || (named !== undefined && !isShell(named))) {
    throw new AuthCliError("invalid-usage", {
      message: `invalid shell ${JSON.stringify(words.join(" "))}`,
      cause: `the shells are ${shells.join(", ")}`,
      fix: "run `auth-cli local env`, or `auth-cli local -- env …` to run the program env",
    });
  }
  const { environment: variables } = choose(await findRunning(environment), port, environment);
  const shell = named ?? guessShell(environment);
  await environment.terminal.printUnmasked(assignments(shell, variables));
}

function isShell(name: string): name is Shell {
  return shells.includes(name as Shell);
}

function portOf({ environment }: LocalCloudRecord): string {
  return new URL(environment["AWS_ENDPOINT_URL"] ?? "http://-").port;
}

/** The one that was started in this folder, else the only one. */
export function choose(
  running: readonly LocalCloudRecord[],
  port: number | undefined,
  { workingDirectory }: Environment,
): LocalCloudRecord {
  const eligible = port === undefined ? running : running.filter((record) => portOf(record) === String(port));
  const here = eligible.filter(({ folder }) => folder === workingDirectory);
  const [chosen, ...others] = here.length > 0 ? here : eligible;
  if (chosen === undefined) {
    throw new AuthCliError("missing-configuration", {
      message: `no local cloud runs${port === undefined ? "" : ` on port ${port}`}`,
      fix: "run `auth-cli local` in another terminal, or `auth-cli local --shell` in this one",
    });
  }
  if (others.length === 0) return chosen;
  const all = [chosen, ...others].map((record) => `port ${portOf(record)} (started in ${record.folder})`);
  throw new AuthCliError("invalid-usage", {
    message: `${all.length} local clouds run`,
    cause: all.join(", "),
    fix: `pass the port of one: \`auth-cli local env --port ${portOf(chosen)}\``,
  });
}
