import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ProcessResult } from "@api-auth-twitter/test-support/run-process";
import { answerAuthorizePage } from "@api-auth-twitter/test-support/authorize-page";
import { launchChromium } from "@api-auth-twitter/test-support/chromium";
import { deployWorld, type DeployedWorld } from "@api-auth-twitter/test-support/deployed-world";
import { freePort } from "@api-auth-twitter/test-support/free-port";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

const chromium = findPeer("chromium");

function heading(page: Page): Promise<string> {
  return page.getByRole("heading").innerText({ timeout: 5000 });
}

describe.skipIf(chromium === undefined)("login --callback in Chromium", () => {
  let world: DeployedWorld;
  let browser: Browser;
  const problems: string[] = [];

  beforeAll(async () => {
    world = await deployWorld("prod");
    browser = await launchChromium(chromium ?? "");
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
  });
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    if (problems.length > 0) throw new Error(problems.splice(0).join("\n"));
  });

  async function open(url: string): Promise<Page> {
    const page = await (await browser.newContext()).newPage();
    page.on("console", (message) => {
      // Chromium logs each 4xx response, and some of these pages are.
      if (!message.text().startsWith("Failed to load resource")) problems.push(message.text());
    });
    page.on("request", (request) => {
      if (!/^(data|http:\/\/127\.0\.0\.1):/.test(request.url())) problems.push(request.url());
    });
    await page.goto(url);
    return page;
  }

  /** A free port whose callback URL the X app has registered. */
  async function registeredPort(): Promise<string> {
    const port = await freePort();
    world.cloud.twitterApp.callbackUrls = [
      ...world.cloud.twitterApp.callbackUrls.slice(-1),
      `http://127.0.0.1:${port}/callback`,
    ];
    return String(port);
  }

  /** Starts a login, acts as a user on its authorize page, and waits for the end. */
  const logIn = async (
    browse: (page: Page, url: string) => Promise<void>,
    args: string[] = [],
  ): Promise<ProcessResult> =>
    world.cli.logIn(
      async (url) => {
        await browse(await open(url), url);
        return undefined;
      },
      ["--callback", await registeredPort(), ...args],
    );

  test("logs in a user who authorizes the app, and shows a page", async () => {
    const { code, stdout, stderr } = await logIn(async (page) => {
      await page.getByRole("textbox", { name: "Another user" }).fill("carol");
      await page.getByRole("button", { name: "Authorize app" }).click();
      expect(await heading(page)).toBe("Signed in as @carol");
      expect(await page.getByText("You can close this window.").isVisible()).toBe(true);
      expect(new URL(page.url()).hostname).toBe("127.0.0.1");
      await page.setViewportSize({ width: 320, height: 480 });
      const overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
      expect(await page.evaluate<number>(overflow)).toBe(0);
    });
    expect(stderr).toContain("Waiting for Twitter at http://127.0.0.1:");
    expect(stdout).toMatch(/^Logged in to prod as @carol, identity us-east-1:/);
    expect(code).toBe(0);
    expect((await world.cli.run(["call", "/private", "--user", "carol"])).stdout).toMatch(
      /^Hello us-east-1:/,
    );
  });

  test("exits with 4, stores nothing and shows a page when the user cancels", async () => {
    const { code, stderr } = await logIn(
      async (page) => {
        await page.getByRole("button", { name: "Cancel" }).click();
        expect(await heading(page)).toBe("Login cancelled");
      },
      ["--json"],
    );
    expect(stderr).toContain('"code": "login-cancelled"');
    expect(code).toBe(4);
  });

  test("rejects another user's login and keeps waiting for its own", async () => {
    const { code, stdout } = await logIn(async (page, url) => {
      // An attacker authorizes a login and sends the victim's browser here with it.
      let attackersCallback = "";
      const attackers = await world.cli.logIn(
        async (attackersUrl) => {
          const answered = await answerAuthorizePage(attackersUrl, { screenName: "mallory" });
          attackersCallback = answered.location ?? "";
          return undefined;
        },
        ["--callback", await registeredPort(), "--timeout", "0.5"],
      );
      expect(attackers.code).toBe(4);
      const own = await answerAuthorizePage(url, { screenName: "dave" });
      const foreign = new URL(own.location ?? "");
      foreign.search = new URL(attackersCallback).search;
      const refused = await page.goto(foreign.href);
      expect(refused?.status()).toBe(400);
      expect(await heading(page)).toBe("This is another login");
      expect((await page.goto(own.location ?? ""))?.status()).toBe(200);
      expect(await heading(page)).toBe("Signed in as @dave");
    });
    expect(stdout).toContain("as @dave");
    expect(code).toBe(0);
  });

  test("exits with 4 when no redirect arrives in time", async () => {
    const waiting = ["--callback", await registeredPort(), "--no-browser", "--timeout", "0.5"];
    const { code, stderr } = await world.cli.run(["login", ...waiting]);
    expect(stderr).toContain("error: twitter.authorize: no redirect from Twitter within 0.5 s\n");
    expect(stderr).toMatch(/^fix: run `auth-cli login --callback` again/m);
    expect(code).toBe(4);
  });

  test("names the process that holds the port", async () => {
    await logIn(async (page, url) => {
      const { location = "" } = await answerAuthorizePage(url, { screenName: "erin" });
      const { port } = new URL(location);
      const second = await world.cli.run(["login", "--callback", port, "--json"]);
      expect(second.code).toBe(2);
      expect(second.stderr).toContain('"code": "port-taken"');
      await page.goto(location);
    });
  });

  test("starts BROWSER with the authorize URL, in a script too", async () => {
    // A browser that authorizes the app as a user and follows the redirect.
    const script = join(world.cli.home, "browser.mjs");
    await writeFile(
      script,
      `const page = await (await fetch(process.argv[2])).text();
      const form = new URLSearchParams({ screen_name: "ada_local" });
      for (const [, name, value] of page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)) form.set(name, value);
      await fetch(new URL("/oauth/authorize", process.argv[2]), { method: "POST", body: form });`,
    );
    const { code, stdout, stderr } = await world.cli.run(["login", "--callback", await registeredPort()], {
      variables: { BROWSER: `"${process.execPath}" "${script}" %s`, CI: "true" },
    });
    expect(stderr).toContain("Opening this page in your browser");
    expect(stdout).toContain("as @ada_local");
    expect(code).toBe(0);
  });
});
