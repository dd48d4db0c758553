import {
  createHmac,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomUUID,
  sign,
} from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { listen } from "./listen.ts";

/** Claims of a token; one that is undefined is left out. */
export type Claims = Record<string, unknown>;

/** An OpenID Connect issuer with a real RSA key: its discovery document, its JWKS, and tokens that it has signed. */
export interface OidcIssuer {
  /** Where it listens, `http://127.0.0.1:<port>`; every path below is an issuer of its own, with the same keys. */
  url: string;
  /**
   * An ID token as providers make them, RS256, for one hour from now.
   * @param claims in place of, or beside, `iss` (`https://<provider name>`), `sub`, `aud`, `iat` and `exp`
   */
  idToken(claims: Claims): string;
  /** The same claims under another algorithm, to be refused: unsigned, or with the public key as an HMAC secret. */
  forgedToken(algorithm: "none" | "HS256", claims: Claims): string;
  /** From now on signs with a new key; the old one is gone from the JWKS. */
  replaceKey(): void;
  /** How often its JWKS was fetched. */
  keyRequests: () => number;
  close(): Promise<void>;
}

/** @param host the issuer's public name, such as `my-tenant.eu.auth0.com` */
export async function startOidcIssuer(host: string): Promise<OidcIssuer> {
  let key = createKey();
  let keyRequests = 0;
  const server = createServer((request, response) => {
    const [, path = "", document] =
      /^(.*?)\/\.well-known\/(openid-configuration|jwks\.json)$/.exec(request.url ?? "") ?? [];
    if (document === undefined) {
      response.writeHead(404).end();
      return;
    }
    if (document === "jwks.json") keyRequests += 1;
    const body =
      document === "jwks.json"
        ? { keys: [key.jwk] }
        : {
            issuer: `https://${host}${path}`,
            jwks_uri: `${url}${path}/.well-known/jwks.json`,
            id_token_signing_alg_values_supported: ["RS256"],
          };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  const port = await listen(server);
  const url = `http://127.0.0.1:${port}`;

  const usual = (): Claims => {
    const now = Math.floor(Date.now() / 1000);
    return { iss: `https://${host}`, sub: "user-1", aud: "client-1", iat: now, exp: now + 3600 };
  };
  const encode = (header: object, claims: Claims): string =>
    [header, { ...usual(), ...claims }]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
  return {
    url,
    idToken(claims) {
      const content = encode({ alg: "RS256", kid: key.jwk["kid"], typ: "JWT" }, claims);
      return `${content}.${sign("sha256", Buffer.from(content), key.privateKey).toString("base64url")}`;
    },
    forgedToken(algorithm, claims) {
      const content = encode({ alg: algorithm, kid: key.jwk["kid"], typ: "JWT" }, claims);
      if (algorithm === "none") return `${content}.`;
      return `${content}.${createHmac("sha256", key.publicPem).update(content).digest("base64url")}`;
    },
    replaceKey() {
      key = createKey();
    },
    keyRequests: () => keyRequests,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

interface SigningKey {
  privateKey: KeyObject;
  publicPem: string;
  jwk: JsonWebKey;
}

function createKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    privateKey,
    publicPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
    jwk: { ...publicKey.export({ format: "jwk" }), kid: randomUUID(), alg: "RS256", use: "sig" },
  };
}
