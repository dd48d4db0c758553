import { createHash, createHmac } from "node:crypto";
import { assert, property, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { hex, hmacSha256, sha256 } from "./sha256.ts";

const bytes = uint8Array({ maxLength: 300 });

describe("SHA-256", () => {
  it.each([
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    [
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ],
    ["a".repeat(1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
  ])("of NIST's example %#", (text, digest) => {
    expect(hex(sha256(Buffer.from(text)))).toBe(digest);
  });

  it("is node:crypto's", () => {
    assert(property(bytes, (data) => hex(sha256(data)) === createHash("sha256").update(data).digest("hex")));
  });
});

describe("HMAC-SHA-256", () => {
  // RFC 4231 4.2, 4.3, 4.7: a short key, a shorter one, and one that is longer than a block.
  it.each([
    ["0b".repeat(20), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"],
    [
      "4a656665",
      "what do ya want for nothing?",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ],
    [
      "aa".repeat(131),
      "Test Using Larger Than Block-Size Key - Hash Key First",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ],
  ])("of RFC 4231's example %#", (key, text, digest) => {
    expect(hex(hmacSha256(Buffer.from(key, "hex"), Buffer.from(text)))).toBe(digest);
  });

  it("is node:crypto's", () => {
    assert(
      property(
        bytes,
        bytes,
        (key, data) => hex(hmacSha256(key, data)) === createHmac("sha256", key).update(data).digest("hex"),
      ),
    );
  });
});
