import { AuthCliError } from "../errors.ts";
import { twitterProvider } from "../aws/logins.ts";

/** What people write, and what Cognito calls it. */
const misnomers: Readonly<Record<string, string>> = {
  google: "accounts.google.com",
  "google.com": "accounts.google.com",
  "www.googleapis.com": "accounts.google.com",
  facebook: "graph.facebook.com",
  "facebook.com": "graph.facebook.com",
  "www.facebook.com": "graph.facebook.com",
  amazon: "www.amazon.com",
  "amazon.com": "www.amazon.com",
  "api.amazon.com": "www.amazon.com",
  apple: "appleid.apple.com",
  "apple.com": "appleid.apple.com",
  twitter: twitterProvider,
  x: twitterProvider,
  "x.com": twitterProvider,
  "twitter.com": twitterProvider,
  "api.x.com": twitterProvider,
};

/**
 * Checks a key of the logins map: a host, and for some issuers a path.
 * @param setting where it was written, `--login`
 * @throws AuthCliError `invalid-usage`. What may be a token that was put in the wrong place is not repeated
 */
export function parseProviderName(text: string, setting: string): string {
  const refuse = (cause: string, meant?: string): AuthCliError =>
    new AuthCliError("invalid-usage", {
      message: isName(text)
        ? `${JSON.stringify(text)} is not a provider's name (${setting})`
        : `${setting} names no identity provider`,
      cause,
      fix:
        meant === undefined || !isName(meant)
          ? "name it as the identity pool does: accounts.google.com, graph.facebook.com, cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI, my-tenant.eu.auth0.com"
          : `write ${meant}`,
    });
  const bare = text.replace(/^https?:\/\//i, "").replace(/\/+$/, "");
  const meant = misnomers[bare.toLowerCase()] ?? bare;
  if (/^https?:\/\//i.test(text))
    throw refuse("an issuer's address begins with https://, its name does not", meant);
  if (text.endsWith("/"))
    throw refuse("it ends with a slash, as an issuer's address may, a name does not", meant);
  if (meant !== bare) throw refuse("Cognito has another name for it", meant);
  if (!isName(text)) throw refuse("a name is a host in small letters, and a path where the issuer has one");
  checkUserPool(text, refuse);
  return text;
}

/** At most 128 characters, by the model of the service; tokens are no names, since theirs have capital letters. */
function isName(text: string): boolean {
  return text.length <= 128 && /^(https?:\/\/)?[a-z\d-]+(\.[a-z\d-]+)+(\/[\w.~-]+)*\/*$/.test(text);
}

/** `cognito-idp.<region>.amazonaws.com/<region>_<id>`. */
function checkUserPool(text: string, refuse: (cause: string, meant?: string) => AuthCliError): void {
  const [, region, suffix = "", id] =
    /^cognito-idp\.([a-z\d-]+)\.(amazonaws\.com(?:\.cn)?)(?:\/(.+))?$/.exec(text) ?? [];
  if (region === undefined) return;
  const [, poolRegion] = /^([a-z]+(?:-[a-z]+)+-\d)_[A-Za-z\d]+$/.exec(id ?? "") ?? [];
  if (poolRegion === undefined) {
    throw refuse(
      "a user pool's name ends with its id",
      `cognito-idp.${region}.${suffix}/${region}_AbCdEfGhI`,
    );
  }
  if (poolRegion !== region) {
    throw refuse(
      `the user pool is in ${poolRegion}, by its id`,
      `cognito-idp.${poolRegion}.${suffix}/${id ?? ""}`,
    );
  }
}
