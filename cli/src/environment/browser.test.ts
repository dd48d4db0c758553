import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { browserCommand, openBrowser, whyUnseen } from "./browser.ts";

const url = new URL("https://api.x.com/oauth/authorize?oauth_token=abc");
const nowhere = (): boolean => false;

describe("whyUnseen", () => {
  it.each<[string, Record<string, string>, NodeJS.Platform, string[], RegExp]>([
    ["CI", { CI: "true", DISPLAY: ":0" }, "linux", [], /CI job/],
    ["SSH", { SSH_CONNECTION: "10.0.0.1 1 10.0.0.2 22" }, "darwin", [], /SSH session/],
    [
      "SSH with X11 forwarding",
      { SSH_TTY: "/dev/pts/1", DISPLAY: "localhost:10.0" },
      "linux",
      [],
      /SSH session/,
    ],
    ["Kubernetes", { KUBERNETES_SERVICE_HOST: "10.0.0.1", DISPLAY: ":0" }, "linux", [], /Kubernetes/],
    ["Docker", { DISPLAY: ":0" }, "linux", ["/.dockerenv"], /container/],
    ["Podman", { container: "podman" }, "linux", ["/run/.containerenv"], /container/],
    ["Codespaces", { CODESPACES: "true" }, "linux", [], /cloud/],
    ["no display", {}, "linux", [], /no display/],
  ])("returns a reason for %s", (_name, variables, platform, files, reason) => {
    expect(whyUnseen(variables, platform, (path) => files.includes(path))).toMatch(reason);
  });

  it.each<[string, Record<string, string>, NodeJS.Platform]>([
    ["X11", { DISPLAY: ":0" }, "linux"],
    ["Wayland", { WAYLAND_DISPLAY: "wayland-0" }, "linux"],
    ["WSL", { WSL_DISTRO_NAME: "Ubuntu" }, "linux"],
    ["macOS", {}, "darwin"],
    ["Windows", {}, "win32"],
    ["CI=false", { CI: "false" }, "darwin"],
  ])("returns undefined for %s", (_name, variables, platform) => {
    expect(whyUnseen(variables, platform, nowhere)).toBeUndefined();
  });
});

describe("browserCommand", () => {
  it.each([
    ["firefox", ["firefox", url.href]],
    ["firefox --new-window", ["firefox", "--new-window", url.href]],
    ["links -g %s --x", ["links", "-g", url.href, "--x"]],
    ['"/Applications/My Browser" --url=%s', ["/Applications/My Browser", `--url=${url.href}`]],
    ["'/opt/a b/c'", ["/opt/a b/c", url.href]],
  ])("splits %s", (command, words) => {
    expect(browserCommand(command, url)).toEqual(words);
  });
});

describe("openBrowser with BROWSER", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "browser-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("starts the first program that exists, even in CI", async () => {
    const browser = join(folder, "my-browser");
    const seen = join(folder, "seen");
    writeFileSync(browser, `#!/bin/sh\nprintf %s "$1" > "${seen}.part" && mv "${seen}.part" "${seen}"\n`);
    chmodSync(browser, 0o700);
    const variables = { BROWSER: `${join(folder, "absent")}${delimiter}${browser}`, CI: "true" };
    expect(await openBrowser(url, variables, "linux")).toEqual({ opened: true });
    await expect.poll(() => readOrUndefined(seen)).toBe(url.href);
  });

  it.each(["", " ", "none"])("opens no browser for %j", async (wanted) => {
    const outcome = await openBrowser(url, { BROWSER: wanted, DISPLAY: ":0" }, "linux");
    expect(outcome).toEqual({ opened: false, reason: "BROWSER turns it off" });
  });

  it("returns an error for a program that cannot start", async () => {
    const absent = join(folder, "absent");
    const outcome = await openBrowser(url, { BROWSER: absent }, "linux");
    expect(outcome).toEqual({ opened: false, reason: `cannot start BROWSER=${absent}` });
    // An unhandled error would fail the test.
    await sleep(20);
  });
});

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
