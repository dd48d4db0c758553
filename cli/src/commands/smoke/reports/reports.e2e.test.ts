import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import ajvFormats from "ajv-formats";
import { parse, type TestSuites } from "junit2json";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { logInHere, runHere } from "../../../../test/run-here.ts";
import { launchChromium } from "@api-auth-twitter/test-support/chromium";
import { deployWorld } from "@api-auth-twitter/test-support/deployed-world";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import type { CheckResult, SmokeReport } from "../report.ts";
import { sampleReport, sampleRun } from "../../../../test/fakes/sample-run.ts";
import { formatHtml } from "./html.ts";
import { formatJunit } from "./junit.ts";
import { formatSummary } from "./github-summary.ts";
import { formatRun } from "./terminal.ts";

const require = createRequire(import.meta.url);
const hostile = 'GET /a;b#c<img src=x onerror=alert(1)>`|\n%%{init: {"theme":"dark"}}%% ``` end -->> x: y';
const chromium = findPeer("chromium");
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false });
ajvFormats.default(ajv);

/** The reports of one run. */
interface Written {
  json: string;
  terminal: string;
  html: string;
  junit: string;
  summary: string;
}

describe.skipIf(chromium === undefined)("reports in other programs", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium(chromium ?? "");
  });
  afterAll(() => browser?.close());

  async function withPage<T>(use: (page: Page) => Promise<T>): Promise<T> {
    const page = await browser.newPage();
    try {
      return await use(page);
    } finally {
      await page.close();
    }
  }

  /** Renders with Mermaid. @returns the text of the picture, and the number of images and scripts in it */
  function drawn(summary: string): Promise<{ text: string; foreign: number }> {
    const source = /```mermaid\n([\s\S]*?)\n```/.exec(summary)?.[1] ?? "";
    return withPage(async (page) => {
      await page.setContent("<body></body>");
      await page.addScriptTag({
        path: require.resolve("mermaid/dist/mermaid.min.js"),
      });
      // A string, because Mermaid lives in the page.
      await page.evaluate(`(async (text) => {
        mermaid.initialize({ startOnLoad: false, securityLevel: "loose" });
        await mermaid.parse(text);
        document.body.innerHTML = (await mermaid.render("chain", text)).svg;
      })(${JSON.stringify(source)})`);
      const result = {
        text: (await page.locator("body text").allTextContents()).join("\n"),
        foreign: await page.locator("body :is(img, script, iframe)").count(),
      };
      const picture = process.env["REPORT_SCREENSHOT"];
      if (picture !== undefined) await page.screenshot({ path: picture, fullPage: true });
      return result;
    });
  }

  /** All reports contain the same verdict, failed check, message, cause, evidence and fix. */
  async function expectAgreement(written: Written): Promise<SmokeReport> {
    const schema = JSON.parse(
      await readFile(new URL("../../../../schema/smoke-report.schema.json", import.meta.url), "utf8"),
    );
    const report = JSON.parse(written.json) as SmokeReport;
    ajv.removeSchema(schema.$id);
    const validate = ajv.compile(schema);
    validate(report);
    expect(validate.errors).toBeNull();

    const suite = ((await parse(written.junit)) as TestSuites).testsuite?.[0];
    const failures = report.checks.filter(({ status }) => status === "failed");
    expect(suite?.failures).toBe(failures.length);
    const pageText = await withPage(async (page) => {
      await page.setContent(written.html);
      return (await page.locator("body").textContent()) ?? "";
    });
    const texts = { terminal: written.terminal, page: pageText, summary: markdownText(written.summary) };
    const verdict = `smoke of ${report.stage}: ${report.passed ? "passed" : "failed"}`;
    expect([oneLine(texts.page), oneLine(texts.summary)]).toEqual([
      expect.stringContaining(verdict),
      expect.stringContaining(verdict),
    ]);
    for (const check of failures) {
      const sentences = sentencesOf(check);
      const title = [check.name, check.route].filter(Boolean).join(" ");
      const failure = suite?.testcase?.find(({ name }) => name === title)?.failure?.[0];
      for (const [where, text] of Object.entries({ ...texts, junit: `${title} ${failure?.inner}` })) {
        for (const sentence of [check.name, ...sentences]) {
          expect(oneLine(text), where).toContain(oneLine(sentence));
        }
      }
    }
    return report;
  }

  it("agree on one run", async () => {
    const run = sampleRun();
    const report = await expectAgreement({
      json: JSON.stringify(run.stages[0]),
      terminal: formatRun(run, { colour: false, unicode: true, columns: undefined }).join("\n"),
      html: formatHtml(run),
      junit: formatJunit(run),
      summary: formatSummary(run),
    });
    expect(report.checks.filter(({ status }) => status === "failed")).toHaveLength(1);
  });

  it("contain a sequence diagram that Mermaid draws", async () => {
    const { text, foreign } = await drawn(formatSummary(sampleRun()));
    for (const part of [
      "API Gateway",
      "private.signed GET /private",
      "✗ HTTP 403 in 31 ms",
      "✓ HTTP 200 in 142 ms",
    ]) {
      expect(text).toContain(part);
    }
    expect(foreign).toBe(0);
  });

  it("escape hostile text", async () => {
    const checks = sampleReport().checks.map((check): CheckResult => {
      const { error, route } = check;
      return {
        ...check,
        ...(route === undefined ? {} : { route: hostile }),
        ...(error === undefined
          ? {}
          : { error: { ...error, message: hostile, cause: hostile, fix: hostile } }),
      };
    });
    const summary = formatSummary(sampleRun({ stage: hostile, apiEndpoint: hostile, checks }));
    expect(summary).not.toContain("<img");
    // The fences of the diagram.
    expect(summary.match(/```/g)).toHaveLength(2);
    for (const row of summary.split("\n").filter((line) => line.startsWith("|"))) {
      expect(row.match(/\|/g)).toHaveLength(5);
    }
    const { text, foreign } = await drawn(summary);
    expect(text.replaceAll(/\s+/g, "")).toContain(hostile.replaceAll(/\s+/g, ""));
    expect(foreign).toBe(0);
  });

  it("agree for a stack without its permission, and show the fix", async () => {
    const file = "stacks/ExampleStack.ts";
    let original = "";
    const world = await deployWorld("reports", async (app) => {
      original = await readFile(join(app.folder, file), "utf8");
      await app.edit(file, /^.*attachPermissionsForAuthUsers.*$/m, "/* no permission */");
    });
    try {
      const { cli, app } = world;
      expect((await logInHere(cli, "alice")).code).toBe(0);
      const at = (name: string): string => join(app.folder, name);
      const variables = { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: at("summary.md") };
      const flags = ["--report-json", "r.json", "--report-html", "r.html", "--report-junit", "r.xml"];
      const { code, stdout, stderr } = await runHere(cli, ["smoke", ...flags], { variables });
      expect(code).toBe(1);
      const text = (name: string): Promise<string> => readFile(at(name), "utf8");
      const summary = await text("summary.md");
      const report = await expectAgreement({
        json: await text("r.json"),
        terminal: stdout,
        html: await text("r.html"),
        junit: await text("r.xml"),
        summary,
      });
      const failed = report.checks.filter(({ status }) => status === "failed");
      expect(failed).toMatchObject([{ name: "private.signed", error: { reason: "permission-missing" } }]);
      expect(failed[0]?.error?.evidence?.length).toBeGreaterThan(0);
      expect(stderr.match(/^::error title=.*private\.signed.*::/gm)).toHaveLength(1);
      expect((await drawn(summary)).text).toContain("✗ HTTP 403");

      await app.edit(
        file,
        "/* no permission */",
        /^.*attachPermissionsForAuthUsers.*$/m.exec(original)?.[0] ?? "",
      );
      await world.deploy("reports");
      const repaired = await runHere(cli, ["smoke", "--json", "--compare", "r.json"]);
      expect(repaired.code, repaired.stdout).toBe(0);
      const { passed, comparison } = JSON.parse(repaired.stdout) as SmokeReport;
      expect(passed).toBe(true);
      expect(comparison?.changes).toContainEqual(
        expect.objectContaining({
          kind: "status",
          check: "private.signed",
          before: "failed",
          after: "passed",
        }),
      );
    } finally {
      await world.close();
    }
  });
});

function sentencesOf({ error }: CheckResult): string[] {
  return [error?.message, error?.cause, ...(error?.evidence ?? []), error?.fix].filter(
    (text) => text !== undefined,
  );
}

/** Markdown without HTML tags and entities. */
function markdownText(markdown: string): string {
  return markdown
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll(/&#(\d+);/g, (_entity, code: string) => String.fromCodePoint(Number(code)));
}

/** Without the backticks, which only plain text has. */
function oneLine(text: string): string {
  return text.replaceAll("`", "").replaceAll(/\s+/g, " ").trim();
}
