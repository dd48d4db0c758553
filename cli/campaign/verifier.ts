import { typedRequests } from "@api-auth-twitter/test-support/signed-requests";
import * as fc from "fast-check";
import { createSessions } from "../../packages/local-cloud/src/iam/sessions.ts";
import { verifySigV4 } from "../../packages/local-cloud/src/sigv4/verify-sigv4.ts";
import { parseRequest, type WireRequest } from "../../packages/local-cloud/src/sigv4/wire-request.ts";
import { presignSigV4, signSigV4 } from "../src/aws/sigv4.ts";
import type { Campaign } from "./campaign.ts";
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
  splitAt,
} from "./changes.ts";

const now = new Date("2026-03-01T12:00:00Z");
const scope = { service: "execute-api", region: "us-east-1" };
const sessions = createSessions({ now: () => now });
const credentials = sessions.issue({
  role: { arn: "arn:aws:iam::123456789012:role/auth", roleName: "auth", roleId: "AROAEXAMPLEEXAMPLE123" },
  sessionName: "CognitoIdentityCredentials",
  durationSeconds: 3600,
});

/** As REST APIs, function URLs and AppSync verify, and as HTTP APIs do. */
const rules = ["always", "optional"] as const;

/* ── Changes ─────────────────────────────────────────────────────────────────────────────────────────────────── */

const target =
  (change: (path: string, query: string[], change: Change) => [string, string[]]): Apply<WireRequest> =>
  (wire, given) => {
    const [path = "", search] = wire.rawUrl.split(/\?(.*)/s);
    const [newPath, query] = change(path, search === undefined ? [] : search.split("&"), given);
    return { ...wire, rawUrl: query.length === 0 ? newPath : `${newPath}?${query.join("&")}` };
  };
const headers =
  (change: (pairs: [string, string][], change: Change) => [string, string][]): Apply<WireRequest> =>
  (wire, given) => {
    const pairs = wire.rawHeaders.flatMap((name, index): [string, string][] =>
      index % 2 === 0 ? [[name, wire.rawHeaders[index + 1] ?? ""]] : [],
    );
    return { ...wire, rawHeaders: change(pairs, given).flat() };
  };
const oneOf = <T>(list: readonly T[], at: number, change: (item: T) => T[]): T[] => {
  const index = Math.floor(at * list.length);
  return list.flatMap((item, each) => (each === index ? change(item) : [item]));
};
const authorization = (change: (value: string, change: Change) => string): Apply<WireRequest> =>
  headers((pairs, given) =>
    pairs.map(([name, value]) =>
      /^authorization$/i.test(name) ? [name, change(value, given)] : [name, value],
    ),
  );
const isSignature = (pair: string): boolean => pair.startsWith("X-Amz-Signature=");

