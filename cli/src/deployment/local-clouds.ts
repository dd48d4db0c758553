import { join } from "node:path";
import type { Environment } from "../environment/environment.ts";
import { AuthCliError, toErrorReport } from "../errors.ts";
import { exchange } from "../http.ts";
import { shellQuote } from "../shell-quote.ts";
import { deployCommand } from "./deploy-command.ts";

export type RecordEnvironment = Pick<
  Environment,
  "variables" | "homeDirectory" | "platform" | "files" | "uniqueName"
>;

/** A local cloud that was started on this computer. The record stays after the local cloud stops. */
export interface LocalCloudRecord {
  /** The local cloud's UUID. The same after a restart with its state. */
  id: string;
  /** Where it was started. */
  folder: string;
  /** Origins of AWS, Twitter and of each API that was deployed to it. */
  origins: string[];
  /** For programs that use it. Empty after it has stopped in good order. */
  environment: Record<string, string>;
  /** The path of its state folder. Without one, its deployments end with it. */
  state?: string;
}

/** Records beyond this number are removed, the oldest first. */
const maximumRecords = 30;

/** `~/.local/state/auth-cli/local-clouds`, by the XDG Base Directory Specification. */
export function localCloudsFolder({
  variables,
  homeDirectory,
  platform,
}: Pick<RecordEnvironment, "variables" | "homeDirectory" | "platform">): string {
  const fallback =
    platform === "win32" && variables["LOCALAPPDATA"]
      ? variables["LOCALAPPDATA"]
      : join(homeDirectory, ".local/state");
  return join(variables["XDG_STATE_HOME"] || fallback, "auth-cli", "local-clouds");
}

/** @returns writes the record, again after each change. A local cloud starts even if the disk is not writable. */
export function createRecord(environment: RecordEnvironment): (record: LocalCloudRecord) => Promise<void> {
  const { files } = environment;
  const folder = localCloudsFolder(environment);
  const byAge = files
    .list(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => join(folder, name))
    .toSorted((one, other) => modified(files, other) - modified(files, one));
  try {
    for (const path of byAge.slice(maximumRecords - 1)) files.remove(path);
  } catch {
    // The next start tries again.
  }
  const path = join(folder, `${environment.uniqueName()}.json`);
  let writing = Promise.resolve();
  return (record) =>
    (writing = writing.then(() => files.writePrivate(path, JSON.stringify(record))).catch(() => {}));
}

function modified(files: RecordEnvironment["files"], path: string): number {
  return files.describe(path)?.modifiedMs ?? 0;
}

/** The newest first. Skips damaged records. */
function readRecords(environment: RecordEnvironment): LocalCloudRecord[] {
  const { files } = environment;
  const folder = localCloudsFolder(environment);
  return files
    .list(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => join(folder, name))
    .toSorted((one, other) => modified(files, other) - modified(files, one))
    .flatMap((path) => {
      try {
        const record = JSON.parse(files.readText(path) ?? "") as Partial<LocalCloudRecord>;
        const { id, folder: started, origins, environment: variables, state } = record;
        return typeof id === "string" && typeof started === "string" && Array.isArray(origins) && variables
          ? [
              {
                id,
                folder: started,
                origins: origins.map(String),
                environment: variables,
                ...(typeof state === "string" && { state }),
              },
            ]
          : [];
      } catch {
        return [];
      }
    });
}

/** How long a local cloud on this computer may take to answer. */
const answerMs = 2000;

/** The records of the local clouds that answer now, the newest first. */
export async function findRunning(
  environment: RecordEnvironment & Pick<Environment, "send">,
): Promise<LocalCloudRecord[]> {
  const candidates = readRecords(environment).filter(({ environment: { AWS_ENDPOINT_URL: address = "" } }) =>
    URL.canParse(address),
  );
  const answers = await Promise.all(candidates.map((record) => isRunning(environment, record)));
  const running = candidates.filter((_record, index) => answers[index]);
  // One that was killed and started again with its state has two records.
  return running.filter(({ id }, index) => running.findIndex((other) => other.id === id) === index);
}

async function isRunning(
  { send }: Pick<Environment, "send">,
  { id, environment: { AWS_ENDPOINT_URL: address = "" } }: LocalCloudRecord,
): Promise<boolean> {
  try {
    const url = new URL("/_local-cloud", address);
    const reply = await exchange(send, {
      step: "local.find",
      method: "GET",
      url,
      headers: [],
      bypassProxy: true,
      timeoutMs: answerMs,
    });
    return (JSON.parse(Buffer.from(reply.body).toString()) as { id?: unknown }).id === id;
  } catch (error) {
    // Only programs in the local cloud's environment trust its certificate.
    return error instanceof AuthCliError && error.code === "tls-refused";
  }
}

/**
 * Without its environment, requests for a deployment in a local cloud would go to Twitter and AWS.
 * @param api the address of the deployment's API
 * @throws AuthCliError `missing-configuration` when a local cloud that runs has the API
 */
export async function requireEnvironmentOf(
  environment: RecordEnvironment & Pick<Environment, "send">,
  api: URL,
): Promise<void> {
  const running = await findRunning(environment);
  const owner = running.find((record) => isOf(record, api));
  if (owner === undefined) return;
  const { port } = new URL(owner.environment["AWS_ENDPOINT_URL"] ?? "");
  throw new AuthCliError("missing-configuration", {
    message: `the API ${api.origin} is in a local cloud, and this terminal does not have its environment`,
    cause: "AWS_ENDPOINT_URL is not set, so the login would be sent to AWS",
    fix: `run \`eval "$(auth-cli local env${running.length > 1 ? ` --port ${port}` : ""})"\`, then the command again`,
  });
}

/** Whether a local cloud that runs has the API. */
export async function isInLocalCloud(
  environment: RecordEnvironment & Pick<Environment, "send">,
  api: URL,
): Promise<boolean> {
  return (await findRunning(environment)).some((record) => isOf(record, api));
}

function isOf({ origins }: LocalCloudRecord, api: URL): boolean {
  return origins.includes(api.origin);
}

/**
 * @param url what did not answer
 * @returns the error to throw: the same one with cause and fix when a local cloud has had this address, or `thrown`
 */
export async function explainStoppedCloud(
  environment: RecordEnvironment & Pick<Environment, "send">,
  url: URL,
  thrown: unknown,
): Promise<unknown> {
  if (!(thrown instanceof AuthCliError) || thrown.code !== "unreachable") return thrown;
  const stopped = readRecords(environment).find(({ origins }) => origins.includes(url.origin));
  if (stopped === undefined) return thrown;
  const running = await findRunning(environment);
  const deploy = deployCommand(undefined);
  if (running.some(({ id }) => id === stopped.id)) {
    return new AuthCliError(thrown.code, {
      ...toErrorReport(thrown),
      cause: "that local cloud runs, but the API is no longer deployed to it",
      fix: `run ${deploy} in its environment; the new API may have another address`,
    });
  }
  if (stopped.state !== undefined) {
    return new AuthCliError(thrown.code, {
      ...toErrorReport(thrown),
      cause: "that local cloud has stopped",
      fix: `start it again: run \`auth-cli local --state ${shellQuote(stopped.state, environment.platform)}\``,
    });
  }
  return new AuthCliError(thrown.code, {
    ...toErrorReport(thrown),
    cause: "that local cloud has stopped, and its deployments are gone",
    fix:
      running.length === 0
        ? `start it again and deploy: run \`auth-cli local\`, then ${deploy} in its environment`
        : `deploy to the local cloud that runs now: run \`eval "$(auth-cli local env)"\`, then ${deploy}`,
  });
}
