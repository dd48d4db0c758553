import { expect } from "vitest";
import { run } from "../../src/commands/run.ts";
import {
  configFile,
  createFakeEnvironment,
  type FakeEnvironment,
  type FakeEnvironmentOptions,
} from "./fake-environment.ts";
import { type Answer, createScriptedServices, type ScriptedServices } from "./scripted-services.ts";

export interface Ran {
  code: number;
  environment: FakeEnvironment;
  stdout: string;
  stderr: string;
  services: ScriptedServices;
}

export interface World extends FakeEnvironmentOptions {
  answers?: Record<string, Answer>;
  /** The user alice is logged in. */
  loggedIn?: boolean;
}

/** A project deployed as the stage prod, with scripted services. */
export function createWorld({ answers = {}, loggedIn = false, ...options }: World) {
  const clock = options.clock ?? { ms: Date.parse("2026-03-01T12:00:00Z") };
  const services = createScriptedServices(() => clock.ms);
  Object.assign(services.answers, answers);
  const { identityPoolId, identityId, apiEndpoint, tokenCredentials, clientCredentials } = services;
  const outputs = { ApiEndpoint: apiEndpoint, IdentityPoolId: identityPoolId };
  const session = {
    appName: "notes",
    stage: "prod",
    apiEndpoint,
    identityPoolId,
    userId: "42",
    screenName: "alice",
    identityId,
    tokenCredentials,
    loggedInAt: "2026-03-01T11:00:00.000Z",
  };
  const environment = createFakeEnvironment({
    send: services.send,
    ...options,
    clock,
    variables: {
      TWITTER_CONSUMER_KEY: clientCredentials.key,
      TWITTER_CONSUMER_SECRET: clientCredentials.secret,
      ...options.variables,
    },
    files: {
      "/project/sst.config.ts": 'export default { config: () => ({ name: "notes" }) };',
      "/project/.sst/outputs.json": JSON.stringify({ "prod-notes-ExampleStack": outputs }),
      ...(loggedIn ? { [configFile]: JSON.stringify({ version: 1, sessions: [session] }) } : {}),
      ...options.files,
    },
  });
  return { services, environment };
}

export async function runIn(
  args: readonly string[],
  { services, environment }: ReturnType<typeof createWorld>,
): Promise<Ran> {
  const code = await run(args, { version: "0.0.0-test", createEnvironment: () => environment });
  const [stdout, stderr] = [environment.stdout(), environment.stderr()];
  // No command prints a secret.
  for (const secret of services.secrets) expect(stdout + stderr).not.toContain(secret);
  return { code, environment, stdout, stderr, services };
}

export const authCli = (args: readonly string[], world: World = {}): Promise<Ran> =>
  runIn(args, createWorld(world));

/** The error of `--json`. */
export const reportedError = ({ stderr }: Ran): Record<string, string> => {
  const start = stderr.indexOf("{");
  return (JSON.parse(stderr.slice(start)) as { error: Record<string, string> }).error;
};

export const steps = ({ environment }: Ran): string[] => environment.requests.map(({ step }) => step);
