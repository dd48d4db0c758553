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

/** A request to another service, with this `Date`. */
const otherService =
  ({ clock }: Pick<ReturnType<typeof world>, "clock">, date: string) =>
  async (): Promise<void> => {
    const send = clock.watch(async () => reply(403, "", [["Date", date]]));
    await send({ ...fixed, url: new URL("https://sts.example/") });
  };

const dateAt = (seconds: number): string => new Date(noon + seconds * 1000).toUTCString();

describe("a wrong clock", () => {
  it.each([
    [-612, "612 s ahead of api.example's"],
    [7200, "7200 s behind api.example's"],
  ])("by %i s is corrected after one refusal about the time, with a note", async (skew, words) => {
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

  it("is corrected when two services agree", async () => {
    const services = world(-612);
    const { send, clock, notes } = services;
    await send(fixed);
    expect(clock.now()).toBe(noon);
    await otherService(services, dateAt(-610))();
    expect(clock.now()).toBe(noon - 610_000);
    expect(clock.now()).toBe(noon - 610_000);
    expect(notes).toHaveLength(1);
  });

  it("is corrected after a refusal that does not name the time when the second service agrees", async () => {
    const services = world(-612);
    const askSecondClock = otherService(services, dateAt(-612));
    expect((await services.sendSigned(timed({ askSecondClock }))).status).toBe(200);
    expect(services.signedAt).toEqual([0, -612]);
  });
});

describe("one wrong Date header", () => {
  const fiveYears = 5 * 365 * 24 * 3600;

  it.each([
    ["a second service contradicts", -612, dateAt(0)],
    ["a second service does not answer", -612, undefined],
    ["a second service answers without a valid date", -612, "+275760-09-13"],
    ["the year is wrong, although a second service agrees", fiveYears, dateAt(fiveYears)],
  ])("changes no signature when %s", async (_when, skew, date) => {
    const services = world(skew);
    const askSecondClock =
      date === undefined ? () => Promise.reject(new Error("no answer")) : otherService(services, date);
    const response = await services.sendSigned(timed({ askSecondClock }));
    expect([response.status, await textOf(response)]).toEqual([403, "Forbidden"]);
    expect(services.signedAt).toEqual([0]);
    expect([services.clock.now(), services.notes]).toEqual([noon, []]);
    expect(await services.clock.confirmedNow(askSecondClock)).toBe(noon);
  });

  it("is not believed by more than a day, even when the refusal names the time", async () => {
    const { sendSigned: send, signedAt } = world(fiveYears);
    expect((await send(timed())).status).toBe(403);
    expect(signedAt).toEqual([0]);
  });

  it.each(["+275760-09-13T00:00:00Z", "Sun, 06 Nov 9999 08:49:37 GMT", "1", "2026-03-01", "tomorrow"])(
    "is ignored when absurd: %s",
    async (date) => {
      const services = world(0, { date: false });
      await otherService(services, date)();
      const send = services.clock.watch(async () => reply(403, "", [["Date", date]]));
      await send(fixed);
      expect([services.clock.now(), services.notes]).toEqual([noon, []]);
    },
  );
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
