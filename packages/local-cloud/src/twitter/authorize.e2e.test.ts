import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { launchChromium } from "@api-auth-twitter/test-support/chromium";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { hmacSha1Signature } from "./hmac-signature.ts";
import { percentEncode } from "./percent-encode.ts";
import { randomAlphanumeric } from "./random-alphanumeric.ts";
import { signatureBaseString } from "./signature-base-string.ts";
import { type LocalTwitter, startTwitter } from "./twitter.ts";
import { findUser } from "./users.ts";

const chromium = findPeer("chromium");
const app = { key: randomAlphanumeric(25), secret: randomAlphanumeric(50) };

let twitter: LocalTwitter;
let browser: Browser;
let callbackServer: Server;
let callback: string;
const problems: string[] = [];

async function post(path: string, more: Record<string, string>, secret = ""): Promise<URLSearchParams> {
  const parameters = Object.entries({
    oauth_consumer_key: app.key,
    oauth_nonce: randomBytes(8).toString("hex"),
    oauth_signature_method: "HMAC-SHA1",
    oauth_timestamp: String(Math.floor(Date.now() / 1000)),
    ...more,
  });
  const baseString = signatureBaseString("POST", `${twitter.url}${path}`, parameters);
  const query = [...parameters, ["oauth_signature", hmacSha1Signature(baseString, app.secret, secret)]]
    .map(([name = "", value = ""]) => `${name}=${percentEncode(value)}`)
    .join("&");
  const response = await fetch(`${twitter.url}${path}?${query}`, { method: "POST" });
  const body = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${body}`);
  return new URLSearchParams(body);
}

interface RequestToken {
  token: string;
  secret: string;
}

async function requestToken(oauth_callback = "oob"): Promise<RequestToken> {
  const reply = await post("/oauth/request_token", { oauth_callback });
  return { token: reply.get("oauth_token") ?? "", secret: reply.get("oauth_token_secret") ?? "" };
}

async function userOf({ token, secret }: RequestToken, verifier: string): Promise<string | null> {
  const reply = await post("/oauth/access_token", { oauth_token: token, oauth_verifier: verifier }, secret);
  return reply.get("user_id");
}

async function open({ token }: RequestToken, options: BrowserContextOptions = {}, query = ""): Promise<Page> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.on("console", (message) => {
    // Chromium logs violations of the policy, and each 4xx, which some of these pages are.
    if (!message.text().startsWith("Failed to load resource")) problems.push(message.text());
  });
  page.on("request", (request) => {
    const { origin } = new URL(request.url());
    if (![twitter.url, new URL(callback).origin, "null"].includes(origin)) problems.push(request.url());
  });
  await page.goto(`${twitter.url}/oauth/authorize?oauth_token=${token}${query}`);
  return page;
}

function pinOn(page: Page): Promise<string> {
  return page.locator("code").innerText({ timeout: 5000 });
}

/** Whether anything on the page is wider than its window. */
function scrollsSideways(page: Page): Promise<boolean> {
  return page.evaluate<boolean>(
    "document.documentElement.scrollWidth > document.documentElement.clientWidth",
  );
}

describe.skipIf(chromium === undefined)("the authorize page in Chromium", () => {
  beforeAll(async () => {
    callbackServer = createServer((request, response) => response.end(`back at ${request.url}`));
    callbackServer.listen(0, "127.0.0.1");
    await once(callbackServer, "listening");
    const address = callbackServer.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    callback = `http://127.0.0.1:${address.port}/callback`;
    twitter = await startTwitter({
      port: 0,
      clientCredentials: app,
      app: { callbackUrls: [callback] },
      now: () => new Date(),
    });
    browser = await launchChromium(chromium ?? "");
  });
  afterAll(async () => {
    await browser.close();
    await twitter.close();
    callbackServer.close();
    callbackServer.closeAllConnections();
  });
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    if (problems.length > 0) throw new Error(problems.splice(0).join("\n"));
  });

  it("shows a PIN that completes the login", async () => {
    const token = await requestToken();
    const page = await open(token);
    await page.getByRole("button", { name: "Authorize app" }).click();
    const pin = await pinOn(page);
    expect(pin).toMatch(/^\d{7}$/);
    expect(await userOf(token, pin)).toBe(findUser("ada_local")?.userId);
  });

  it("logs in two users, each under their own name", async () => {
    const [ready, typed] = [await requestToken(), await requestToken()];
    const one = await open(ready);
    const two = await open(typed);
    await one.getByRole("radio", { name: "@grace_local" }).check();
    await two.getByRole("textbox", { name: "Another user" }).fill("Some_Body");
    await one.getByRole("button", { name: "Authorize app" }).click();
    await two.getByRole("button", { name: "Authorize app" }).click();
    const users = [await userOf(ready, await pinOn(one)), await userOf(typed, await pinOn(two))];
    expect(users).toEqual([findUser("grace_local")?.userId, findUser("some_body")?.userId]);
    expect(users[0]).not.toBe(users[1]);
  });

  it("rejects a request token that the user denied", async () => {
    const token = await requestToken();
    const page = await open(token);
    // An invalid name in the field must not prevent cancelling.
    await page.getByRole("textbox").fill("not a name");
    await page.getByRole("button", { name: "Cancel" }).click();
    expect(await page.getByRole("heading").innerText()).toContain("denied");
    await expect(userOf(token, "0000000")).rejects.toThrow("401");
    await page.goto(`${twitter.url}/oauth/authorize?oauth_token=${token.token}`);
    expect(await page.getByRole("heading").innerText()).toBe("Whoa there!");
  });

  it("reports an expired token, and a used one when the user goes back", async () => {
    const stale = await open({ token: "stale", secret: "" });
    expect(await stale.locator("main").innerText()).toContain("The request token for this page is invalid");
    const page = await open(await requestToken());
    await page.getByRole("button", { name: "Authorize app" }).click();
    await pinOn(page);
    await page.goBack();
    expect(await page.getByRole("heading").innerText()).toBe("Whoa there!");
  });

  it("returns to the callback after approval and denial", async () => {
    const token = await requestToken(callback);
    const page = await open(token);
    expect(await page.locator("main").innerText()).toContain(new URL(callback).host);
    await page.getByRole("button", { name: "Authorize app" }).click();
    await page.waitForURL(`${callback}?*`);
    const query = new URL(page.url()).searchParams;
    expect(query.get("oauth_token")).toBe(token.token);
    expect(await userOf(token, query.get("oauth_verifier") ?? "")).toBe(findUser("ada_local")?.userId);

    const denied = await requestToken(callback);
    const other = await open(denied);
    await other.getByRole("button", { name: "Cancel" }).click();
    await other.waitForURL(`${callback}?denied=${denied.token}`);
  });

  it("works from the keyboard and shows the focus", async () => {
    const token = await requestToken();
    const page = await open(token);
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowDown");
    expect(await page.getByRole("radio", { name: "@grace_local" }).isChecked()).toBe(true);
    await page.keyboard.press("Tab");
    await page.keyboard.type("keyboard_user");
    await page.keyboard.press("Tab");
    expect(await page.evaluate<string>("document.activeElement.id")).toBe("allow");
    expect(await page.evaluate<string>("getComputedStyle(document.activeElement).outlineStyle")).toBe(
      "solid",
    );
    await page.keyboard.press("Enter");
    expect(await userOf(token, await pinOn(page))).toBe(findUser("keyboard_user")?.userId);
  });

  it("does not submit an invalid name, and shows an error when a browser does", async () => {
    const page = await open(await requestToken());
    await page.getByRole("textbox").fill("no-name");
    await page.getByRole("button", { name: "Authorize app" }).click();
    expect(await page.getByRole("heading").innerText()).toContain("Authorize this app");
    expect(await page.getByRole("alert").count()).toBe(0);
    await page.evaluate("document.querySelector('#other').removeAttribute('pattern')");
    await page.getByRole("button", { name: "Authorize app" }).click();
    expect(await page.getByRole("alert").innerText()).toBe("That is not a valid screen name.");
    expect(await page.getByRole("textbox").inputValue()).toBe("no-name");
    await page.getByRole("textbox").fill("a_name");
    await page.getByRole("button", { name: "Authorize app" }).click();
    expect(await pinOn(page)).toMatch(/^\d{7}$/);
  });

  it("fills in the given screen name, and preselects no user under force_login", async () => {
    const typed = await open(await requestToken(), {}, "&screen_name=some_body&force_login=true");
    expect(await typed.getByRole("textbox").inputValue()).toBe("some_body");
    const chosen = await open(await requestToken(), {}, "&screen_name=GRACE_local");
    expect(await chosen.getByRole("radio", { name: "@grace_local" }).isChecked()).toBe(true);
    const forced = await open(await requestToken(), {}, "&force_login=true");
    expect(await forced.getByRole("radio", { checked: true }).count()).toBe(0);
    await forced.getByRole("button", { name: "Authorize app" }).click();
    expect(await forced.getByRole("alert").innerText()).toContain("Choose a user");
  });

  it.each(["light", "dark"] as const)(
    "fits a phone 320 pixels wide, readably, in %s",
    async (colorScheme) => {
      const viewport = { width: 320, height: 640 };
      const token = await requestToken(callback);
      const page = await open(token, { viewport, colorScheme, hasTouch: true, isMobile: true });
      expect(await scrollsSideways(page)).toBe(false);
      expect(await lowContrast(page)).toEqual([]);
      for (const control of await page.locator("button, .user, .name").all()) {
        expect((await control.boundingBox())?.height).toBeGreaterThanOrEqual(44);
      }
      const pinPage = await open(await requestToken(), {
        viewport,
        colorScheme,
        hasTouch: true,
        isMobile: true,
      });
      await pinPage.getByRole("textbox").fill("W".repeat(15));
      await pinPage.getByRole("button", { name: "Authorize app" }).tap();
      await pinOn(pinPage);
      expect(await scrollsSideways(pinPage)).toBe(false);
      expect(await lowContrast(pinPage)).toEqual([]);
    },
  );
});

/** Texts whose contrast with the background is below 4.5:1 (WCAG 2.2, 1.4.3). */
function lowContrast(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`(() => {
    const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const luminance = (colour) => {
      const [r, g, b] = channels(colour).map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const colour = getComputedStyle(at).backgroundColor;
        if (channels(colour)[3] !== 0) return colour;
      }
      return "rgb(255, 255, 255)";
    };
    return [...document.querySelectorAll("body *")]
      .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ""))
      .filter((element) => {
        const [a, b] = [luminance(getComputedStyle(element).color), luminance(behind(element))];
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
      })
      .map((element) => element.textContent.trim());
  })()`);
}
