import type { DeploymentFlags } from "../../deployment/deployment.ts";
import type { Framework } from "../../deployment/framework.ts";
import { inWordsOf } from "../../deployment/framework-words.ts";
import { isSstOutputsFile } from "../../deployment/outputs-file.ts";
import { findProject } from "../../deployment/project.ts";
import type { Environment } from "../../environment/environment.ts";
import { nameCommands } from "../../command-name.ts";
import { AuthCliError, toErrorReport } from "../../errors.ts";
import { shellQuote } from "../../shell-quote.ts";

const flagNames = {
  stage: "--stage",
  outputs: "--outputs",
  api: "--api",
  endpoint: "--endpoint",
  identityPoolId: "--identity-pool-id",
  region: "--region",
  service: "--service",
  profile: "--profile",
} as const satisfies Partial<Record<keyof DeploymentFlags, string>>;

/** A command in backquotes that needs the deployment, perhaps after variables or before a pipe. */
const commands =
  /`(?=(?:\w+=\S* )*auth-cli (?:login|call|smoke|doctor|status|switch|credentials|logout)\b)([^`|]+?)((?: \|[^`]*)?)`/g;

/** Advice against flags. A command that repeats them would contradict it. */
const advice = /\b(?:leave out|omit|remove|without) [^,;]*/g;

/**
 * Appends the flags that chose the deployment, so that the command finds the same one.
 * @param command `auth-cli login`. A flag that it has is not repeated.
 */
export function repeatFlags(command: string, flags: DeploymentFlags, platform?: NodeJS.Platform): string {
  const words = Object.entries(flagNames).flatMap(([name, flag]) => {
    const value = flags[name as keyof typeof flagNames];
    const isRepeatable = value !== undefined && value !== "" && !hasPassword(value);
    return isRepeatable && !command.split(" ").includes(flag) ? [flag, shellQuote(value, platform)] : [];
  });
  return [command, ...words].join(" ");
}

type FixEnvironment = Pick<Environment, "commandName" | "files" | "platform" | "workingDirectory">;

/** Makes the commands in a fix repeat the flags that chose the deployment, and speak of the project's framework. */
export function repeatFlagsInFix(fix: string, flags: DeploymentFlags, environment: FixEnvironment): string {
  const unwanted = (fix.replaceAll(/`[^`]*`/g, "").match(advice) ?? []).join(" ");
  const repeated = Object.fromEntries(
    Object.entries(flagNames).flatMap(([name, flag]) =>
      unwanted.includes(flag) ? [] : [[name, flags[name as keyof typeof flagNames]]],
    ),
  );
  const { stage = "" } = repeated;
  const named = /^[\w-]+$/.test(stage)
    ? fix.replaceAll("sst deploy --stage <stage>", `sst deploy --stage ${stage}`)
    : fix;
  const text = named.replace(commands, (quoted, command: string, pipe: string) =>
    / (?:--all|--help)\b/.test(command)
      ? quoted
      : `\`${repeatFlags(command, repeated, environment.platform)}${pipe}\``,
  );
  return nameCommands(inWordsOf(frameworkOf(flags, environment), text), environment.commandName);
}

/** An outputs file elsewhere need not be of the project in this folder. */
function frameworkOf({ outputs }: DeploymentFlags, environment: FixEnvironment): Framework | undefined {
  let framework: Framework | undefined;
  try {
    ({ framework } = findProject(environment));
  } catch {
    // The error to print is another one.
  }
  if (outputs === undefined || isSstOutputsFile(outputs)) return framework ?? "sst";
  return framework === "sst" ? undefined : framework;
}

/** The same error, with a fix that repeats the flags. */
export function withRepeatedFlags(
  error: AuthCliError,
  flags: DeploymentFlags,
  environment: FixEnvironment,
): AuthCliError {
  const { code, ...details } = toErrorReport(error);
  return details.fix === undefined
    ? error
    : new AuthCliError(code, { ...details, fix: repeatFlagsInFix(details.fix, flags, environment) });
}

/** auth-cli rejects these addresses, and must not print them. */
function hasPassword(value: string): boolean {
  return value.includes("@") && value.includes(":");
}
