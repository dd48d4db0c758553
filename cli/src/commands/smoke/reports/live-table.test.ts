import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { sampleReport } from "../../../../test/fakes/sample-run.ts";
import { createLiveTable, type LiveTable } from "./live-table.ts";

const style = { colour: false, unicode: true };
const size = { columns: 80, rows: 24 };

function table(stages: (string | undefined)[] = ["prod"]): { live: LiveTable; clock: { now: number } } {
  const clock = { now: 1000 };
  return { live: createLiveTable(stages, () => clock.now, style), clock };
}

const results = sampleReport().checks;

function finish(live: LiveTable, names: readonly string[], stage = 0): void {
  for (const result of results.filter(({ name }) => names.includes(name))) {
    const { name, route } = result;
    live.onProgress(stage, { kind: "finished", name, ...(route === undefined ? {} : { route }), result });
  }
}

describe("createLiveTable", () => {
  it("shows started checks in the order of the chain, with their times so far", () => {
    const { live, clock } = table();
    live.onProgress(0, { kind: "started", name: "public.open" });
    live.onProgress(0, { kind: "started", name: "twitter.token" });
    clock.now += 1234;
    const [title, ...rows] = live.draw(size, 0).filter((line) => line.trim() !== "");
    expect(title).toBe("checking prod");
    const checks = rows.filter((line) => /[a-z]\.[a-z]/.test(line));
    expect(checks[0]).toMatch(/^⠋ twitter\.token +1234 ms/);
    expect(checks[1]).toMatch(/^⠋ public\.open +1234 ms/);
  });

  it("spins while a check runs and marks it when it ends", () => {
    const { live, clock } = table();
    live.onProgress(0, { kind: "started", name: "twitter.token" });
    clock.now += 10;
    expect(live.draw(size, 1).join("\n")).toContain("⠙ twitter.token");
    finish(live, ["twitter.token"]);
    expect(live.draw(size, 2).join("\n")).toMatch(/✓ twitter\.token +142 ms 200/);
  });

  it("marks failed and skipped checks", () => {
    const { live } = table();
    finish(live, ["private.signed", "identity.match"]);
    const text = live.draw(size, 0).join("\n");
    expect(text).toContain("✗ private.signed GET /private");
    expect(text).toContain("- identity.match GET /private");
  });

  it.each([30, 40, 80, 200])("fits %i columns", (columns) => {
    const { live, clock } = table();
    live.onProgress(0, {
      kind: "started",
      name: "private.expired-signature",
      route: "GET /a/very/long/path/of/an/api",
    });
    finish(
      live,
      results.map(({ name }) => name),
    );
    clock.now += 200;
    for (const line of live.draw({ columns, rows: 60 }, 3)) expect(stringWidth(line)).toBeLessThan(columns);
  });

  it.each([3, 5, 8, 16])("fits %i rows", (rows) => {
    const { live, clock } = table();
    finish(
      live,
      results.map(({ name }) => name),
    );
    clock.now += 50;
    expect(live.draw({ columns: 80, rows }, 0).length).toBeLessThan(rows);
  });

  it("hides passed checks first on a low screen", () => {
    const { live } = table();
    finish(
      live,
      results.map(({ name }) => name),
    );
    const text = live.draw({ columns: 80, rows: 8 }, 0).join("\n");
    expect(text).toContain("✗ private.signed");
    expect(text).toMatch(/^ {2}11 more$/m);
    expect(text).not.toContain("✓");
  });

  it("has a part for each stage", () => {
    const { live } = table(["dev", undefined]);
    live.onProgress(1, { kind: "started", name: "outputs" });
    const text = live.draw(size, 0).join("\n");
    expect(text).toMatch(/checking dev\n(?:.*\n)*checking the deployment\n(?:.*\n)*.*outputs/);
  });

  it("counts fifty stages and shows those that failed or run, within the screen", () => {
    const stages = Array.from({ length: 50 }, (_, index) => `s${index}`);
    const { live, clock } = table(stages);
    for (let stage = 0; stage < 30; stage += 1) {
      live.onProgress(stage, { kind: "started", name: "outputs" });
      finish(live, ["outputs"], stage);
      live.onProgress(stage, { kind: "started", name: "public.open" });
    }
    finish(live, ["private.signed"], 17);
    clock.now += 300;
    const drawn = live.draw(size, 0);
    expect(drawn.length).toBeLessThan(size.rows);
    for (const line of drawn) expect(stringWidth(line)).toBeLessThan(size.columns);
    expect(drawn.slice(0, 3)).toEqual([
      "checking 50 stages: 1 failed, 0 passed, 29 running, 20 waiting",
      "✗ s17  private.signed GET /private",
      "⠋ s0     1 check  done  public.open, 300 ms",
    ]);
  });
});
