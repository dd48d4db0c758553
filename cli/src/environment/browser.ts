import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter } from "node:path";

/** Whether a browser opened, or why not. */
export type BrowserOutcome = { opened: true } | { opened: false; reason: string };

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Opens a page in the user's browser. `BROWSER` names another program (`none` or empty: no browser). Opens none where
 * the user would not see it: over SSH, in a container, in CI, or without a display.
 */
export async function openBrowser(
  url: URL,
  variables: Variables,
  platform: NodeJS.Platform,
): Promise<BrowserOutcome> {
  const wanted = variables["BROWSER"];
  if (wanted !== undefined) return openWanted(wanted, url);
  const reason = whyUnseen(variables, platform, existsSync);
  if (reason !== undefined) return { opened: false, reason };
  const { default: open } = await import("open");
  try {
    const child = await open(url.href);
    // This error comes after `open` has returned. The user still has the URL on the screen.
    child.on("error", () => {});
    return { opened: true };
  } catch {
    return { opened: false, reason: "cannot start a browser" };
  }
}

/** Why the user would not see a browser that starts here. Undefined when the user would see it. */
export function whyUnseen(
  variables: Variables,
  platform: NodeJS.Platform,
  exists: (path: string) => boolean,
): string | undefined {
  if (variables["CI"] && variables["CI"] !== "false") return "this is a CI job";
  if (variables["SSH_CONNECTION"] || variables["SSH_TTY"] || variables["SSH_CLIENT"])
    return "this is an SSH session";
  if (variables["KUBERNETES_SERVICE_HOST"]) return "this is a Kubernetes pod";
  // These can forward a page to the user's own browser. They then set BROWSER, which takes precedence.
  if (variables["CODESPACES"] || variables["GITPOD_WORKSPACE_ID"] || variables["CLOUD_SHELL"])
    return "this is a cloud development environment";
  if (variables["container"] || exists("/.dockerenv") || exists("/run/.containerenv"))
    return "this is a container";
  const display = variables["DISPLAY"] || variables["WAYLAND_DISPLAY"] || variables["WSL_DISTRO_NAME"];
  if (platform === "linux" && !display) return "this session has no display";
  return undefined;
}

/**
 * Reads `BROWSER` as Debian's sensible-browser and Python do: commands between colons (semicolons on Windows), tried in
 * turn. The URL replaces `%s`, or comes last.
 */
async function openWanted(wanted: string, url: URL): Promise<BrowserOutcome> {
  const commands = wanted.split(delimiter).filter((command) => command.trim() !== "");
  if (commands.length === 0 || wanted === "none") return { opened: false, reason: "BROWSER turns it off" };
  for (const command of commands) {
    if (await start(browserCommand(command, url))) return { opened: true };
  }
  return { opened: false, reason: `cannot start BROWSER=${wanted}` };
}

/** Splits a command line into words. Quotes enclose a word with spaces, as in a path of Windows or macOS. */
export function browserCommand(command: string, url: URL): string[] {
  const words = [...command.matchAll(/"([^"]*)"|'([^']*)'|\S+/g)].map(
    ([word, double, single]) => double ?? single ?? word,
  );
  const placed = words.map((word) => word.replaceAll("%s", url.href));
  return words.some((word) => word.includes("%s")) ? placed : [...placed, url.href];
}

/** Starts a program that outlives this process. */
function start([program = "", ...args]: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { detached: true, stdio: "ignore" });
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
}
