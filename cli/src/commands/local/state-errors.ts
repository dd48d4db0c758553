import type { StateError } from "@api-auth-twitter/local-cloud";
import { AuthCliError } from "../../errors.ts";
import { shellQuote } from "../../shell-quote.ts";

/** The local cloud is loaded at run time, and its classes with it. */
export function isStateError(error: unknown): error is StateError {
  return error instanceof Error && (error as { code?: unknown }).code === "STATE";
}

/** The error of `--state` for a folder that cannot be used. Nothing in it has changed. */
export function explainState(
  { fault, folder, message }: StateError,
  platform: NodeJS.Platform,
): AuthCliError {
  const other = "pass another folder with --state";
  const quote = (path: string): string => shellQuote(path, platform);
  // cmd has no mv.
  const move = platform === "win32" ? "move" : "mv";
  const aside = `\`${move} ${quote(folder)} ${quote(`${folder}.damaged`)}\``;
  const [said, fix] = {
    damaged: [`the state in ${folder} is damaged`, `move it aside and deploy again: run ${aside}`],
    foreign: [`${folder} is not a state folder`, "pass an empty or a new folder with --state"],
    newer: [
      `a newer version wrote the state in ${folder}`,
      `update @api-auth-twitter/local-cloud, or ${other}`,
    ],
    "in-use": [`another local cloud uses ${folder}`, `stop it, or ${other}`],
    full: [`cannot save the state in ${folder}`, `free some space, or ${other}`],
    "not-usable": [`cannot use the state folder ${folder}`, `check its path and permissions, or ${other}`],
    "other-settings": [`the state in ${folder} has other settings`, `start with the same, or ${other}`],
  }[fault];
  return new AuthCliError(
    fault === "full" || fault === "not-usable" ? "write-failed" : "invalid-configuration",
    {
      message: said ?? "",
      cause: message,
      ...(fix !== undefined && { fix }),
    },
  );
}
