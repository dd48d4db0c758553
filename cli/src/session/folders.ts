import { join } from "node:path";
import type { Environment } from "../environment/environment.ts";

type FolderEnvironment = Pick<Environment, "variables" | "homeDirectory" | "platform">;

/** The folder for logins: `AUTH_CLI_CONFIG_DIR`, or `auth-cli` in the user's configuration folder. */
export function configFolder({ variables, homeDirectory, platform }: FolderEnvironment): string {
  if (variables["AUTH_CLI_CONFIG_DIR"]) return variables["AUTH_CLI_CONFIG_DIR"];
  const fallback =
    platform === "win32" && variables["APPDATA"] ? variables["APPDATA"] : join(homeDirectory, ".config");
  return join(variables["XDG_CONFIG_HOME"] || fallback, "auth-cli");
}

/** The folder for AWS credentials, which can be obtained again. */
export function cacheFolder({ variables, homeDirectory, platform }: FolderEnvironment): string {
  const fallback =
    platform === "win32" && variables["LOCALAPPDATA"]
      ? variables["LOCALAPPDATA"]
      : join(homeDirectory, ".cache");
  return join(variables["XDG_CACHE_HOME"] || fallback, "auth-cli");
}
