import { describe, expect, it } from "vitest";
import { peekBody, readBody } from "./http.ts";

async function* chunksOf(...parts: (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield Buffer.from(part);
  }
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of body) text += String(Buffer.from(chunk));
  return text;
}

/** A body that never ends, and whether its reader has closed it. */
function endlessBody() {
  const state = { closed: false };
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield Buffer.alloc(8192);
    } finally {
      state.closed = true;
    }
  }
  return { state, body: chunks() };
}

const tooLong = (): Error => new Error("too long");

describe("readBody", () => {
  it("returns a body of up to the limit", async () => {
    expect(String(await readBody(chunksOf("ab", "cd"), 4, tooLong))).toBe("abcd");
  });

  it("rejects a longer body and closes it", async () => {
    const { state, body } = endlessBody();
    await expect(readBody(body, 8192, tooLong)).rejects.toThrow("too long");
    expect(state.closed).toBe(true);
  });

  it("returns the start of a longer body when no error is given", async () => {
    const { state, body } = endlessBody();
    expect(await readBody(body, 8191)).toHaveLength(8192);
    expect(state.closed).toBe(true);
  });

  it("throws the error of the body", async () => {
    await expect(readBody(chunksOf("half", new Error("lost")), 100, tooLong)).rejects.toThrow("lost");
  });
});

describe("peekBody", () => {
  it("returns the start of a body and leaves the whole body readable", async () => {
    const short = await peekBody(chunksOf("a", "b"), 16_384);
    expect([String(short.start), await textOf(short.body)]).toEqual(["ab", "ab"]);
    const parts = Array.from({ length: 10 }, () => "x".repeat(5000));
    const long = await peekBody(chunksOf(...parts), 16_384);
    expect(long.start).toHaveLength(20_000);
    expect(await textOf(long.body)).toHaveLength(50_000);
  });

  it("throws a failure when the body is read, after the bytes that arrived", async () => {
    const { start, body } = await peekBody(chunksOf("half", new Error("lost")), 16_384);
    expect(String(start)).toBe("half");
    let read = "";
    await expect(async () => {
      for await (const chunk of body) read += String(Buffer.from(chunk));
    }).rejects.toThrow("lost");
    expect(read).toBe("half");
  });

  it("closes the source when the reader stops early", async () => {
    const { state, body: source } = endlessBody();
    const { body } = await peekBody(source, 16_384);
    for await (const chunk of body) {
      expect(chunk).toHaveLength(8192);
      break;
    }
    expect(state.closed).toBe(true);
  });
});
