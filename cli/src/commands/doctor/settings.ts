import type { Setting } from "../../deployment/configuration.ts";
import type { Examination } from "./examination.ts";
import { type Finding, fromError, ok, warning } from "./finding.ts";

/** The settings that auth-cli reads from the environment and the `.env` files. */
const names = [
  "TWITTER_CONSUMER_KEY",
  "TWITTER_CONSUMER_SECRET",
  "TWITTER_ACCESS_TOKEN",
  "TWITTER_ACCESS_TOKEN_SECRET",
  "TWITTER_API_URL",
  "AWS_REGION",
  "AWS_ENDPOINT_URL",
  "AWS_ENDPOINT_URL_COGNITO_IDENTITY",
  "AWS_ENDPOINT_URL_STS",
];

/** The `.env` files, and the source of each value. Shows no values. */
export async function examineSettings(examination: Examination): Promise<Finding[]> {
  const { configuration } = examination;
  const findings = [dotenvFiles(examination)];
  for (const name of names) {
    const places = await configuration.findAll(name);
    const [first] = places;
    if (first === undefined) continue;
    findings.push(shadowed(name, places) ?? ok(`settings.${name}`, "is set", { source: first.source }));
  }
  return findings;
}

function dotenvFiles({ environment, configuration, dotenvFault }: Examination): Finding {
  if (dotenvFault.error !== undefined) return fromError("settings.dotenv", dotenvFault.error);
  const present = configuration.dotenvFiles.filter((path) => environment.files.exists(path));
  if (present.length === 0) return ok("settings.dotenv", "no .env file");
  return ok(
    "settings.dotenv",
    `${present.length === 1 ? "one .env file" : `${present.length} .env files`} read`,
    {
      source: present.join(", "),
    },
  );
}

/**
 * In SST the `.env` files override the environment. In auth-cli the environment overrides them. Where they differ, the
 * deployment and auth-cli use different values.
 */
function shadowed(name: string, places: readonly Setting[]): Finding | undefined {
  const [first, ...others] = places;
  const other = others[0];
  const inEnvironment = first?.source === `the environment variable ${name}`;
  if (first === undefined || other === undefined || !inEnvironment || first.value === other.value)
    return undefined;
  return warning(`settings.${name}`, "set in the environment and, to another value, in a .env file", {
    evidence: [
      `auth-cli uses ${first.source}`,
      `\`sst deploy\` uses ${other.source}, which overrides the environment`,
    ],
    fix: `run \`unset ${name}\`, or set both to the same value`,
    source: first.source,
  });
}
