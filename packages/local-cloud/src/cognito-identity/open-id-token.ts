import { generateKeyPair, type KeyObject, randomUUID, sign } from "node:crypto";
import { promisify } from "node:util";

import type { CognitoIdentity } from "../iam/principal.ts";

const lifetimeSeconds = 600;

/** Issues JWTs for GetOpenIdToken that are valid for ten minutes. The key is created at first use. */
export function createOpenIdTokenIssuer(now: () => Date): (identity: CognitoIdentity) => Promise<string> {
  let key: Promise<SigningKey> | undefined;
  return async ({ identityId, identityPoolId, amr }) => {
    key ??= createKey();
    const { id, privateKey } = await key;
    const issuedAt = Math.floor(now().getTime() / 1000);
    const content = [
      { kid: id, typ: "JWS", alg: "RS512" },
      {
        sub: identityId,
        aud: identityPoolId,
        amr,
        iss: "https://cognito-identity.amazonaws.com",
        exp: issuedAt + lifetimeSeconds,
        iat: issuedAt,
      },
    ]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    return `${content}.${sign("sha512", Buffer.from(content), privateKey).toString("base64url")}`;
  };
}

interface SigningKey {
  id: string;
  privateKey: KeyObject;
}

async function createKey(): Promise<SigningKey> {
  const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  return { id: randomUUID(), privateKey };
}
