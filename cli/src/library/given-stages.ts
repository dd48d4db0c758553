import { runStages, type StageFinder } from "../commands/smoke/run-stages.ts";
import { checkDeployment } from "../deployment/resolve-deployment.ts";
import { findProject } from "../deployment/project.ts";
import { checkProjectFile } from "../deployment/read-project-file.ts";
import { settingsOf } from "../deployment/project-settings.ts";
import type { Environment } from "../environment/environment.ts";
import { AuthCliError, type ErrorReport, toErrorReport } from "../errors.ts";
import { type LoadedLogin, providerLogin, twitterLogin } from "../session/find-login.ts";
import { registerLoginToken, registerToken } from "../session/register-secrets.ts";
import { inOptionWords } from "./option-words.ts";
import type {
  ProviderLogin,
  SmokeLogin,
  SmokeOptions,
  SmokeReport,
  SmokeRun,
  SmokeStage,
  TwitterLogin,
} from "./types.ts";

const ofSmoke = "the argument of smoke";

/** Runs smoke for a program that imports it. */
export async function smokeGivenStages(
  { stages, login, only, skip, retryFor, timeout, failFast }: SmokeOptions,
  environment: Environment,
): Promise<SmokeRun> {
  try {
    const finder = givenStages(environment, stages, login, ofSmoke);
    const run = await runStages(
      { only, skip, retryFor, timeout, failFast, stages: Object.keys(stages) },
      environment,
      finder,
    );
    // A service's reply may repeat a secret.
    const { stages: reports, ...whole } = JSON.parse(
      environment.redactor.redact(JSON.stringify(run)),
    ) as SmokeRun;
    return { ...whole, stages: await Promise.all(reports.map((report) => inWordsOfProgram(report, finder))) };
  } catch (error) {
    throw inWords(error, ofSmoke, environment);
  }
}

/**
 * The same error, without secrets, if it is one of auth-cli.
 * @param source where the program keeps the login
 */
export function inWords(
  error: unknown,
  source: string,
  { redactor }: Pick<Environment, "redactor">,
): unknown {
  if (!(error instanceof AuthCliError)) return error;
  const report = JSON.parse(redactor.redact(JSON.stringify(toErrorReport(error)))) as ErrorReport;
  return new AuthCliError(error.code, inOptionWords(report, source));
}

async function inWordsOfProgram(report: SmokeReport, { sourceOf }: GivenStages): Promise<SmokeReport> {
  const source = await sourceOf(report.stage);
  const checks = report.checks.map(({ error, ...check }) =>
    error === undefined ? check : { ...check, error: inOptionWords(error, source) },
  );
  return { ...report, checks };
}

interface GivenStages extends StageFinder {
  /** Where the login of a stage is kept. */
  sourceOf: (stage: string) => Promise<string>;
}

/**
 * Stages and logins that a program gives, instead of a project and stored logins.
 * @throws AuthCliError `invalid-configuration` with the field, `invalid-usage` without a stage
 */
export function givenStages(
  environment: Environment,
  stages: Readonly<Record<string, SmokeStage | undefined>> | undefined,
  login: SmokeOptions["login"] | undefined,
  source: string,
): GivenStages {
  const scopes = new Map<string | undefined, Pick<SmokeStage, "region" | "service">>();
  const settings: Record<string, unknown> = {};
  // A program without types may leave out any of them.
  for (const [name, stage] of Object.entries(stages ?? {})) {
    const { region, service, ...rest }: Partial<SmokeStage> = stage ?? {};
    scopes.set(name, { ...(region && { region }), ...(service && { service }) });
    settings[name] = stage === undefined || typeof stage === "object" ? rest : stage;
  }
  const file = checkProjectFile(source, { stages: settings });
  if (scopes.size === 0) {
    throw new AuthCliError("invalid-usage", {
      message: `${source} names no stage`,
      fix: "add a stage to `stages`",
    });
  }
  const logins = new Map<string, Promise<GivenLogin>>();
  const loginOf = (stage: string): Promise<GivenLogin> => {
    const known = logins.get(stage) ?? askLogin(stage);
    logins.set(stage, known);
    return known;
  };
  async function askLogin(stage: string): Promise<GivenLogin> {
    try {
      return (typeof login === "function" ? await login(stage) : login) ?? {};
    } catch (error) {
      if (error instanceof AuthCliError) throw error;
      throw new AuthCliError("not-logged-in", {
        message: `cannot get the login of ${stage}: ${error instanceof Error ? error.message : String(error)}`,
      });
    }
  }
  return {
    async findDeployment(ofCheck, { stage = "" }) {
      const { endpoint, identityPoolId } = settingsOf(file, stage);
      if (endpoint === undefined || identityPoolId === undefined) {
        throw new AuthCliError("missing-configuration", {
          message: `the stage ${stage} has no ${endpoint === undefined ? "endpoint" : "identityPoolId"}`,
          cause: `${source} must name both`,
          fix: "take them from the outputs of the stack",
        });
      }
      const found = { stage, apiEndpoint: endpoint, identityPoolId, source, poolSource: source };
      // Of Twitter's login. Its own error is that of the checks that need it.
      const { consumerKey, consumerSecret }: GivenLogin = await loginOf(stage).catch(() => ({}));
      const variables = {
        ...ofCheck.variables,
        TWITTER_CONSUMER_KEY: isText(consumerKey) ? consumerKey : undefined,
        TWITTER_CONSUMER_SECRET: isText(consumerSecret) ? consumerSecret : undefined,
      };
      return checkDeployment(
        { ...ofCheck, variables },
        scopes.get(stage) ?? {},
        findProject(ofCheck),
        found,
        file,
        () => [],
      );
    },
    findLogin: (resolved) =>
      Promise.resolve({
        resolved,
        load: async () => loadLogin(environment, await loginOf(resolved.deployment.stage ?? ""), source),
      }),
    sourceOf: async (stage) => (await logins.get(stage)?.catch(() => undefined))?.source ?? source,
  };
}

/** A program without types may leave out anything. */
type GivenLogin = Partial<TwitterLogin & ProviderLogin & Pick<SmokeLogin, "source">>;

/** @throws AuthCliError `invalid-configuration` that shows no token */
function loadLogin(environment: Environment, login: GivenLogin, otherwise: string): LoadedLogin {
  const { provider, token, accessToken, accessTokenSecret, source = otherwise } = login;
  const given = { source };
  if (isText(provider) && isText(token)) {
    registerLoginToken(environment, token);
    return { ...providerLogin(provider, token), given };
  }
  if (isText(accessToken) && isText(accessTokenSecret)) {
    const credentials = { token: accessToken, secret: accessTokenSecret };
    registerToken(environment, credentials);
    return { ...twitterLogin(credentials), given };
  }
  throw new AuthCliError("invalid-configuration", {
    message: `no login in ${source}`,
    cause: "a login has accessToken and accessTokenSecret, or provider and token",
    fix: `set them in ${source}`,
  });
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
