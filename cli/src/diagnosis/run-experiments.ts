import type { ResolvedDeployment } from "../deployment/resolve-deployment.ts";
import type { Environment } from "../environment/environment.ts";
import { toAuthCliError } from "../errors.ts";
import { readBody } from "../http.ts";
import type { ApiReply } from "./api-reply.ts";
import { askSts, type StsAnswer } from "./ask-sts.ts";
import { type ExperimentName, experimentNames, experiments, type Probe } from "./experiments.ts";
import type { Subject } from "./subject.ts";

/** The result of one experiment. */
export type Outcome =
  | { reply: ApiReply; durationMs: number }
  /** Why there was no reply. */
  | { failure: string };

/** The results of the experiments that were made. */
export type Observations = Partial<Record<ExperimentName, Outcome>> & { caller?: StsAnswer };

/** For each experiment. They run at the same time, so the diagnosis takes no longer than the slowest. */
export const experimentLimitMs = 1500;

/** Bytes of a reply that are read. */
const readLimit = 16 * 1024;

/** @throws AuthCliError `interrupted`, and nothing else */
export async function runExperiments(
  environment: Pick<Environment, "send" | "now">,
  resolved: Pick<ResolvedDeployment, "configuration" | "deployment">,
  subject: Subject,
): Promise<Observations> {
  const observations: Observations = {};
  const asksSts = ["forbidden", "unauthorized", "foreign"].includes(subject.refusal);
  await Promise.all([
    ...experimentNames.map(async (name) => {
      const { refusals, when, request } = experiments[name];
      if (!refusals.includes(subject.refusal) || when?.(subject) === false) return;
      observations[name] = await orFailure(async () => send(environment, name, await request(subject)));
    }),
    (async () => {
      if (!asksSts) return;
      observations.caller = await orFailure(() => askSts(environment, resolved, subject, experimentLimitMs));
    })(),
  ]);
  return observations;
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
