import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { writtenText } from "../../test/fakes/written-text.ts";
import { Spinner } from "./spinner.ts";

let stream: PassThrough;
const drawn = (): string => writtenText(stream);

beforeEach(() => {
  vi.useFakeTimers();
  stream = new PassThrough();
});
afterEach(() => {
  vi.useRealTimers();
});

const after = <T>(ms: number, value: T): Promise<T> =>
  new Promise((resolve) => setTimeout(() => resolve(value), ms));

describe("the spinner", () => {
  it("shows nothing for work of less than 300 ms", async () => {
    const work = new Spinner(stream, true).show(() => "asking", after(299, "answer"));
    await vi.advanceTimersByTimeAsync(299);
    expect(await work).toBe("answer");
    await vi.advanceTimersByTimeAsync(1000);
    expect(drawn()).toBe("");
  });

  it("shows a text and removes it after the work", async () => {
    const work = new Spinner(stream, true).show(() => "asking Cognito", after(500, undefined));
    await vi.advanceTimersByTimeAsync(500);
    await work;
    const text = drawn();
    expect(text).toContain(" asking Cognito");
    expect(text.endsWith("\r\u001B[K")).toBe(true);
  });

  it("shows nothing where lines cannot be redrawn", async () => {
    const work = new Spinner(stream, false).show(() => "asking", after(400, undefined));
    await vi.advanceTimersByTimeAsync(400);
    await work;
    expect(drawn()).toBe("");
  });

  it("makes way for other output, and disappears when the work fails", async () => {
    const spinner = new Spinner(stream, true);
    const work = spinner.show(
      () => "asking",
      after(600, undefined).then(() => Promise.reject(new Error("no"))),
    );
    const outcome = work.catch((error: Error) => error.message);
    await vi.advanceTimersByTimeAsync(400);
    spinner.clear();
    stream.write("note\n");
    await vi.advanceTimersByTimeAsync(200);
    expect(await outcome).toBe("no");
    const text = drawn();
    expect(text).toContain("\r\u001B[Knote\n");
    expect(text.endsWith("\r\u001B[K")).toBe(true);
  });
});
