import * as fc from "fast-check";

/** A request as typed: its URL may hold unescaped, half escaped and malformed text. */
export interface TypedRequest {
  method: string;
  url: URL;
  headers: [name: string, value: string][];
  body: Uint8Array | undefined;
}

/** Percent-encoded bytes, most of them not UTF-8. */
const encodedBytes = fc
  .array(fc.oneof(fc.integer({ min: 0x80, max: 0xff }), fc.integer({ min: 0, max: 0xff })), { maxLength: 4 })
  .map((bytes) => bytes.map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""));
// About half of the requests have bytes that are not UTF-8.
const awkward = fc.oneof(
  { weight: 10, arbitrary: fc.string({ unit: "grapheme" }) },
  {
    weight: 10,
    arbitrary: fc.string({
      unit: fc.constantFrom(...Array.from("%/ *'()!~aZ0-._+&=;:@$,|^`{}[]\\\"<>é✈😀")),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.constantFrom(
      "",
      "%2F",
      "%2f",
      "%20",
      "%25",
      "%",
      "%zz",
      "%2",
      "..",
      ".",
      "%2e",
      "//",
      "constructor",
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom("%FF", "%c3(", "%ed%a0%80", "%C0%AF", "%80a") },
  { weight: 1, arbitrary: encodedBytes },
);
/** `#` and `?` would end the path. */
const segment = awkward.map((text) => text.replaceAll(/[?#]/g, ""));
const part = awkward.map((text) => text.replaceAll(/[#&]/g, "").replaceAll("+", "%2B"));
const pair = fc.oneof(
  fc.tuple(part, part).map(([name, value]) => `${name}=${value}`),
  part,
  fc.constantFrom("", "=", "=v", "a=1", "a=2", "a=1", "A=1", "a"),
);
const headerValue = fc.oneof(
  fc.string({ unit: fc.constantFrom(...Array.from('ab \t",;=~')) }),
  fc.string({ unit: "grapheme-ascii" }).map((text) => text.replaceAll(/[^\x20-\x7e]/g, "")),
);
const header = fc.tuple(fc.constantFrom("X-One", "x-one", "X-Two", "Accept", "X-Amz-Meta-A"), headerValue);

/**
 * Not paths such as `//.a/..`, whose dot segments the URL of Node 20 and 22 keeps, against its standard.
 * @param origins of the APIs
 */
export function typedRequests(origins: readonly string[]): fc.Arbitrary<TypedRequest> {
  return fc
    .record({
      method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"),
      origin: fc.constantFrom(...origins),
      segments: fc.array(segment, { maxLength: 5 }),
      query: fc.array(pair, { maxLength: 8 }),
      headers: fc.array(header, { maxLength: 6 }),
      body: fc.option(fc.uint8Array({ maxLength: 64 }), { nil: undefined }),
    })
    .map(({ origin, segments, query, ...others }) => {
      const search = query.length === 0 ? "" : `?${query.join("&")}`;
      return { ...others, url: new URL(`${origin}/${segments.join("/")}${search}`) };
    })
    .filter(({ url }) => !/\/\.{1,2}(\/|$)/.test(url.pathname));
}
