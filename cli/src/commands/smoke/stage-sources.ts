import type { DeploymentFlags } from "../../deployment/deployment.ts";
import type { ResolvedDeployment } from "../../deployment/resolve-deployment.ts";
import {
  readDeployedTemplates,
  readSamTemplate,
  readSynthesisedTemplates,
  type StageTemplates,
} from "../../deployment/stage-templates.ts";
import { liveFunctionsOfTemplates } from "../../deployment/template-routes.ts";
import { deployCommand } from "../../deployment/deploy-command.ts";
import type { Environment } from "../../environment/environment.ts";
import { AuthCliError } from "../../errors.ts";
import { planRoutes, type RouteFlags, type RoutePlan } from "./routes/plan-routes.ts";

/** What is known of a stage in addition to its addresses. Each source is read once. */
export interface StageSources {
  /** The routes to check, and why these, when that can surprise. */
  planRoutes(): Promise<RoutePlan>;
  /**
   * The functions that run on somebody's computer. Undefined when there are none, or when it is not known.
   * @param ask even if nothing else needs CloudFormation's answer
   */
  findLive(ask: boolean): Promise<LiveStage | undefined>;
}

export interface LiveStage {
  stage: string | undefined;
  /** Logical ids. */
  functions: readonly string[];
  /** For people: `CloudFormation`, or a folder. */
  source: string;
}

/** @param environment its requests end with the run */
export function createStageSources(
  environment: Environment,
  resolved: ResolvedDeployment,
  flags: DeploymentFlags & RouteFlags,
): StageSources {
  let asked: Promise<StageTemplates | undefined> | undefined;
  const deployed = (): Promise<StageTemplates | undefined> =>
    (asked ??= readDeployedTemplates(environment, resolved, flags));
  const { deployment, project, settings } = resolved;
  const synthesised = async (): Promise<StageTemplates | undefined> => {
    if (flags.endpoint !== undefined) return undefined;
    return project.framework === "sam"
      ? readSamTemplate(environment, project)
      : readSynthesisedTemplates(environment, project, deployment.stage, deployment.stackNames);
  };
  return {
    async planRoutes() {
      const named = planRoutes(flags, settings);
      if (named.origin === "flags" || named.origin === "auth-cli.json") return named;
      const { value, refusal } = await orRefusal(deployed);
      const known = value ?? (await synthesised());
      const plan = planRoutes(flags, settings, known?.templates, deployment);
      if (refusal === undefined) return plan;
      const instead =
        plan.origin === "template" ? `the routes in ${known?.source}` : "GET /private and GET /public";
      return {
        ...plan,
        note: `cannot read the deployed template, so smoke checks ${instead}: ${refusal.message}`,
      };
    },
    async findLive(ask) {
      const answer = ask || asked !== undefined ? await orRefusal(deployed) : {};
      const known = answer.value ?? (await synthesised());
      if (known === undefined) return undefined;
      const functions = liveFunctionsOfTemplates(known.templates);
      return functions.length === 0
        ? undefined
        : { stage: deployment.stage, functions, source: known.source };
    },
  };
}

/** One sentence. */
export function describeLive({ stage, functions: { length } }: LiveStage): string {
  const which = length === 1 ? "one function runs" : `${length} functions run`;
  return `the stage ${stage ?? ""} is live: ${which} on the computer of a developer with \`sst dev\`, not in AWS`;
}

/** In CI, a check of code that is not in AWS proves nothing. */
export function liveRefused(live: LiveStage): AuthCliError {
  return new AuthCliError("check-failed", {
    step: "outputs",
    message: describeLive(live),
    cause: `in CI, smoke proves what is deployed; ${live.source} has the bridge of \`sst dev\` as ${live.functions.join(", ")}`,
    fix: `run ${deployCommand(live.stage)}, or pass --allow-live`,
  });
}

async function orRefusal<T>(work: () => Promise<T>): Promise<{ value?: T; refusal?: AuthCliError }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!(error instanceof AuthCliError) || error.code === "interrupted") throw error;
    return { refusal: error };
  }
}
