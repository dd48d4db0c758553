import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { hostileText } from "../../../../test/fakes/hostile-text.ts";
import { fiftyStages, sampleError, sampleReport, sampleRun } from "../../../../test/fakes/sample-run.ts";
import { formatHtml } from "./html.ts";

describe("formatHtml", () => {
  it("needs no script, file or network, and its policy allows none", () => {
    const page = formatHtml(sampleRun());
    expect(page).not.toMatch(/<(script|link|img|iframe|object|embed|base|form|video|audio)\b/i);
    expect(page).not.toMatch(/\s(on\w+|src|srcset|style)\s*=/i);
    expect(page).not.toMatch(/url\(|@import/i);
    const [, style = ""] = /<style>([^]*?)<\/style>/.exec(page) ?? [];
    const hash = createHash("sha256").update(style).digest("base64");
    expect(page).toContain(
      `content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`,
    );
  });

  it("shows the failed ones of fifty stages first, and a closed line for each healthy one", () => {
    const page = formatHtml(fiftyStages());
    expect(page).toContain("<h1>smoke of 50 stages: failed in s7, s33</h1>");
    expect(page.match(/<section class="stage failed"/g)).toHaveLength(2);
    expect(page.match(/<details class="passed">/g)).toHaveLength(48);
    expect(page.indexOf("<span>s33: failed</span>")).toBeLessThan(page.indexOf("<details"));
    const ids = page.match(/ id="[^"]+"/g) ?? [];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("escapes foreign text", () => {
    const error = {
      ...sampleError,
      message: hostileText,
      cause: hostileText,
      fix: hostileText,
      evidence: [hostileText],
    };
    const checks = sampleReport().checks.map((check) => ({
      ...check,
      route: hostileText,
      requestId: hostileText,
      ...(check.status === "failed" ? { error } : {}),
    }));
    const page = formatHtml(
      sampleRun({
        checks,
        stage: hostileText,
        apiEndpoint: hostileText,
        identityId: hostileText,
        identityPoolId: hostileText,
      }),
    );
    expect(page).not.toMatch(/<script|<img|<\/style>[^]*<\/style>/i);
    expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    // oxlint-disable-next-line no-control-regex
    expect(page).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u202E\uD800]/);
  });
});
