import type { ResolvedDeployment } from "../deployment/resolve-deployment.ts";
import type { Environment } from "../environment/environment.ts";
import { AuthCliError, toAuthCliError } from "../errors.ts";
import { readBody } from "../http.ts";
import type { ApiReply } from "./api-reply.ts";
import { askCaller, type Caller } from "./ask-sts.ts";
import { again } from "./experiments/again.ts";
import { atOwnEndpoint } from "./experiments/at-own-endpoint.ts";
import type { Experiment, Outcome, Probe } from "./experiments.ts";
import { forOtherRegion } from "./experiments/for-other-region.ts";
import { forOwnHost } from "./experiments/for-own-host.ts";
import { otherStagePath } from "./endpoint-paths.ts";
import { pastProxy } from "./experiments/past-proxy.ts";
import { signedInQuery } from "./experiments/signed-in-query.ts";
import { tokenInQuery } from "./experiments/token-in-query.ts";
import { unsigned } from "./experiments/unsigned.ts";
import { unusedPath } from "./experiments/unused-path.ts";
import { withGet } from "./experiments/with-get.ts";
import { withoutHeaders } from "./experiments/without-headers.ts";
import { withoutQuery } from "./experiments/without-query.ts";
import type { Subject } from "./subject.ts";

/** At most eleven are of use to one refusal; with STS that is a dozen requests. */
const experiments = {
  again,
  unsigned,
  unusedPath,
  withGet,
  otherStagePath,
  withoutQuery,
  withoutHeaders,
  signedInQuery,
  tokenInQuery,
  forOtherRegion,
  pastProxy,
  atOwnEndpoint,
  forOwnHost,
} satisfies Record<string, Experiment>;

export type ExperimentName = keyof typeof experiments;

/** What came of each that was made. */
export type Observations = Partial<Record<ExperimentName, Outcome>> & { caller?: Caller };

/** Each of them for itself; all at once, so that the whole takes no longer than the slowest. */
export const experimentLimitMs = 1500;

/** Of a reply only the start counts. */
const readLimit = 16 * 1024;

/** @throws AuthCliError `interrupted`, and nothing else */
export async function runExperiments(
  environment: Pick<Environment, "send" | "now">,
  resolved: Pick<ResolvedDeployment, "configuration" | "deployment">,
  subject: Subject,
): Promise<Observations> {
  const observations: Observations = {};
  await Promise.all([
    ...Object.entries(experiments).map(async ([name, experiment]) => {
      const outcome = await orFailure(async () => {
        const probe = await experiment(subject);
        return probe && send(environment, name, probe);
      });
      if (outcome !== undefined) observations[name as ExperimentName] = outcome;
    }),
    (async () => {
      if (!["forbidden", "unauthorized", "foreign"].includes(subject.refusal)) return;
      observations.caller = await orFailure(() =>
        askCaller(environment, resolved, subject, experimentLimitMs),
      );
    })(),
  ]);
  return observations;
}

async function send(
  environment: Pick<Environment, "send" | "now">,
  name: string,
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
    if (error instanceof AuthCliError && error.code === "interrupted") throw error;
    return { failure: error.message };
  }
}
