import { Configuration, type Setting } from "../../deployment/configuration.ts";
import { findOutputs, type FoundOutputs } from "../../deployment/find-outputs.ts";
import { loadProjectFile } from "../../deployment/load-project-file.ts";
import { findProject, type Project } from "../../deployment/project.ts";
import { checkDeployment, type ResolvedDeployment } from "../../deployment/resolve-deployment.ts";
import type { DeploymentFlags } from "../../deployment/deployment.ts";
import { findStageSetting } from "../../deployment/stage.ts";
import type { Environment } from "../../environment/environment.ts";
import { type Attempt, attempt } from "./attempt.ts";
import type { Finding, Topic } from "./finding.ts";
import { type Probe, probeServices } from "./probes.ts";
import { findSession, inspectSessions, type InspectedSessions } from "../../session/sessions.ts";

export interface DoctorFlags extends DeploymentFlags {
  user?: string | undefined;
  deep?: boolean | undefined;
  allowGuests?: boolean | undefined;
  json?: boolean | undefined;
}

/** What the groups of findings look at. A part that could not be read is there as its error. */
export interface Examination {
  environment: Environment;
  flags: DoctorFlags;
  project: Project;
  stage: Attempt<Setting | undefined>;
  configuration: Configuration;
  /** The error of unreadable `.env` files. `configuration` then skips them. */
  dotenvFault: Attempt<unknown>;
  sessions: InspectedSessions;
  /** Endpoint and pool as written, well-formed or not. */
  found: Attempt<FoundOutputs>;
  resolved: Attempt<ResolvedDeployment>;
  /** One short request to each service. Several groups use the answers. */
  probes: Promise<Probe[]>;
}

/** Whether the identity pool means to issue identities without a login. */
export function meansGuests({ flags, resolved }: Examination): boolean {
  return flags.allowGuests === true || resolved.value?.settings?.allowGuests === true;
}

/** A group of findings. An error that it throws becomes a finding of its topic. */
export interface Group {
  topic: Topic;
  examine: (examination: Examination) => Finding[] | Promise<Finding[]>;
}

export async function beginExamination(environment: Environment, flags: DoctorFlags): Promise<Examination> {
  const project = findProject(environment);
  const stage = await attempt(() => findStageSetting(environment, flags, project));
  const sessions = inspectSessions(environment);
  const file = await attempt(() => loadProjectFile(environment, project.root));
  const found = await attempt(() => {
    if (file.error !== undefined) throw file.error;
    return findOutputs(environment, flags, project, stage.value?.value, file.value, () => sessions.sessions);
  });
  const resolved = await attempt(() => {
    if (found.error !== undefined) throw found.error;
    const stageName = found.value.stage ?? stage.value?.value;
    return checkDeployment(
      environment,
      flags,
      project,
      { ...found.value, stage: stageName },
      file.value,
      () => sessions.sessions,
    );
  });
  const { configuration, dotenvFault } = await readConfiguration(
    environment,
    project,
    found.value?.stage ?? stage.value?.value,
  );
  const pool = resolved.value?.deployment.identityPoolId ?? "";
  const login = findSession(sessions.sessions, pool, flags.user);
  const known = {
    environment,
    flags,
    project,
    stage,
    configuration: configuration.withLoginAddresses(login?.addresses),
    dotenvFault,
    sessions,
    found,
    resolved,
  };
  return { ...known, probes: probeServices(known) };
}

/** A broken `.env` file must not stop the other findings. */
async function readConfiguration(
  environment: Environment,
  project: Project,
  stage: string | undefined,
): Promise<Pick<Examination, "configuration" | "dotenvFault">> {
  const configuration = new Configuration(environment, project, stage);
  const dotenvFault = await attempt(() => configuration.findAll("TWITTER_CONSUMER_KEY"));
  if (dotenvFault.error === undefined) return { configuration, dotenvFault };
  const files = { ...environment.files, readText: () => undefined };
  return { configuration: new Configuration({ ...environment, files }, project, stage), dotenvFault };
}
