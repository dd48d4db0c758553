import { describe, expect, it } from "vitest";
import { reply } from "../test/fakes/fake-environment.ts";
import type { HttpRequest, HttpResponse, Send } from "./http.ts";
import { sendSigned, ServerClock, type TimedRequest } from "./server-clock.ts";

const noon = Date.parse("2026-03-01T12:00:00Z");

/** A server whose clock differs by `skew` seconds. It refuses signatures that are five minutes off. */
function world(skew: number, { refusal = "Forbidden", date = true, status = 403 } = {}) {
  const notes: string[] = [];
  const signedAt: number[] = [];
  const serverNow = noon + skew * 1000;
  const clock = new ServerClock({ now: () => noon, say: (text) => notes.push(text) });
  const send: Send = async ({ headers }) => {
    const [[, time] = ["", ""]] = headers;
    signedAt.push((Number(time) - noon) / 1000);
    const accepted = Math.abs(Number(time) - serverNow) < 300_000;
    const dateHeader = ["Date", new Date(serverNow).toUTCString()] as const;
    return reply(accepted ? 200 : status, accepted ? "in" : refusal, date ? [dateHeader] : []);
  };
  const signer = { send: clock.watch(send), serverClock: clock };
  return {
    send: signer.send,
    sendSigned: (request: TimedRequest): Promise<HttpResponse> => sendSigned(signer, request),
    clock,
    notes,
    signedAt,
  };
}

const signAt: TimedRequest["signAt"] = (nowMs) => ({ headers: [["Time", String(nowMs)]] });

const target = { step: "api.call", method: "GET", url: new URL("https://api.example/") };

const timed = (changes: Partial<TimedRequest> = {}): TimedRequest => ({
  ...target,
  signAt,
  isRefusedForTime: (status) => status === 403,
  toleratedSeconds: 240,
  ...changes,
});

/** A request that was signed at a time of its own, such as a negative control. */
const fixed: HttpRequest = { ...target, headers: [["Time", String(noon)]] };

const textOf = async ({ body }: HttpResponse): Promise<string> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

describe("a wrong clock", () => {
  it.each([
    [-612, "612 s ahead of api.example's"],
    [7200, "7200 s behind api.example's"],
  ])("by %i s is corrected after one refusal, with a note", async (skew, words) => {
    const { sendSigned: send, notes, signedAt } = world(skew);
    expect(await textOf(await send(timed()))).toBe("in");
    expect(signedAt).toEqual([0, skew]);
    expect(notes).toEqual([
      `note: this computer's clock is ${words}; the request was signed with the server's time`,
    ]);
    // The next request is signed with the server's time from the start.
    expect((await send(timed())).status).toBe(200);
    expect(signedAt).toEqual([0, skew, skew]);
    expect(notes).toHaveLength(1);
  });

  it("does not change a request with a signature of its own", async () => {
    const { send, notes, signedAt } = world(-612);
    expect((await send(fixed)).status).toBe(403);
    expect(signedAt).toEqual([0]);
    expect(notes).toEqual([]);
  });

  it("is corrected once, even when the server refuses again", async () => {
    const { sendSigned: send, signedAt } = world(-612);
    const stubborn = { signAt: () => ({ headers: [["Time", String(noon)]] as const }) };
    expect((await send(timed(stubborn))).status).toBe(403);
    expect(signedAt).toEqual([0, 0]);
  });

  it("is known from an earlier reply of any service", async () => {
    const { send, clock, notes } = world(-612);
    expect(clock.now()).toBe(noon);
    await send(fixed);
    expect(clock.now()).toBe(noon - 612_000);
    expect(clock.now()).toBe(noon - 612_000);
    expect(notes).toHaveLength(1);
  });
});

describe("a refusal with another cause", () => {
  it("is returned when the clocks agree", async () => {
    const { sendSigned: send, notes, signedAt } = world(0);
    const late = { signAt: () => ({ headers: [["Time", String(noon - 3_600_000)]] as const }) };
    const response = await send(timed(late));
    expect([response.status, await textOf(response)]).toEqual([403, "Forbidden"]);
    expect([signedAt.length, notes]).toEqual([1, []]);
  });

  it("is returned with its whole body when its text has another cause", async () => {
    const { sendSigned: send, notes } = world(-612, { refusal: "x".repeat(200_000), status: 401 });
    const response = await send(timed({ isRefusedForTime: (_status, text) => text.includes("timestamp") }));
    expect((await textOf(response)).length).toBe(200_000);
    expect(notes).toEqual([]);
  });

  it("is returned when the server sends no Date header", async () => {
    const { sendSigned: send, signedAt } = world(-612, { date: false });
    expect((await send(timed())).status).toBe(403);
    expect(signedAt).toEqual([0]);
  });
});
