import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { writtenText } from "../../test/fakes/written-text.ts";
import { LiveArea } from "./live-area.ts";

let stream: PassThrough & { columns?: number; rows?: number };
const drawn = (): string => writtenText(stream);

beforeEach(() => {
  vi.useFakeTimers();
  stream = new PassThrough();
  stream.columns = 20;
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the live area", () => {
  it("redraws its lines in place and removes them at the end", () => {
    const stop = new LiveArea(stream, true).show((_size, frame) => [`frame ${frame}`, "second"]);
    vi.advanceTimersByTime(300);
    expect(drawn()).toBe("\rframe 0\u001B[K\nsecond\u001B[K\n\u001B[J");
    vi.advanceTimersByTime(80);
    expect(drawn()).toBe("\r\u001B[2Aframe 1\u001B[K\nsecond\u001B[K\n\u001B[J");
    stop();
    expect(drawn()).toBe("\r\u001B[2A\u001B[J");
    vi.advanceTimersByTime(1000);
    expect(drawn()).toBe("");
  });

  it("shows nothing for work of less than 300 ms", () => {
    const stop = new LiveArea(stream, true).show(() => ["row"]);
    vi.advanceTimersByTime(299);
    stop();
    vi.advanceTimersByTime(1000);
    expect(drawn()).toBe("");
  });

  it("removes lines that a narrower terminal has wrapped", () => {
    const area = new LiveArea(stream, true);
    const stop = area.show(() => ["\u001B[31mfifteen letters\u001B[39m"]);
    vi.advanceTimersByTime(300);
    drawn();
    stream.columns = 10;
    stop();
    expect(drawn()).toBe("\r\u001B[2A\u001B[J");
  });

  it("makes way for other output and continues below it", () => {
    const area = new LiveArea(stream, true);
    const stop = area.show(() => ["row"]);
    vi.advanceTimersByTime(300);
    drawn();
    area.clear();
    stream.write("note\n");
    vi.advanceTimersByTime(80);
    expect(drawn()).toBe("\r\u001B[1A\u001B[Jnote\n\rrow\u001B[K\n\u001B[J");
    stop();
  });

  it("passes the size of the terminal", () => {
    stream.rows = 7;
    const stop = new LiveArea(stream, true).show((size) => [JSON.stringify(size)]);
    vi.advanceTimersByTime(300);
    expect(drawn()).toContain('{"columns":20,"rows":7}');
    stop();
  });

  it("shows nothing where lines cannot be redrawn", () => {
    const stop = new LiveArea(stream, false).show(() => ["row"]);
    vi.advanceTimersByTime(1000);
    stop();
    expect(drawn()).toBe("");
  });
});
