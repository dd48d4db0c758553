import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter } from "node:path";

/** Whether a browser shows the page, and, when none does, why. */
export type BrowserOutcome = { opened: true } | { opened: false; reason: string };

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Opens the user's browser on the authorize page. `BROWSER` names another program (`none` or empty: no browser).
 * None is opened where this user would not see it: over SSH, in a container, in CI, or without a display.
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
    // The browser that cannot be started says so after `open` has returned; the URL on the screen is the way out.
    child.on("error", () => {});
    return { opened: true };
  } catch {
    return { opened: false, reason: "no browser could be started" };
  }
}

/** Why a browser that is started here would be seen by nobody; undefined when there is no such reason. */
export function whyUnseen(
  variables: Variables,
  platform: NodeJS.Platform,
  exists: (path: string) => boolean,
): string | undefined {
  if (variables["CI"] && variables["CI"] !== "false") return "this is a CI job";
  if (variables["SSH_CONNECTION"] || variables["SSH_TTY"] || variables["SSH_CLIENT"])
    return "this is an SSH session";
  if (variables["KUBERNETES_SERVICE_HOST"]) return "this is a Kubernetes pod";
  // These forward a page to the browser in front of the user, and say so in BROWSER, which was looked at before.
  if (variables["CODESPACES"] || variables["GITPOD_WORKSPACE_ID"] || variables["CLOUD_SHELL"])
    return "this is a development environment in the cloud";
  if (variables["container"] || exists("/.dockerenv") || exists("/run/.containerenv"))
    return "this is a container";
  const display = variables["DISPLAY"] || variables["WAYLAND_DISPLAY"] || variables["WSL_DISTRO_NAME"];
  if (platform === "linux" && !display) return "there is no display";
  return undefined;
}

/**
 * `BROWSER` as Debian's sensible-browser and Python read it: commands between colons (semicolons on Windows), tried in
 * turn; `%s` is the address, which otherwise comes last.
 */
async function openWanted(wanted: string, url: URL): Promise<BrowserOutcome> {
  const commands = wanted.split(delimiter).filter((command) => command.trim() !== "");
  if (commands.length === 0 || wanted === "none") return { opened: false, reason: "BROWSER asks for none" };
  for (const command of commands) {
    if (await start(browserCommand(command, url))) return { opened: true };
  }
  return { opened: false, reason: `BROWSER=${wanted} cannot be started` };
}

/** A command line's words: quotes hold words with blanks together, as in a path of Windows or macOS. */
export function browserCommand(command: string, url: URL): string[] {
  const words = [...command.matchAll(/"([^"]*)"|'([^']*)'|\S+/g)].map(
    ([word, double, single]) => double ?? single ?? word,
  );
  const placed = words.map((word) => word.replaceAll("%s", url.href));
  return words.some((word) => word.includes("%s")) ? placed : [...placed, url.href];
}

/** Lives on by itself: it is the user's browser. */
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
