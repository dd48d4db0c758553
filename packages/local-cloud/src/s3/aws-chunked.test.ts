import { describe, expect, it } from "vitest";
import { decodeAwsChunked } from "./aws-chunked.ts";

const decode = (text: string) => {
  const { body, trailers } = decodeAwsChunked(Buffer.from(text));
  return { body: Buffer.from(body).toString(), trailers };
};

describe("decodeAwsChunked", () => {
  it("joins the chunks and reads the trailers", () => {
    expect(
      decode("3\r\nhel\r\n2;chunk-extension=x\r\nlo\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"),
    ).toEqual({
      body: "hello",
      trailers: { "x-amz-checksum-crc32": "NhCmhg==" },
    });
  });

  it("accepts an empty object, and bytes that look like the framing", () => {
    expect(decode("0\r\n\r\n").body).toBe("");
    expect(decode("7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n").body).toBe("0\r\n\r\n\r\n");
  });

  it.each(["", "5\r\nhel", "3\r\nhello\r\n0\r\n\r\n", "x\r\nhel\r\n0\r\n\r\n", "3\r\nhel\r\n", "-1\r\n\r\n"])(
    "rejects %j",
    (text) => {
      expect(() => decode(text)).toThrow(expect.objectContaining({ code: "IncompleteBody" }) as Error);
    },
  );
});