/** A verifier has to accept them all. */
const harmless: Changes<WireRequest> = {
  "reorders the query": target((path, query, { at }) => [path, rotate(query, at)]),
  "changes the case of escapes in the query": target((path, query, { at }) => [
    path,
    oneOf(query, at, (pair) => [
      isSignature(pair) ? pair : pair.replace(/%[0-9a-f]{2}/gi, (escape) => escape.toLowerCase()),
    ]),
  ]),
  "escapes unreserved characters of the query": target((path, query, { at }) => [
    path,
    oneOf(query, at, (pair) => [
      pair.replace(/^[a-wyz]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
    ]),
  ]),
  "writes spaces of the query as plus signs": target((path, query) => [
    path,
    query.map((pair) => pair.replaceAll("%20", "+")),
  ]),
  "adds empty parts to the query": target((path, query, { at }) => [
    path,
    oneOf(query, at, (pair) => [pair, ""]),
  ]),
  "repeats a slash of the path": target((path, query) => [path.replace("/", "//"), query]),
  "adds a segment with one dot": target((path, query) => [`/.${path}`, query]),
  "adds a segment and takes it back": target((path, query) => [`/x/..${path}`, query]),
  "changes the case of header names": headers((pairs, { at }) =>
    oneOf(pairs, at, ([name, value]) => [[name.toUpperCase(), value]]),
  ),
  "surrounds a header's value with spaces": headers((pairs, { at }) =>
    oneOf(pairs, at, ([name, value]) => [[name, ` \t${value}  `]]),
  ),
  "reorders the headers": headers((pairs) =>
    pairs.toSorted(([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)),
  ),
  "adds an unsigned header": headers((pairs, { text }) => [
    ...pairs,
    ["X-Unsigned", text.replaceAll(/[\r\n]/g, "")],
  ]),
  "reorders the parameters of Authorization": authorization((value) => {
    const [scheme = "", rest = ""] = value.trim().split(/ (.*)/s);
    return `${scheme} ${rest.split(/, ?/).toReversed().join(",")}`;
  }),
  "adds spaces to Authorization": authorization((value) => value.replaceAll(", ", "  ,   ")),
};

/** May change the meaning. */
const others: Changes<WireRequest> = {
  "changes the method": (wire, { text }) => ({
    ...wire,
    method: ["GET", "POST", "PUT"][text.length % 3] ?? "GET",
  }),
  "inserts into the target": (wire, change) => ({
    ...wire,
    rawUrl: `/${insertInto(wire.rawUrl.slice(1), change)}`,
  }),
  "removes from the target": (wire, change) => ({
    ...wire,
    rawUrl: `/${removeFrom(wire.rawUrl.slice(1), change)}`,
  }),
  "decodes an escape of the target": (wire, { at }) => {
    const [before, after] = splitAt(wire.rawUrl, at);
    const decoded = after.replace(/%([0-9a-f]{2})/i, (_escape, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 16)),
    );
    return { ...wire, rawUrl: before + decoded };
  },
  "repeats a parameter": target((path, query, { at }) => [path, oneOf(query, at, (pair) => [pair, pair])]),
  "adds a parameter": target((path, query, { text }) => [path, [...query, text]]),
  "adds a signature's parameter": target((path, query, { at, text }) => [
    path,
    [
      ...query,
      `X-Amz-${["Signature", "Date", "Security-Token", "Expires", "Credential"][Math.floor(at * 5)]}=${text}`,
    ],
  ]),
  "gives a parameter twice, the first time changed": target((path, query, { at, text }) => [
    path,
    oneOf(query, at, (pair) => [`${pair}${text}`, pair]),
  ]),
  "takes a parameter away": target((path, query, { at }) => [path, oneOf(query, at, () => [])]),
  "exchanges name and value": target((path, query, { at }) => [
    path,
    oneOf(query, at, (pair) => [pair.split(/=(.*)/s, 2).toReversed().join("=")]),
  ]),
  "inserts into a header": headers((pairs, change) =>
    oneOf(pairs, change.at, ([name, value]) => [
      [name, insertInto(value, { ...change, at: (change.at * 7) % 1 })],
    ]),
  ),
  "removes from a header": headers((pairs, change) =>
    oneOf(pairs, change.at, ([name, value]) => [
      [name, removeFrom(value, { ...change, at: (change.at * 7) % 1 })],
    ]),
  ),
  "repeats a header": headers((pairs, { at }) => oneOf(pairs, at, (pair) => [pair, pair])),
  "gives a header twice, the first time changed": headers((pairs, { at, text }) =>
    oneOf(pairs, at, ([name, value]) => [
      [name, `${value}${text}`],
      [name, value],
    ]),
  ),
  "takes a header away": headers((pairs, { at }) => oneOf(pairs, at, () => [])),
  "splits a header at its comma": headers((pairs, { at }) =>
    oneOf(pairs, at, ([name, value]) =>
      name === "Authorization"
        ? [[name, value]]
        : value.split(",").map((part): [string, string] => [name, part]),
    ),
  ),
  "adds a header of AWS": headers((pairs, { at, text }) => [
    ...pairs,
    [
      ["X-Amz-Date", "x-amz-meta-b", "X-Amz-Content-Sha256", "X-Amz-Security-Token"][Math.floor(at * 4)] ??
        "",
      text,
    ],
  ]),
  "inserts into the body": (wire, { at, text }) => {
    const index = Math.floor(at * (wire.body.length + 1));
    const added = Buffer.from(text, "latin1");
    return { ...wire, body: Buffer.concat([wire.body.slice(0, index), added, wire.body.slice(index)]) };
  },
  "removes from the body": (wire, { at }) => {
    const index = Math.floor(at * wire.body.length);
    return { ...wire, body: Buffer.concat([wire.body.slice(0, index), wire.body.slice(index + 1)]) };
  },
};

const all = { ...harmless, ...others };

/* ── What a request means, computed from its bytes without the verifier's code ───────────────────────────────── */

/** Of a parameter's part: its bytes, as hexadecimal digits. A plus sign is a space, as in a form. */
function bytesOf(part: string): string {
  const bytes: number[] = [];
  for (let index = 0; index < part.length; index += 1) {
    const escape = /^%([0-9a-f]{2})/i.exec(part.slice(index, index + 3));
    if (escape !== null) index += 2;
    const character = part[index] === "+" && escape === null ? " " : part[index];
    bytes.push(escape === null ? (character?.charCodeAt(0) ?? 0) : Number.parseInt(escape[1] ?? "", 16));
  }
  return Buffer.from(bytes).toString("hex");
}

/** Text that is not UTF-8 is read as ISO-8859-1, by the verifier and in the events that handlers get. */
function readText(text: string): string {
  const bytes = Buffer.from(text, "latin1");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return text;
  }
}

interface Meaning {
  /** Two requests with the same text mean the same. */
  text: string;
  /** Parameters without a name: it is unknown whether AWS signs them, so that the verifier takes both. */
  nameless: string;
}

