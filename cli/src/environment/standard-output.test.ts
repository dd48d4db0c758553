import { describe, expect, it } from "vitest";
import { writeWhole } from "./standard-output.ts";

describe("writeWhole", () => {
  it("writes all bytes after partial writes and EAGAIN", () => {
    let written = "";
    let calls = 0;
    writeWhole(Buffer.from("0123456789"), (bytes, offset) => {
      calls += 1;
      if (calls % 2 === 0) throw Object.assign(new Error("busy"), { code: "EAGAIN" });
      const taken = bytes.subarray(offset, offset + 3);
      written += Buffer.from(taken).toString();
      return taken.length;
    });
    expect(written).toBe("0123456789");
  });

  it("throws any other error", () => {
    const closed = Object.assign(new Error("closed"), { code: "EPIPE" });
    expect(() =>
      writeWhole(Buffer.from("x"), () => {
        throw closed;
      }),
    ).toThrow(closed);
  });
});
