import { encodePairs, oauthRequests } from "@api-auth-twitter/test-support/oauth-requests";
import * as fc from "fast-check";
import { npmOAuthSignature } from "../../packages/local-cloud/test/npm-oauth-signature.ts";
import { TwitterError } from "../../packages/local-cloud/src/twitter/errors.ts";
import { Nonces } from "../../packages/local-cloud/src/twitter/nonces.ts";
import { parseOAuthRequest, type WireRequest } from "../../packages/local-cloud/src/twitter/oauth-request.ts";
import { verifyOAuthRequest } from "../../packages/local-cloud/src/twitter/verify-oauth-request.ts";
import { signOAuth1 } from "../src/twitter/oauth1.ts";
import { type Assignment, type Campaign, checkProperty, type Defect, inBatches } from "./campaign.ts";
import {
  type Apply,
  applyAll,
  type Change,
  type Changes,
  checkVerifier,
  insertInto,
  listsOf,
  removeFrom,
  rotate,
} from "./changes.ts";
import { startPythonSigners } from "./python-signers.ts";

type Request = typeof oauthRequests extends fc.Arbitrary<infer T> ? T : never;

const timestamp = 1_772_366_400;

function sign({ method, url, token, inBody, callback, key, secret, nonce }: Request) {
  return signOAuth1(
    {
      method,
      url,
      bodyParameters: inBody,
      ...(callback === null ? {} : { protocolParameters: { oauth_callback: callback } }),
    },
    {
      clientCredentials: { key, secret },
      ...(token === null ? {} : { tokenCredentials: token }),
      nonce,
      timestamp,
      version: "1.0",
    },
  );
}

/* ── The signer ──────────────────────────────────────────────────────────────────────────────────────────────── */

function signWithNpm(request: Request): string | undefined {
  const { method, url, inBody, callback } = request;
  const own: [string, string][] = callback === null ? [] : [["oauth_callback", callback]];
  const parameters = [...own, ...url.searchParams, ...inBody];
  return npmOAuthSignature({ method, url, parameters }, { ...request, timestamp });
}

/** oauthlib decodes the values of protocol parameters twice. */
function oauthlibCanSign({ key, token, callback, method, inBody }: Request): boolean {
  const values = [key, token?.token ?? "", callback ?? ""];
  // It signs no GET with a body, and takes an empty key or token for none.
  return (
    !values.some((value) => value.includes("%")) &&
    key !== "" &&
    token?.token !== "" &&
    (method !== "GET" || inBody.length === 0)
  );
}

async function signerCampaign(assignment: Assignment, sizes: Record<string, number>): Promise<Defect[]> {
  const python = startPythonSigners();
  if (python === undefined) return [];
  const count = (unit: string): number => (sizes[unit] = (sizes[unit] ?? 0) + 1);
  const property = fc.asyncProperty(
    fc.array(oauthRequests, { minLength: 1, maxLength: 100, size: "max" }),
    async (batch) => {
      const signed = batch.map((request) => ({ request, signature: sign(request).signature }));
      const forPython = signed.filter(({ request }) => oauthlibCanSign(request));
      const headers = await python.sign<string>(
        "oauth1",
        forPython.map(({ request: { url, inBody, token, callback, key, secret, nonce, method } }) => ({
          key,
          secret,
          nonce,
          method,
          callback,
          timestamp,
          verifier: null,
          url: url.href,
          body: inBody.length === 0 ? null : encodePairs(inBody),
          token: token?.token ?? null,
          tokenSecret: token?.secret ?? null,
        })),
      );
      for (const [index, { request, signature }] of forPython.entries()) {
        const encoded = /oauth_signature="([^"]*)"/.exec(headers[index] ?? "")?.[1] ?? "";
        count("checked by oauthlib");
        if (decodeURIComponent(encoded) !== signature)
          throw new Error(`oauthlib signs ${request.method} ${request.url.href} differently`);
      }
      for (const { request, signature } of signed) {
        count("requests");
        const other = signWithNpm(request);
        if (other === undefined) continue;
        count("checked by npm's oauth");
        if (other !== signature)
          throw new Error(`oauth signs ${request.method} ${request.url.href} differently`);
      }
    },
  );
  try {
    return await inBatches(assignment, (seed, path) => checkProperty(property, { seed, path, runs: 10 }));
  } finally {
    await python.close();
  }
}

/* ── The verifier ────────────────────────────────────────────────────────────────────────────────────────────── */

const query =
  (change: (pairs: string[], change: Change) => string[]): Apply<WireRequest> =>
  (wire, given) => {
    const [path = "", search = ""] = wire.target.split(/\?(.*)/s);
    return { ...wire, target: `${path}?${change(search.split("&"), given).join("&")}` };
  };
