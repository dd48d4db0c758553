import { deployCommand } from "../../../deployment/deploy-command.ts";
import { findClientCredentials } from "../../../deployment/client-credentials.ts";
import type { IdentityPoolDescription } from "../../../aws/identity-pool.ts";
import type { ClientCredentials } from "../../../twitter/oauth1.ts";
import { type Attempt, attempt } from "../attempt.ts";
import { type Examination, meansGuests } from "../examination.ts";
import { fault, type Finding, ok, skipped, warning } from "../finding.ts";
import { lookupFinding } from "./deployer.ts";

const twitter = "api.twitter.com";

/** Guests, providers, and the consumer key and secret in the pool. */
export async function examinePool(
  examination: Examination,
  described: Attempt<IdentityPoolDescription>,
): Promise<Finding[]> {
  const { environment, configuration, resolved } = examination;
  if (described.error !== undefined) return [lookupFinding("pool.provider", described.error)];
  const { allowsGuests, supportedLoginProviders } = described.value;
  const own = await attempt(() => findClientCredentials(environment, configuration));
  for (const value of Object.values(supportedLoginProviders)) {
    environment.redactor.add("secret of the pool", value);
    environment.redactor.add("consumer secret of the pool", value.split(/[;:]/).at(-1));
  }
  const deploy = deployCommand(resolved.value?.deployment.stage);
  return [
    guests(allowsGuests, meansGuests(examination), deploy),
    ...provider(described.value, own.value, deploy),
  ];
}

function guests(allowsGuests: boolean, areMeant: boolean, deploy: string): Finding {
  if (!allowsGuests) return ok("pool.guests", "guests get no identity");
  if (areMeant) return ok("pool.guests", "guests get an identity, on purpose");
  return fault("pool.guests", "the pool gives guests an identity", {
    evidence: ["AllowUnauthenticatedIdentities is true"],
    fix: `set \`cdk: { cfnIdentityPool: { allowUnauthenticatedIdentities: false } }\` in identityPoolFederation and run ${deploy}, or pass --allow-guests`,
  });
}

function provider(
  { supportedLoginProviders: providers, openIdConnectProviders }: IdentityPoolDescription,
  own: ClientCredentials | undefined,
  deploy: string,
): Finding[] {
  const value = providers[twitter];
  if (value === undefined) return [withoutTwitter(providers, openIdConnectProviders, deploy)];
  const [key = "", secret, ...more] = value.split(";");
  if (secret === undefined || more.length > 0) {
    const colon = value.includes(":") ? "; a colon seems to join them" : "";
    return [
      fault(
        "pool.provider",
        `the pool's value for ${twitter} is not the consumer key, a semicolon and the secret${colon}`,
        {
          fix: `write it as \`{ "${twitter}": key + ";" + secret }\` and run ${deploy}`,
        },
      ),
    ];
  }
  return [
    ok("pool.provider", `the pool accepts logins of ${twitter}`),
    own === undefined
      ? skipped("pool.consumer-key", "no consumer key here to compare with the pool's")
      : compareKeys({ key, secret }, own, deploy),
  ];
}

function withoutTwitter(
  providers: IdentityPoolDescription["supportedLoginProviders"],
  openIdConnectProviders: readonly string[],
  deploy: string,
): Finding {
  const others = [...Object.keys(providers), ...openIdConnectProviders];
  const evidence = [`the pool's providers: ${others.join(", ") || "none"}`];
  const fix = `set \`twitter: { consumerKey, consumerSecret }\` in identityPoolFederation and run ${deploy}`;
  // Facebook's own value is an app id, which is all digits.
  if (/\D/.test(providers["graph.facebook.com"] ?? "")) {
    return fault(
      "pool.provider",
      `the pool accepts logins of graph.facebook.com, which is Facebook, not of ${twitter}`,
      {
        evidence,
        fix,
      },
    );
  }
  const message = `the pool accepts no logins of ${twitter}`;
  return others.length === 0
    ? fault("pool.provider", message, { evidence, fix })
    : warning("pool.provider", message, { evidence, fix: `${fix}, unless only other logins are wanted` });
}

/** Shows no secret. */
function compareKeys(pool: ClientCredentials, own: ClientCredentials, deploy: string): Finding {
  const fix = `run ${deploy} if the consumer key and secret here are right, otherwise set those of the pool's X app`;
  const name = "pool.consumer-key";
  if (pool.key !== own.key) {
    return fault(name, "the pool's consumer key differs from the one here", {
      evidence: [
        `the pool's key starts with ${pool.key.slice(0, 4)}, the one here with ${own.key.slice(0, 4)}`,
        "Cognito refuses tokens of another X app",
      ],
      fix,
    });
  }
  if (pool.secret !== own.secret) {
    return fault(name, "the pool has the same consumer key, but another consumer secret", {
      evidence: ["Cognito cannot verify a token with the wrong consumer secret"],
      fix,
    });
  }
  return ok(name, "the pool has the consumer key and secret that are set here");
}
