import { expect, it } from "vitest";
import { peek } from "./body.ts";

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

it("gives the start of a body, and the whole of it to its reader", async () => {
  const short = await peek(chunksOf("a", "b"));
  expect([short.text, await textOf(short.body)]).toEqual(["ab", "ab"]);
  const parts = Array.from({ length: 10 }, () => "x".repeat(5000));
  const long = await peek(chunksOf(...parts));
  expect(long.text).toHaveLength(20_000);
  expect(await textOf(long.body)).toHaveLength(50_000);
});

it("leaves a failure to the reader, after what had come", async () => {
  const { text, body } = await peek(chunksOf("half", new Error("lost")));
  expect(text).toBe("half");
  let read = "";
  await expect(async () => {
    for await (const chunk of body) read += String(Buffer.from(chunk));
  }).rejects.toThrow("lost");
  expect(read).toBe("half");
});

it("ends the source when nobody reads on", async () => {
  let ended = false;
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield Buffer.alloc(8192);
    } finally {
      ended = true;
    }
  }
  const { body } = await peek(source());
  for await (const chunk of body) {
    expect(chunk).toHaveLength(8192);
    break;
  }
  expect(ended).toBe(true);
});
