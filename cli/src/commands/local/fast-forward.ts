import { findRunning } from "../../deployment/local-clouds.ts";
import type { Environment } from "../../environment/environment.ts";
import { AuthCliError } from "../../errors.ts";
import { exchange, replyText } from "../../http.ts";
import { duration } from "../flags/flag-values.ts";
import { choose } from "./print-environment.ts";

/** Schedules run one after the other, and a function may take 15 minutes. */
const longestMs = 86_400_000;

/**
 * `auth-cli local fast-forward`: lets time pass at once in the local cloud that runs, for schedules and alarms.
 * @param words the duration; by default, until the next schedule is due
 * @param port of AWS, where several run
 */
export async function fastForward(
  words: readonly string[],
  port: number | undefined,
  environment: Environment,
): Promise<void> {
  const [text, ...others] = words;
  const seconds = text === undefined ? undefined : secondsOf(text);
  if (others.length > 0 || seconds === 0) {
    throw new AuthCliError("invalid-usage", {
      message: `invalid duration ${JSON.stringify(words.join(" "))}`,
      fix: "run `auth-cli local fast-forward 5m`",
    });
  }
  const { id, environment: variables } = choose(await findRunning(environment), port, environment);
  const passed = exchange(environment.send, {
    step: "local.fast-forward",
    method: "POST",
    url: new URL("/_local-cloud/fast-forward", variables["AWS_ENDPOINT_URL"]),
    headers: [["content-type", "application/json"]],
    body: Buffer.from(JSON.stringify({ id, seconds })),
    bypassProxy: true,
    timeoutMs: longestMs,
  });
  const reply = await environment.terminal.withSpinner("running schedules", passed);
  if (reply.status !== 200) {
    throw new AuthCliError("unexpected-reply", {
      message: `the local cloud answered ${reply.status}: ${replyText(reply)}`,
    });
  }
  environment.terminal.say(
    "Schedules that were due have run. `auth-cli local` shows what they print, except with --shell, --quiet or a command.",
  );
}

/** 0 for a text that is not a duration. */
function secondsOf(text: string): number {
  try {
    return duration(text) / 1000;
  } catch {
    return 0;
  }
}
