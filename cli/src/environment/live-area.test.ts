import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { LiveArea } from "./live-area.ts";

let stream: PassThrough & { columns?: number; rows?: number };
const drawn = (): string => String((stream.read() as Buffer | null) ?? "");

beforeEach(() => {
  stream = new PassThrough();
  stream.columns = 20;
});

describe("the live area", () => {
  it("draws its lines over themselves until it is stopped, and leaves none", async () => {
    const stop = new LiveArea(() => stream, true).show((_size, frame) => [`frame ${frame}`, "second"]);
    expect(drawn()).toBe("\rframe 0\u001B[K\nsecond\u001B[K\n\u001B[J");
    await sleep(120);
    expect(drawn()).toBe("\r\u001B[2Aframe 1\u001B[K\nsecond\u001B[K\n\u001B[J");
    stop();
    expect(drawn()).toBe("\r\u001B[2A\u001B[J");
    await sleep(120);
    expect(drawn()).toBe("");
  });

  it("knows that a narrower terminal has broken its lines", () => {
    const area = new LiveArea(() => stream, true);
    const stop = area.show(() => ["\u001B[31mfifteen letters\u001B[39m"]);
    drawn();
    stream.columns = 10;
    stop();
    expect(drawn()).toBe("\r\u001B[2A\u001B[J");
  });

  it("makes way for other output, and comes back below it", async () => {
    const area = new LiveArea(() => stream, true);
    const stop = area.show(() => ["row"]);
    drawn();
    area.clear();
    stream.write("note\n");
    await sleep(120);
    expect(drawn()).toBe("\r\u001B[1A\u001B[Jnote\n\rrow\u001B[K\n\u001B[J");
    stop();
  });

  it("tells the size of the terminal", () => {
    stream.rows = 7;
    new LiveArea(() => stream, true).show((size) => [JSON.stringify(size)])();
    expect(drawn()).toContain('{"columns":20,"rows":7}');
  });

  it("draws nothing where lines cannot be drawn over", () => {
    new LiveArea(() => stream, false).show(() => ["row"])();
    expect(drawn()).toBe("");
  });
});
