import { describe, expect, it } from "vitest";
import type { HttpRequest, HttpResponse, TimedSignature } from "./http.ts";
import { reply } from "../test/fakes/fake-environment.ts";
import { withServerClock } from "./server-clock.ts";

const noon = Date.parse("2026-03-01T12:00:00Z");

/** A server whose clock differs by `skew` seconds, and refuses what was signed more than five minutes off. */
function world(skew: number, { refusal = "Forbidden", date = true, status = 403 } = {}) {
  const notes: string[] = [];
  const signedAt: number[] = [];
  const serverNow = noon + skew * 1000;
  const clock = withServerClock(
    async ({ headers }): Promise<HttpResponse> => {
      const [[, time] = ["", ""]] = headers;
      signedAt.push((Number(time) - noon) / 1000);
      const accepted = Math.abs(Number(time) - serverNow) < 300_000;
      const dateHeader = ["Date", new Date(serverNow).toUTCString()] as const;
      return reply(accepted ? 200 : status, accepted ? "in" : refusal, date ? [dateHeader] : []);
    },
    { now: () => noon, say: (text) => notes.push(text) },
  );
  return { ...clock, notes, signedAt };
}

const signAt: TimedSignature["signAt"] = (nowMs) => ({ headers: [["Time", String(nowMs)]] });

const signed = (timed: Partial<TimedSignature> = {}): HttpRequest => ({
  step: "api.call",
  method: "GET",
  url: new URL("https://api.example/"),
  headers: [["Time", String(noon)]],
  timed: { signAt, isRefusedForTime: (status) => status === 403, toleratedSeconds: 240, ...timed },
});

const textOf = async ({ body }: HttpResponse): Promise<string> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

describe("a clock that is wrong", () => {
  it.each([
    [-612, "612 s ahead of api.example's"],
    [7200, "7200 s behind api.example's"],
  ])("by %i s is set right once, and that is said", async (skew, words) => {
    const { send, notes, signedAt } = world(skew);
    expect(await textOf(await send(signed()))).toBe("in");
    expect(signedAt).toEqual([0, skew]);
    expect(notes).toEqual([
      `note: this computer's clock is ${words}; the request was signed with the server's time\n`,
    ]);
    // The next one is right at once.
    expect((await send(signed())).status).toBe(200);
    expect(signedAt).toEqual([0, skew, skew]);
    expect(notes).toHaveLength(1);
  });

  it("is not set right for a request whose time is no accident", async () => {
    const { send, notes, signedAt } = world(-612);
    const { timed: _timed, ...control } = signed();
    expect((await send(control)).status).toBe(403);
    expect(signedAt).toEqual([0]);
    expect(notes).toEqual([]);
  });

  it("is not set right a second time when the server still refuses", async () => {
    const { send, signedAt } = world(-612);
    const stubborn = { signAt: () => ({ headers: [["Time", String(noon)]] as const }) };
    expect((await send(signed(stubborn))).status).toBe(403);
    expect(signedAt).toEqual([0, 0]);
  });

  it("is known from an earlier reply, of whichever service", async () => {
    const { send, serverNow, notes } = world(-612);
    expect(serverNow()).toBe(noon);
    const { timed: _timed, ...control } = signed();
    await send(control);
    expect(serverNow()).toBe(noon - 612_000);
    expect(serverNow()).toBe(noon - 612_000);
    expect(notes).toHaveLength(1);
  });
});

describe("a refusal that the clock does not explain", () => {
  it("stands when the clocks agree", async () => {
    const { send, notes, signedAt } = world(0);
    const late = signed();
    late.headers = [["Time", String(noon - 3_600_000)]];
    const response = await send(late);
    expect([response.status, await textOf(response)]).toEqual([403, "Forbidden"]);
    expect([signedAt.length, notes]).toEqual([1, []]);
  });

  it("stands, its body whole, when its text says otherwise", async () => {
    const { send, notes } = world(-612, { refusal: "x".repeat(200_000), status: 401 });
    const response = await send(signed({ isRefusedForTime: (_status, text) => text.includes("timestamp") }));
    expect((await textOf(response)).length).toBe(200_000);
    expect(notes).toEqual([]);
  });

  it("stands when the server does not tell its time", async () => {
    const { send, signedAt } = world(-612, { date: false });
    expect((await send(signed())).status).toBe(403);
    expect(signedAt).toEqual([0]);
  });
});
