import { describe, expect, it } from "vitest";
import { cacheFolder, configFolder } from "./folders.ts";

type Where = Parameters<typeof configFolder>[0];

const on = (platform: NodeJS.Platform, variables: Record<string, string> = {}): Where => ({
  platform,
  variables,
  homeDirectory: "/home/user",
});

describe("folders", () => {
  it.each<[string, Where, string, string]>([
    ["Linux", on("linux"), "/home/user/.config/auth-cli", "/home/user/.cache/auth-cli"],
    ["macOS", on("darwin"), "/home/user/.config/auth-cli", "/home/user/.cache/auth-cli"],
    ["XDG", on("linux", { XDG_CONFIG_HOME: "/c", XDG_CACHE_HOME: "/k" }), "/c/auth-cli", "/k/auth-cli"],
    [
      "an empty XDG",
      on("linux", { XDG_CONFIG_HOME: "", XDG_CACHE_HOME: "" }),
      "/home/user/.config/auth-cli",
      "/home/user/.cache/auth-cli",
    ],
    [
      "AUTH_CLI_CONFIG_DIR",
      on("linux", { AUTH_CLI_CONFIG_DIR: "/mine", XDG_CONFIG_HOME: "/c" }),
      "/mine",
      "/home/user/.cache/auth-cli",
    ],
    [
      "Windows",
      on("win32", { APPDATA: "/roaming", LOCALAPPDATA: "/local" }),
      "/roaming/auth-cli",
      "/local/auth-cli",
    ],
  ])("of %s", (_name, where, config, cache) => {
    expect([configFolder(where), cacheFolder(where)]).toEqual([config, cache]);
  });
});
