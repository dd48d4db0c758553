import { OAuth } from "oauth";

interface Signing {
  key: string;
  secret: string;
  token: { token: string; secret: string } | null;
  nonce: string;
  timestamp: number;
}

/** npm's `oauth`, with a given nonce and time. */
class Signer extends OAuth {
  readonly #signing: Signing;

  constructor(signing: Signing) {
    super("", "", signing.key, signing.secret, "1.0", null, "HMAC-SHA1");
    this.#signing = signing;
  }

  override _getNonce(): string {
    return this.#signing.nonce;
  }

  override _getTimestamp(): string {
    return String(this.#signing.timestamp);
  }

  signature(method: string, url: string, parameters: Record<string, string | string[]>): string | undefined {
    const { token } = this.#signing;
    // Its types know it with an object of strings only.
    // oxlint-disable-next-line no-underscore-dangle
    const prepare = this._prepareParameters.bind(this) as (...given: unknown[]) => [string, string][];
    return new Map(prepare(token?.token, token?.secret, method, url, parameters)).get("oauth_signature");
  }
}

/**
 * The signature that npm's `oauth` computes.
 * @param parameters of the query, the body and the protocol
 * @returns undefined for what it cannot be given
 */
export function npmOAuthSignature(
  { method, url, parameters }: { method: string; url: URL; parameters: [string, string][] },
  signing: Signing,
): string | undefined {
  // It calls this method of its parameters, takes an empty token for none, and its URL parser changes some paths.
  if (parameters.some(([name]) => name === "hasOwnProperty") || signing.token?.token === "") return undefined;
  if (/['"`{}|\\^<>;]/.test(url.pathname)) return undefined;
  const collected: Record<string, string | string[]> = {};
  for (const [name, value] of parameters) {
    const known = Object.hasOwn(collected, name) ? collected[name] : undefined;
    collected[name] = known === undefined ? value : [known, value].flat();
  }
  return new Signer(signing).signature(method, url.origin + url.pathname, collected);
}
