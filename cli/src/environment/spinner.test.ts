import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Spinner } from "./spinner.ts";

function drawn(stream: PassThrough): string {
  return String((stream.read() as Buffer | null) ?? "");
}

describe("the spinner", () => {
  it("shows nothing for what takes less than 300 ms", async () => {
    const stream = new PassThrough();
    expect(await new Spinner(stream, true).show("asking", sleep(50, "answer"))).toBe("answer");
    expect(drawn(stream)).toBe("");
  });

  it("shows what is waited for, and leaves an empty line", async () => {
    const stream = new PassThrough();
    await new Spinner(stream, true).show("asking Cognito", sleep(500));
    const text = drawn(stream);
    expect(text).toContain(" asking Cognito");
    expect(text.endsWith("\r\u001B[K")).toBe(true);
  });

  it("shows nothing where lines cannot be drawn over", async () => {
    const stream = new PassThrough();
    await new Spinner(stream, false).show("asking", sleep(400));
    expect(drawn(stream)).toBe("");
  });

  it("makes way for other output, and is gone when the work fails", async () => {
    const stream = new PassThrough();
    const spinner = new Spinner(stream, true);
    const work = spinner.show(
      "asking",
      sleep(600).then(() => Promise.reject(new Error("no"))),
    );
    await sleep(400);
    spinner.clear();
    stream.write("note\n");
    await expect(work).rejects.toThrow("no");
    const text = drawn(stream);
    expect(text).toContain("\r\u001B[Knote\n");
    expect(text.endsWith("\r\u001B[K")).toBe(true);
  });
});
