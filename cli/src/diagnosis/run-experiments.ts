import type { ResolvedDeployment } from "../deployment/resolve-deployment.ts";
import type { Environment } from "../environment/environment.ts";
import { toAuthCliError } from "../errors.ts";
import { readBody } from "../http.ts";
import type { CallerIdentity } from "../aws/sts.ts";
import type { ApiReply } from "./api-reply.ts";
import { askDeployer, type Deployed, mostDeployerRequests } from "./ask-deployer.ts";
import { askSts, type StsAnswer } from "./ask-sts.ts";
import { type ExperimentName, experimentNames, experiments, type Probe } from "./experiments.ts";
import type { Refusal, Subject } from "./subject.ts";

/** The result of one experiment. */
export type Outcome =
  | { reply: ApiReply; durationMs: number }
  /** Why there was no reply. */
  | { failure: string };

/** The results of the experiments that were made. */
export type Observations = Partial<Record<ExperimentName, Outcome>> & {
  caller?: StsAnswer;
  deployed?: Deployed;
};

/** The limit of each experiment and of STS. They run at the same time. */
const experimentLimitMs = 1500;

/** Bytes of a reply that are read. */
const readLimit = 16 * 1024;

/** The most requests of one diagnosis. */
const mostRequests = 12;

/** The limit of all requests with the deployer's credentials together. IAM is asked after STS. */
const deployerLimitMs = 1900;

/** Refusals whose cause can be the credentials. */
const asksSts = new Set<Refusal>(["forbidden", "unauthorized", "foreign"]);

/** Refusals that a handler can imitate, and that the deployed routes and the role's policy explain. */
const asksDeployer = new Set<Refusal>(["forbidden", "unauthorized", "missing", "throttled"]);

/** @throws AuthCliError `interrupted`, and nothing else */
export async function runExperiments(
  environment: Environment,
  resolved: Pick<ResolvedDeployment, "configuration" | "deployment">,
  subject: Subject,
): Promise<Observations> {
  const { refusal } = subject;
  const observations: Observations = {};
  const names = experimentNames.filter((name) => {
    const { refusals, when } = experiments[name];
    return refusals.includes(refusal) && when?.(subject) !== false;
  });
  const caller = asksSts.has(refusal)
    ? orFailure<StsAnswer>(() => askSts(environment, resolved, subject, experimentLimitMs))
    : undefined;
  const leftRequests = mostRequests - names.length - (caller === undefined ? 0 : 1);
  const deployed =
    asksDeployer.has(refusal) && leftRequests >= mostDeployerRequests
      ? orFailure(() => askDeployer(environment, resolved, subject, identityOf(caller), deployerLimitMs))
      : undefined;
  const [answer, facts] = await Promise.all([
    caller,
    deployed,
    ...names.map(async (name) => {
      observations[name] = await orFailure(async () =>
        send(environment, name, await experiments[name].request(subject)),
      );
    }),
  ]);
  if (answer !== undefined) observations.caller = answer;
  if (facts !== undefined && !("failure" in facts)) observations.deployed = facts;
  return observations;
}

async function identityOf(caller: Promise<StsAnswer> | undefined): Promise<CallerIdentity | undefined> {
  const answer = await caller?.catch(() => undefined);
  return answer !== undefined && "accepted" in answer ? answer.accepted : undefined;
}

/** Undefined when the experiment was not made, or got no reply. */
export function statusOf(outcome: Outcome | undefined): number | undefined {
  return outcome !== undefined && "reply" in outcome ? outcome.reply.status : undefined;
}

async function send(
  environment: Pick<Environment, "send" | "now">,
  name: ExperimentName,
  probe: Probe,
): Promise<Outcome> {
  const started = environment.now();
  const { status, headers, body, timings } = await environment.send({
    ...probe,
    step: `diagnosis.${name}`,
    timeoutMs: experimentLimitMs,
  });
  const text = (await readBody(body, readLimit)).toString("utf8");
  const reply: ApiReply = { status, headers, text, ...(probe.method === "HEAD" && { headOnly: true }) };
  return { reply, durationMs: timings?.().waitMs ?? environment.now() - started };
}

async function orFailure<T>(work: () => Promise<T>): Promise<T | { failure: string }> {
  try {
    return await work();
  } catch (thrown) {
    const error = toAuthCliError(thrown);
    if (error.code === "interrupted") throw error;
    return { failure: error.message };
  }
}
