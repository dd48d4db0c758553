import { join } from "node:path";
import {
  type BrowserPage,
  callPrivate,
  signIn,
  startBrowserPage,
} from "@api-auth-twitter/test-support/browser-page";
import { launchChromium } from "@api-auth-twitter/test-support/chromium";
import { type DeployedWorld, deployWorld } from "@api-auth-twitter/test-support/deployed-world";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import { installPinned } from "@api-auth-twitter/test-support/pinned-packages";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const chromium = findPeer("chromium");

describe.skipIf(chromium === undefined)("aws-amplify in the page of docs/browser.md", () => {
  let world: DeployedWorld;
  let example: BrowserPage;
  let browser: Browser;

  beforeAll(async () => {
    const modules = await installPinned(join(import.meta.dirname, "amplify"));
    world = await deployWorld("prod");
    example = await startBrowserPage(world, { modules, variant: "amplify" });
    browser = await launchChromium(chromium ?? "");
  });
  afterAll(async () => {
    await browser?.close();
    await example?.close();
    await world?.close();
  });

  it("calls /private with the credentials of a custom provider", async () => {
    const page = await browser.newPage();
    await signIn(page, example.url);
    expect(await callPrivate(page)).toMatch(/^Hello us-east-1:[0-9a-f-]{36}!$/);
    // Amplify drops the provider's error and sends the request unsigned.
    await page.route("**/session", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ json: { ...((await response.json()) as object), login: "wrong;wrong" } });
    });
    await page.reload();
    expect(await callPrivate(page)).toBe("UnknownError: Forbidden");
  });
});
