import {
  type BrowserPage,
  callPrivate,
  signIn,
  startBrowserPage,
} from "@api-auth-twitter/test-support/browser-page";
import { launchChromium } from "@api-auth-twitter/test-support/chromium";
import { type DeployedWorld, deployWorld } from "@api-auth-twitter/test-support/deployed-world";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

const chromium = findPeer("chromium");

describe.skipIf(chromium === undefined)("the page of docs/browser.md in Chromium", () => {
  let world: DeployedWorld;
  let example: BrowserPage;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    world = await deployWorld("prod");
    example = await startBrowserPage(world);
    browser = await launchChromium(chromium ?? "");
  });
  afterAll(async () => {
    await browser?.close();
    await example?.close();
    await world?.close();
  });
  beforeEach(async () => {
    page = await (await browser.newContext()).newPage();
  });
  afterEach(() => page.context().close());

  it("signs in, gets credentials from Cognito and calls /private", async () => {
    await signIn(page, example.url);
    expect(await callPrivate(page)).toMatch(/^Hello us-east-1:[0-9a-f-]{36}!$/);
  });

  it("shows what Cognito and the API refuse", async () => {
    await signIn(page, example.url);
    await page.route("**/private", (route) =>
      route.continue({ headers: { ...route.request().headers(), "x-amz-date": "20260101T000000Z" } }),
    );
    expect(await callPrivate(page)).toBe('Error: HTTP 403: {"message":"Forbidden"}');
    await page.unroute("**/private");
    await page.route("**/session", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ json: { ...((await response.json()) as object), login: "wrong;wrong" } });
    });
    await page.reload();
    expect(await callPrivate(page)).toMatch(/^NotAuthorizedException: Invalid login token\. /);
  });
});
