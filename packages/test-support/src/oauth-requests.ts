import * as fc from "fast-check";
import type { Parameter } from "./oauth1-vectors.ts";

/** Text that is hard to encode. */
export const awkwardText = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: fc.constantFrom(...Array.from("-._~!*'()%&=+/?#@:;,$ \"\\[]é✈😀aZ0")) }),
  fc.constantFrom("", "constructor", "toString", "hasOwnProperty"),
);
// oauth-1.0a keeps parameters in plain objects, which cannot have this name. Twitter has no parameter of this name.
const name = awkwardText.filter((text) => text !== "__proto__");
const parameters = fc.array(fc.tuple(name, awkwardText), { maxLength: 8 });
const repeated = fc
  .tuple(name, fc.array(awkwardText, { maxLength: 4 }))
  .map(([same, values]) => values.map((value): [string, string] => [same, value]));

/** Requests, and the credentials to sign them with. */
export const oauthRequests = fc
  .record({
    method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "post"),
    origin: fc.constantFrom(
      "https://api.x.com",
      "http://127.0.0.1:4567",
      "https://API.Twitter.com:443",
      "http://localhost:80",
    ),
    path: fc.array(awkwardText.map(encodeURIComponent), { maxLength: 4 }),
    inQuery: parameters,
    repeated,
    inBody: parameters,
    callback: fc.option(fc.webUrl()),
    token: fc.option(fc.record({ token: awkwardText, secret: awkwardText })),
    key: awkwardText,
    secret: awkwardText,
    nonce: fc.stringMatching(/^\w{1,32}$/),
  })
  .map(({ path, inQuery, repeated: again, ...others }) => ({
    ...others,
    url: new URL(`${others.origin}/${path.join("/")}?${encodePairs([...inQuery, ...again])}`),
  }));

/** As in RFC 5849 3.6: all but the unreserved characters. */
export function encodePairs(pairs: readonly Parameter[]): string {
  return pairs.map((pair) => pair.map(percentEncode).join("=")).join("&");
}

function percentEncode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