const body =
  (change: (pairs: string[], change: Change) => string[]): Apply<WireRequest> =>
  (wire, given) => ({ ...wire, body: change(wire.body.split("&"), given).join("&") });
const header =
  (change: (pairs: string[], change: Change) => string[]): Apply<WireRequest> =>
  (wire, given) => {
    const pairs = (wire.authorization ?? "").replace(/^OAuth /, "").split(", ");
    return { ...wire, authorization: `OAuth ${change(pairs, given).join(", ")}` };
  };

const lowerCaseEscapes = (pairs: string[]): string[] =>
  pairs.map((pair) => pair.replaceAll(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()));

const plus = (pairs: string[]): string[] => pairs.map((pair) => pair.replaceAll("%20", "+"));
const decode = (text: string): string => decodeURIComponent(text.replaceAll("+", " "));

const pairsOf = (text: string): [string, string][] =>
  text
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [name = "", value = ""] = pair.split(/=(.*)/s);
      return [decode(name), decode(value)];
    });

const harmless: Changes<WireRequest> = {
  "reorders the query": query((pairs, { at }) => rotate(pairs, at)),
  "reorders the body": body((pairs, { at }) => rotate(pairs, at)),
  "reorders the header": header((pairs, { at }) => rotate(pairs, at)),
  "changes the case of escapes": (wire) =>
    [query(lowerCaseEscapes), body(lowerCaseEscapes), header(lowerCaseEscapes)].reduce(
      (before, change) => change(before, { name: "", at: 0, text: "" }),
      wire,
    ),
  "writes spaces as plus signs": (wire) => {
    const nothing = { name: "", at: 0, text: "" };
    return body(plus)(query(plus)(wire, nothing), nothing);
  },
  "adds a realm": header((pairs) => ['realm="Photos"', ...pairs]),
  "moves a parameter from the query to the body": (wire, { at }) => {
    const [path = "", search = ""] = wire.target.split(/\?(.*)/s);
    const pairs = search.split("&");
    const index = Math.floor(at * pairs.length);
    const [moved = ""] = pairs.splice(index, 1);
    return { ...wire, target: `${path}?${pairs.join("&")}`, body: `${wire.body}&${moved}` };
  },
  "writes the host in capitals": (wire) => ({ ...wire, host: wire.host.toUpperCase() }),
  "names the default port": (wire) => ({
    ...wire,
    host: /:\d+$/.test(wire.host) ? wire.host : `${wire.host}:${wire.scheme === "https" ? 443 : 80}`,
  }),
  "makes the target absolute": (wire) => ({
    ...wire,
    target: wire.target.startsWith("/") ? `${wire.scheme}://${wire.host}${wire.target}` : wire.target,
  }),
};

const protocolPair = ({ at, text }: Change): string => {
  const names = [
    "token",
    "nonce",
    "consumer_key",
    "timestamp",
    "signature",
    "version",
    "callback",
    "verifier",
    "x",
  ];
  return `oauth_${names[Math.floor(at * names.length)]}=${encodeURIComponent(text)}`;
};

const others: Changes<WireRequest> = {
  "changes the method": (wire, { text }) => ({
    ...wire,
    method: ["GET", "POST", "PUT"][text.length % 3] ?? "GET",
  }),
  "changes the scheme": (wire) => ({ ...wire, scheme: wire.scheme === "http" ? "https" : "http" }),
  "inserts into the host": (wire, change) => ({ ...wire, host: insertInto(wire.host, change) }),
  "inserts into the target": (wire, change) => ({
    ...wire,
    target: `/${insertInto(wire.target.slice(1), change)}`,
  }),
  "removes from the target": (wire, change) => ({
    ...wire,
    target: `/${removeFrom(wire.target.slice(1), change)}`,
  }),
  "inserts into the header": (wire, change) => ({
    ...wire,
    authorization: insertInto(wire.authorization ?? "", change),
  }),
  "removes from the header": (wire, change) => ({
    ...wire,
    authorization: removeFrom(wire.authorization ?? "", change),
  }),
  "inserts into the body": (wire, change) => ({ ...wire, body: insertInto(wire.body, change) }),
  "removes from the body": (wire, change) => ({ ...wire, body: removeFrom(wire.body, change) }),
  "changes the content type": (wire, { text }) => ({
    ...wire,
    contentType: `application/x-www-form-urlencoded${text}`,
  }),
  "adds a protocol parameter to the query": query((pairs, change) => [...pairs, protocolPair(change)]),
  "adds a protocol parameter to the body": body((pairs, change) => [...pairs, protocolPair(change)]),
  "adds a protocol parameter to the header": header((pairs, change) => [
    protocolPair(change).replace("=", '="') + '"',
    ...pairs,
  ]),
  "repeats a parameter of the header": header((pairs, { at }) => [
    ...pairs,
    pairs[Math.floor(at * pairs.length)] ?? "",
  ]),
};

