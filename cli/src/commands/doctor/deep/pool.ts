import { findClientCredentials } from "../../../deployment/client-credentials.ts";
import type { IdentityPoolDescription } from "../../../aws/cognito-identity.ts";
import type { ClientCredentials } from "../../../twitter/oauth1.ts";
import { type Attempt, attempt } from "../attempt.ts";
import type { Examination } from "../examination.ts";
import { fault, type Finding, ok, skipped, warning } from "../finding.ts";
import { lookupFinding } from "./deployer.ts";

const twitter = "api.twitter.com";
const redeploy =
  "deploy the stage again, if the ones here are right; else set here those of the pool's X app";

/** What the pool says of guests and of Twitter. */
export async function examinePool(
  { environment, configuration }: Examination,
  described: Attempt<IdentityPoolDescription>,
): Promise<Finding[]> {
  if (described.error !== undefined) return [lookupFinding("pool.provider", described.error)];
  const { allowsGuests, supportedLoginProviders } = described.value;
  const own = await attempt(() => findClientCredentials(environment, configuration));
  for (const value of Object.values(supportedLoginProviders)) {
    environment.redactor.add("secret of the pool", value);
    environment.redactor.add("consumer secret of the pool", value.split(/[;:]/).at(-1));
  }
  return [guests(allowsGuests), ...provider(described.value, own.value)];
}

function guests(allowsGuests: boolean): Finding {
  if (!allowsGuests) return ok("pool.guests", "guests get no identity");
  return fault("pool.guests", "the pool gives guests an identity", {
    evidence: ["AllowUnauthenticatedIdentities is true"],
    fix: "give identityPoolFederation `cdk: { cfnIdentityPool: { allowUnauthenticatedIdentities: false } }` and deploy",
  });
}

function provider(
  { supportedLoginProviders: providers, openIdConnectProviders }: IdentityPoolDescription,
  own: ClientCredentials | undefined,
): Finding[] {
  const value = providers[twitter];
  if (value === undefined) return [withoutTwitter(providers, openIdConnectProviders)];
  const [key = "", secret, ...more] = value.split(";");
  if (secret === undefined || more.length > 0) {
    const colon = value.includes(":") ? "; they seem to be joined by a colon" : "";
    return [
      fault(
        "pool.provider",
        `the pool's value for ${twitter} is not consumer key and secret with a semicolon between them${colon}`,
        {
          fix: `write it as \`{ "${twitter}": key + ";" + secret }\` and deploy`,
        },
      ),
    ];
  }
  return [
    ok("pool.provider", `the pool takes logins of ${twitter}`),
    own === undefined
      ? skipped("pool.consumer-key", "there is no consumer key here to compare the pool's with")
      : compareKeys({ key, secret }, own),
  ];
}

function withoutTwitter(
  providers: IdentityPoolDescription["supportedLoginProviders"],
  openIdConnectProviders: readonly string[],
): Finding {
  const others = [...Object.keys(providers), ...openIdConnectProviders];
  const evidence = [`its providers are ${others.join(", ") || "none"}`];
  const fix = "give identityPoolFederation `twitter: { consumerKey, consumerSecret }` and deploy";
  // Facebook's own value is an app id, all digits.
  if (/\D/.test(providers["graph.facebook.com"] ?? "")) {
    return fault(
      "pool.provider",
      `the pool takes logins of graph.facebook.com, which is Facebook; Twitter is ${twitter}`,
      {
        evidence,
        fix,
      },
    );
  }
  const message = `the pool takes no logins of ${twitter}`;
  return others.length === 0
    ? fault("pool.provider", message, { evidence, fix })
    : warning("pool.provider", message, { evidence, fix: `${fix}, unless other logins are meant` });
}

/** By value; neither secret is told. */
function compareKeys(pool: ClientCredentials, own: ClientCredentials): Finding {
  const name = "pool.consumer-key";
  if (pool.key !== own.key) {
    return fault(name, "the pool holds another consumer key than the one here", {
      evidence: [
        `the pool's begins with ${pool.key.slice(0, 4)}, the one here with ${own.key.slice(0, 4)}`,
        "Cognito refuses a token that was given to another X app",
      ],
      fix: redeploy,
    });
  }
  if (pool.secret !== own.secret) {
    return fault(name, "the pool holds the same consumer key, and another consumer secret", {
      evidence: ["Cognito cannot ask Twitter for a token's owner with a secret that is not the app's"],
      fix: redeploy,
    });
  }
  return ok(name, "the pool holds the consumer key and secret that are here");
}
