import type { Setting } from "../../deployment/configuration.ts";
import type { Examination } from "./examination.ts";
import { type Finding, fromError, ok, warning } from "./finding.ts";

/** What auth-cli reads from the environment and the `.env` files. */
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

/** The `.env` files, and where each value comes from. The values themselves are told by nobody here. */
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
  if (present.length === 0) return ok("settings.dotenv", "there is no .env file");
  return ok("settings.dotenv", `${present.length === 1 ? "one .env file is" : "the .env files are"} read`, {
    source: present.join(", "),
  });
}

/**
 * SST lets the `.env` files win over the environment, and auth-cli lets the environment win. Where the two differ, what
 * is deployed is not what is used.
 */
function shadowed(name: string, places: readonly Setting[]): Finding | undefined {
  const [first, ...others] = places;
  const other = others[0];
  const inEnvironment = first?.source === `the environment variable ${name}`;
  if (first === undefined || other === undefined || !inEnvironment || first.value === other.value)
    return undefined;
  return warning(`settings.${name}`, "is set in the environment and, to another value, in a .env file", {
    evidence: [
      `auth-cli takes that of ${first.source}`,
      `\`sst deploy\` takes that of ${other.source}, which wins over the environment there`,
    ],
    fix: `run \`unset ${name}\`, or make the two the same`,
    source: first.source,
  });
}
