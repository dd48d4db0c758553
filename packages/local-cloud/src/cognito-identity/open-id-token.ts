import { generateKeyPair, type KeyObject, randomUUID, sign, verify } from "node:crypto";
import { promisify } from "node:util";

import { type JsonObject, parseJsonObject } from "../aws/json-protocol.ts";
import type { CognitoIdentity } from "../iam/principal.ts";

const lifetimeSeconds = 600;
const issuer = "https://cognito-identity.amazonaws.com";

interface OpenIdTokenVerdict {
  fault: "malformed" | "issuer" | "signature" | "expired" | undefined;
  /** What the token says. */
  identity: CognitoIdentity;
  issuer: string;
  /** Seconds since the epoch. */
  now: number;
  expiration: number;
}

/** The JWTs that GetOpenIdToken issues and that STS accepts. */
export interface OpenIdTokens {
  /** Issues a token that is valid for ten minutes. */
  issue(identity: CognitoIdentity): Promise<string>;
  verify(token: string): Promise<OpenIdTokenVerdict>;
}

/** Cognito's, for all accounts. It is created at first use. */
let created: Promise<SigningKey> | undefined;

function key(): Promise<SigningKey> {
  return (created ??= createKey());
}

export function createOpenIdTokens(now: () => Date): OpenIdTokens {
  const seconds = (): number => Math.floor(now().getTime() / 1000);
  return {
    async issue({ identityId, identityPoolId, amr }) {
      const { id, privateKey } = await key();
      const issuedAt = seconds();
      const content = [
        { kid: id, typ: "JWS", alg: "RS512" },
        {
          sub: identityId,
          aud: identityPoolId,
          amr,
          iss: issuer,
          exp: issuedAt + lifetimeSeconds,
          iat: issuedAt,
        },
      ]
        .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
        .join(".");
      return `${content}.${sign("sha512", Buffer.from(content), privateKey).toString("base64url")}`;
    },

    async verify(token) {
      const [header = "", payload = "", signature = "", ...more] = token.split(".");
      const claims = decode(payload);
      const { sub, aud, amr, iss, exp } = claims ?? {};
      const { publicKey } = await key();
      const findFault = (): OpenIdTokenVerdict["fault"] => {
        if (decode(header) === undefined || claims === undefined || signature === "" || more.length > 0) {
          return "malformed";
        }
        if (iss !== issuer) return "issuer";
        const content = Buffer.from(`${header}.${payload}`);
        if (!verify("sha512", content, publicKey, Buffer.from(signature, "base64url"))) return "signature";
        return seconds() >= Number(exp) ? "expired" : undefined;
      };
      return {
        fault: findFault(),
        identity: {
          identityId: textOf(sub),
          identityPoolId: textOf(aud),
          amr: Array.isArray(amr) ? amr.map(textOf) : [],
        },
        issuer: textOf(iss),
        now: seconds(),
        expiration: Number(exp),
      };
    },
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function decode(part: string): JsonObject | undefined {
  return parseJsonObject(Buffer.from(part, "base64url").toString("utf8"));
}

interface SigningKey {
  id: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
}

async function createKey(): Promise<SigningKey> {
  const pair = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  return { id: randomUUID(), ...pair };
}
