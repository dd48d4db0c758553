import { AuthCliError } from "../errors.ts";
import { twitterProvider } from "../aws/logins.ts";

/** Common names of providers, and the names in Cognito. */
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

const providers: Readonly<Record<string, string>> = {
  "accounts.google.com": "Google",
  "graph.facebook.com": "Facebook",
  "www.amazon.com": "Amazon",
  "appleid.apple.com": "Apple",
  [twitterProvider]: "Twitter",
};

/**
 * Checks a key of the logins map: a host, and for some issuers a path.
 * @param setting where the name was written, `--login`
 * @param place where the token is, for the fix: `-` or `env:NAME`
 * @throws AuthCliError `invalid-usage`, which never repeats a possible token
 */
export function parseProviderName(text: string, setting: string, place = "-"): string {
  const bare = text.replace(/^https?:\/\//i, "").replace(/\/+$/, "");
  const known = misnomers[bare.toLowerCase()];
  const refuse = (cause: string, meant?: string): AuthCliError =>
    new AuthCliError("invalid-usage", {
      message:
        isName(text) || known !== undefined
          ? `invalid ${setting} provider ${JSON.stringify(text)}`
          : `invalid ${setting} provider`,
      cause,
      fix:
        meant === undefined || !isName(meant)
          ? "use the name in the identity pool, such as accounts.google.com, graph.facebook.com, cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI, my-tenant.eu.auth0.com"
          : `use \`${setting}${setting.startsWith("--") ? " " : "="}${meant}=${place}\``,
    });
  const meant = known ?? bare;
  if (/^https?:\/\//i.test(text)) throw refuse("a provider name does not start with https://", meant);
  if (text.endsWith("/")) throw refuse("a provider name does not end with a slash", meant);
  if (meant !== bare) {
    throw refuse(`Cognito's name for ${providers[meant] ?? bare} is ${meant}`, meant);
  }
  if (!isName(text)) throw refuse("a provider name is a lowercase host, with a path if the issuer has one");
  checkUserPool(text, refuse);
  return text;
}

/** The API allows 128 characters. Capital letters are invalid, so a token never passes. */
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
      "a user pool's provider name ends with the pool id",
      `cognito-idp.${region}.${suffix}/${region}_AbCdEfGhI`,
    );
  }
  if (poolRegion !== region) {
    throw refuse(
      `the user pool is in ${poolRegion}, according to its id`,
      `cognito-idp.${poolRegion}.${suffix}/${id ?? ""}`,
    );
  }
}