const all = { ...harmless, ...others };

/**
 * What a request means, without the verifier's code: method, address, the multiset of parameters of header, query and
 * form, and each protocol parameter once, where the last one counts. Undefined when it is no OAuth request.
 */
function meaningOf({
  method,
  scheme,
  host,
  target,
  authorization,
  contentType,
  body: form,
}: WireRequest): string {
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/i.exec(target);
  const [path = "", search = ""] = (absolute?.[2] ?? target).split(/\?(.*)/s);
  const url = new URL(`${scheme}://${(absolute?.[1] ?? host).toLowerCase()}`);
  const isForm = /^\s*application\/x-www-form-urlencoded\s*(;|$)/i.test(contentType ?? "");
  const inHeader = [...(authorization ?? "").matchAll(/([^\s=,"']+)="([^"]*)"/g)].map(
    ([, name = "", value = ""]): [string, string] => [decodeURIComponent(name), decodeURIComponent(value)],
  );
  const pairs = [...inHeader, ...pairsOf(search), ...(isForm ? pairsOf(form) : [])].filter(
    ([name]) => name.toLowerCase() !== "realm" || !inHeader.some(([other]) => other === name),
  );
  return JSON.stringify({
    method: method.toUpperCase(),
    address: `${url.protocol}//${url.host}${path === "" ? "/" : path}`,
    protocol: [...new Map(pairs.filter(([name]) => name.startsWith("oauth_")))]
      .map((pair) => JSON.stringify(pair))
      .toSorted(),
    others: pairs
      .filter(([name]) => !name.startsWith("oauth_"))
      .map((pair) => JSON.stringify(pair))
      .toSorted(),
  });
}

function signWire(request: Request): WireRequest {
  const { method, url, inBody } = request;
  return {
    method,
    scheme: url.protocol === "https:" ? "https" : "http",
    host: url.host,
    target: url.pathname + url.search,
    authorization: sign(request).authorization[1],
    contentType: "application/x-www-form-urlencoded",
    body: encodePairs(inBody),
  };
}

async function verifierCampaign(assignment: Assignment, sizes: Record<string, number>): Promise<Defect[]> {
  const count = (unit: string): number => (sizes[unit] = (sizes[unit] ?? 0) + 1);
  const isAccepted = (wire: WireRequest, { key, secret, token }: Request): boolean => {
    count("changes");
    try {
      verifyOAuthRequest(parseOAuthRequest(wire), {
        now: () => new Date(timestamp * 1000),
        nonces: new Nonces(300),
        findClientSecret: (other) => (other === key ? secret : undefined),
        findToken: () => ({ secret: token?.secret ?? "" }),
      });
      count("accepted");
      return true;
    } catch (error) {
      if (error instanceof TwitterError) return false;
      throw new Error(`throws ${String(error)} for ${JSON.stringify(wire)}`, { cause: error });
    }
  };
  // An empty key or token is the same as none.
  const requests = oauthRequests.filter(({ key, token }) => key !== "" && token?.token !== "");
  const sound = fc.asyncProperty(requests, listsOf(all), async (request, list) => {
    const wire = signWire(request);
    const changed = applyAll(all, wire, list);
    if (!isAccepted(changed, request) || meaningOf(wire) === meaningOf(changed)) return;
    throw new Error(`accepts ${JSON.stringify(changed)} in place of ${JSON.stringify(wire)}`);
  });
  const complete = fc.asyncProperty(requests, listsOf(harmless), async (request, list) => {
    const changed = applyAll(harmless, signWire(request), list);
    if (!isAccepted(changed, request)) throw new Error(`refuses ${JSON.stringify(changed)}`);
  });
  return checkVerifier(assignment, { sound, complete });
}

/** OAuth 1.0a: auth-cli's signer, compared with oauthlib and npm's oauth, and the local Twitter's verifier. */
export const oauth: Campaign = {
  name: "oauth",
  share: 1,
  async run(assignment) {
    const sizes: Record<string, number> = {};
    const half = { ...assignment, budgetMs: assignment.budgetMs / 2 };
    const ofSigner = assignment.match === undefined || assignment.match === "signer";
    const defects = ofSigner ? await signerCampaign(half, sizes) : [];
    if (assignment.match !== "signer") defects.push(...(await verifierCampaign(half, sizes)));
    return { sizes, defects: defects.map((defect) => ({ match: "signer", ...defect })) };
  },
};
