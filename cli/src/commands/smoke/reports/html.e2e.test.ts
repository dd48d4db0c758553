import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { launchChromium } from "@api-auth-twitter/test-support/chromium";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import { combinations } from "@api-auth-twitter/test-support/test-runs";
import axe from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SmokeRun } from "../report.ts";
import { hostileText } from "../../../../test/fakes/hostile-text.ts";
import { sampleError, sampleReport, sampleRun } from "../../../../test/fakes/sample-run.ts";
import { formatHtml } from "./html.ts";

const chromium = findPeer("chromium");

const longWord = "x".repeat(400);
const runs: Record<string, SmokeRun> = {
  "with a failure": sampleRun(),
  "without a failure": sampleRun({
    passed: true,
    checks: sampleReport().checks.map(({ error: _error, ...check }) => ({ ...check, status: "passed" })),
    comparison: { previousStartedAt: "2026-02-28T12:00:00.000Z", changes: [] },
  }),
  "of several stages, with hostile and long text": {
    ...sampleRun(),
    stages: [
      { ...sampleReport(), stage: hostileText, apiEndpoint: `https://${longWord}.example` },
      {
        ...sampleReport(),
        stage: "dev",
        checks: sampleReport().checks.map((check) => ({
          ...check,
          route: `GET /${longWord}`,
          ...(check.status === "failed"
            ? { error: { ...sampleError, message: hostileText + longWord, evidence: [longWord] } }
            : {}),
        })),
        comparison: {
          previousStartedAt: "2026-02-28T12:00:00.000Z",
          changes: [{ kind: "status", check: "private.signed", before: "passed", after: "failed" }],
        },
      },
    ],
  },
};

const looks: Record<string, BrowserContextOptions> = {
  "light, wide": { viewport: { width: 1280, height: 900 }, colorScheme: "light" },
  "dark, wide": { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
  "light, on a phone": { viewport: { width: 360, height: 740 }, colorScheme: "light" },
  "dark, on a phone": { viewport: { width: 360, height: 740 }, colorScheme: "dark" },
};

describe.skipIf(chromium === undefined)("the HTML report in Chromium", () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "auth-cli-page-"));
    browser = await launchChromium(chromium ?? "");
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Requests, dialogs and messages of the page go into `problems`. */
  async function open(
    run: SmokeRun,
    options: BrowserContextOptions,
  ): Promise<{ page: Page; problems: string[] }> {
    const file = join(folder, "report.html");
    await writeFile(file, formatHtml(run));
    const page = await (await browser.newContext(options)).newPage();
    const problems: string[] = [];
    page.on("console", (message) => problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("request", (request) => {
      if (request.url() !== pathToFileURL(file).href) problems.push(request.url());
    });
    page.on("dialog", (dialog) => {
      problems.push(dialog.message());
      void dialog.dismiss();
    });
    await page.goto(pathToFileURL(file).href);
    return { page, problems };
  }

  const rows = combinations(Object.keys(runs), Object.keys(looks));

  it.each(rows)("fits, sends no requests and passes axe: %s, %s", async (run, look) => {
    // The page's policy would block the script of axe.
    const { page, problems } = await open(runs[run] ?? sampleRun(), { ...looks[look], bypassCSP: true });
    const overflow = await page.evaluate(
      "document.documentElement.scrollWidth - document.documentElement.clientWidth",
    );
    expect(overflow, "scrolls sideways").toBeLessThanOrEqual(0);
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
      "axe.run()",
    );
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`)).toEqual(
      [],
    );
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it("is complete without JavaScript", async () => {
    const { page, problems } = await open(sampleRun(), { javaScriptEnabled: false });
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("smoke of prod: failed");
    for (const text of [sampleError.message, sampleError.cause ?? "", ...(sampleError.evidence ?? [])])
      await expect(page.getByText(text).first().isVisible(), text).resolves.toBe(true);
    expect(await page.locator(".chain li").allInnerTexts()).toEqual([
      expect.stringMatching(/Twitter[^]*passed[^]*142 ms/),
      expect.stringMatching(/Cognito[^]*passed[^]*157 ms/),
      expect.stringMatching(/API Gateway[^]*failed[^]*private\.signed[^]*31 ms/),
      expect.stringMatching(/Lambda[^]*not reached/),
    ]);
    expect(
      await page
        .getByRole("row", { name: /private\.signed GET \/private/ })
        .first()
        .textContent(),
    ).toMatch(/failed\s+HTTP 403\s+31 ms/);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it("links a failed check to its cause", async () => {
    const { page } = await open(sampleRun(), {});
    await page.getByRole("link", { name: "failed" }).click();
    await expect(page.locator("article:target").textContent()).resolves.toContain(sampleError.cause);
    await page.context().close();
  });

  it("prints black on white, even from a dark screen", async () => {
    const { page } = await open(sampleRun(), { colorScheme: "dark" });
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    const luminance = (property: string): Promise<number> =>
      page.evaluate<number>(
        `(() => { const [r, g, b] = getComputedStyle(document.querySelector(".card")).${property}.match(/[\\d.]+/g).map(Number); return (r + g + b) / 3; })()`,
      );
    expect(await luminance("backgroundColor")).toBeGreaterThan(240);
    expect(await luminance("color")).toBeLessThan(60);
    expect((await page.pdf({ format: "A4" })).subarray(0, 5).toString()).toBe("%PDF-");
    await page.context().close();
  });
});