function meaningOf({ method, rawUrl, rawHeaders, body }: WireRequest): Meaning {
  const [rawPath = "", search = ""] = rawUrl.split(/\?(.*)/s);
  // The path: segments as they are, escapes included.
  const kept: string[] = [];
  const parts = readText(rawPath).split("/").slice(1);
  for (const part of parts) {
    if (part === "..") kept.pop();
    else if (part !== "." && part !== "") kept.push(part);
  }
  if (parts.at(-1) === "" && kept.length > 0) kept.push("");
  // The query: a multiset of names and values.
  const named: string[] = [];
  const nameless: string[] = [];
  for (const pair of search.split("&")) {
    if (pair === "") continue;
    const equals = `${pair}=`.indexOf("=");
    const [name, value] = [bytesOf(pair.slice(0, equals)), bytesOf(pair.slice(equals + 1))];
    (name === "" ? nameless : named).push(`${name}=${value}`);
  }
  // The headers that Authorization or the query names, with their values joined and without superfluous space.
  const values: Record<string, string[]> = {};
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    (values[name] ??= []).push(readText(rawHeaders[index + 1] ?? "").trim());
  }
  const header = (values["authorization"] ?? []).join(",");
  const parameter = (name: string): string => new RegExp(`[\\s,]${name}=([^\\s,]*)`).exec(header)?.[1] ?? "";
  const inQuery = new URLSearchParams(search).get("X-Amz-SignedHeaders");
  const signed = (header === "" ? (inQuery ?? "") : parameter("SignedHeaders")).split(";");
  return {
    text: JSON.stringify({
      method,
      path: kept,
      query: named.toSorted(),
      headers: signed.map((name) => [
        name,
        (values[name] ?? ["absent"]).join(",").replaceAll(/[ \t]+/g, " "),
      ]),
      body: Buffer.from(body).toString("hex"),
      credential: parameter("Credential"),
      signature: parameter("Signature"),
      token: values["x-amz-security-token"],
    }),
    nameless: nameless.toSorted().join("&"),
  };
}

/* ── The properties ──────────────────────────────────────────────────────────────────────────────────────────── */

const requests = fc.record({
  request: typedRequests(["https://abc123.execute-api.us-east-1.amazonaws.com", "http://127.0.0.1:4568"]),
  isPresigned: fc.boolean(),
  signedToken: fc.constantFrom(...rules),
});
type Request = typeof requests extends fc.Arbitrary<infer T> ? T : never;

async function sign({
  request: { method, url, headers: given, body },
  isPresigned,
}: Request): Promise<WireRequest> {
  const signing = { credentials, ...scope, nowMs: now.getTime() };
  const wire = {
    method,
    rawUrl: url.pathname + url.search,
    rawHeaders: ["Host", url.host],
    body: body ?? Buffer.alloc(0),
  };
  if (isPresigned) {
    const presigned = await presignSigV4({ method, url, body }, signing);
    return { ...wire, rawUrl: presigned.pathname + presigned.search };
  }
  const signed = await signSigV4({ method, url, headers: given, body }, signing);
  return { ...wire, rawHeaders: ["Host", url.host, ...signed.headers.flat()] };
}

const describe = ({ method, rawUrl, rawHeaders }: WireRequest): string =>
  JSON.stringify({ method, rawUrl, rawHeaders }).replaceAll(/"[^"]{200,}"/g, '"…"');

/** The local cloud's verifier of Signature Version 4: what it accepts of changed requests means the same, and it accepts all that does. */
export const verifier: Campaign = {
  name: "verifier",
  share: 2,
  async run(assignment) {
    const sizes = { changes: 0, accepted: 0, refused: 0 };
    const isAccepted = (wire: WireRequest, signedToken: Request["signedToken"]): boolean => {
      const expectations = { ...scope, now: () => now, sessions, signedToken };
      const { ok } = verifySigV4(parseRequest(wire), expectations);
      sizes.changes += 1;
      sizes[ok ? "accepted" : "refused"] += 1;
      return ok;
    };
    const sound = fc.asyncProperty(requests, listsOf(all), async (request, list) => {
      const wire = await sign(request);
      if (!isAccepted(wire, request.signedToken)) throw new Error(`refuses ${describe(wire)}`);
      const changed = applyAll(all, wire, list);
      if (!isAccepted(changed, request.signedToken)) return;
      const [before, after] = [meaningOf(wire), meaningOf(changed)];
      if (before.text === after.text || before.nameless !== after.nameless) return;
      throw new Error(`accepts ${describe(changed)} in place of ${describe(wire)}`);
    });
    const complete = fc.asyncProperty(requests, listsOf(harmless), async (request, list) => {
      const changed = applyAll(harmless, await sign(request), list);
      if (!isAccepted(changed, request.signedToken)) throw new Error(`refuses ${describe(changed)}`);
    });
    return { sizes, defects: await checkVerifier(assignment, { sound, complete }) };
  },
};
