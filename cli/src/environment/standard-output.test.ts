import { describe, expect, it } from "vitest";
import { writeWhole } from "./standard-output.ts";

describe("a short answer", () => {
  it("is written whole, however little is taken at a time, and waits while nothing is", () => {
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

  it("tells any other fault", () => {
    const closed = Object.assign(new Error("closed"), { code: "EPIPE" });
    expect(() =>
      writeWhole(Buffer.from("x"), () => {
        throw closed;
      }),
    ).toThrow(closed);
  });
});
