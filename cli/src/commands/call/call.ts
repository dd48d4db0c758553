import { dirname, resolve } from "node:path";
import { requireSignable } from "../../aws/sigv4.ts";
import type { DeploymentFlags } from "../../deployment/deployment.ts";
import { resolveDeployment } from "../../deployment/resolve-deployment.ts";
import type { Environment } from "../../environment/environment.ts";
import { AuthCliError } from "../../errors.ts";
import { excerpt, headerValue, type HttpResponse } from "../../http.ts";
import { findLogin } from "../../session/find-login.ts";
import { requireChosenApi, resolveForLogin } from "../../session/login-addresses.ts";
import { readSessions } from "../../session/sessions.ts";
import { buildRequest, requirePath, type RequestFlags } from "./build-request.ts";
import { createSender, type SendFlags } from "./create-sender.ts";
import type { Explained, explainRefusal } from "./explain-refusal.ts";
import { explainStatus, httpError } from "./http-error.ts";
import { endLine, printJson, printResponse, type PrintFlags } from "./print-response.ts";
import type { Notice } from "./retry.ts";
import type { WriteOut } from "./write-out.ts";

export interface CallFlags extends DeploymentFlags, RequestFlags, SendFlags, PrintFlags {
  user?: string;
  json?: boolean;
  writeOut?: string;
  /** False with `--no-fail`. */
  fail?: boolean;
  unsigned?: boolean;
  /** False with `--no-diagnosis`. */
  diagnosis?: boolean;
}

/**
 * `auth-cli call <path>`: signs a request with the credentials of the login, and sends it.
 * @param target a path, an absolute URL of the API, or a method and one of them
 * @throws AuthCliError `http-status` for HTTP ≥ 400, after the response was printed
 */
export async function call(
  target: readonly string[],
  flags: CallFlags,
  environment: Environment,
): Promise<void> {
  requirePath(target);
  const startedMs = environment.now();
  const sessions = readSessions(environment);
  const found = await resolveDeployment(environment, flags, () => sessions);
  const { deployment } = found;
  // Usage errors come first, before a request to Cognito or the API.
  requireOutputFolder(environment, flags.output);
  const request = await buildRequest(environment, deployment.apiEndpoint, target, flags);
  if (!flags.unsigned) requireSignable(request.headers);
  const writeOut = await prepareOutput(environment, flags);

  const login = flags.unsigned ? undefined : await findLogin(environment, found, sessions, flags.user);
  const resolved = login === undefined ? found : resolveForLogin(found, login, sessions);
  requireChosenApi(resolved);
  const notice: Notice = (text) => environment.terminal.say(`* ${text}`);
  const { identity, sign, send } = await createSender(
    environment,
    resolved,
    { request, login },
    flags,
    notice,
  );
  if (flags.dryRun) {
    const { dryRun } = await import("./dry-run.ts");
    return dryRun(environment, request, await sign(environment.now()), deployment);
  }

  const first = await send().catch(async (error: unknown) => {
    // curl's %{http_code} is then 000.
    const text = writeOut?.({ request, response: undefined, size: 0, error });
    if (text !== undefined) await environment.terminal.printBytes(text);
    await endLine(environment, text?.at(-1));
    throw error;
  });
  const explained = wantsDiagnosis(first, flags)
    ? await explain(
        { environment, resolved, request, credentials: identity()?.credentials },
        first,
        send,
        notice,
      )
    : undefined;
  const answer = explained?.response ?? first;
  let size = 0;
  const response = writeOut === undefined ? answer : counted(answer, (length) => (size += length));
  const isFailure = response.status >= 400 && flags.fail !== false;
  const error = isFailure
    ? httpError(
        request,
        response,
        explained?.diagnosis ?? explainStatus(response.status, { signed: identity() !== undefined }),
      )
    : undefined;

  const last = await (flags.json
    ? printJson(environment, response, { identityId: identity()?.identityId, startedMs, jq: flags.jq })
    : printResponse(environment, response, flags));
  const text = writeOut?.({ request, response, size, error });
  if (text !== undefined) await environment.terminal.printBytes(text);
  await endLine(environment, text?.at(-1) ?? last);
  if (error !== undefined) {
    if (login?.given === undefined) throw error;
    const { nameGivenLogin } = await import("../../session/given-login.ts");
    throw nameGivenLogin(error, login.given);
  }
  if (redirects.has(response.status)) {
    const location = headerValue(response.headers, "location");
    notice(
      `HTTP ${response.status}: redirect${location === undefined ? "" : ` to ${excerpt(location)}`} not followed`,
    );
  }
}

/** Rejects a wrong `--jq` or `--write-out` before anything is sent. */
async function prepareOutput(
  environment: Environment,
  { jq, writeOut }: CallFlags,
): Promise<WriteOut | undefined> {
  if (jq !== undefined) {
    const { requireJq } = await import("./json-result.ts");
    await requireJq(environment, jq);
  }
  if (writeOut === undefined) return undefined;
  const { readWriteOut } = await import("./write-out.ts");
  return readWriteOut(environment, writeOut);
}

function counted(response: HttpResponse, count: (length: number) => void): HttpResponse {
  const { body } = response;
  return {
    ...response,
    body: (async function* () {
      for await (const chunk of body) {
        count(chunk.length);
        yield chunk;
      }
    })(),
  };
}

/** RFC 9110 15.4. HTTP 304 answers a conditional request, 300 offers a choice. */
const redirects = new Set([301, 302, 303, 307, 308]);

/** Loaded only for a refusal. */
async function explain(...parameters: Parameters<typeof explainRefusal>): Promise<Explained> {
  const { explainRefusal: run } = await import("./explain-refusal.ts");
  return run(...parameters);
}

function requireOutputFolder({ files, workingDirectory }: Environment, output: string | undefined): void {
  if (output === undefined || output === "-") return;
  const folder = dirname(resolve(workingDirectory, output));
  if (files.exists(folder)) return;
  throw new AuthCliError("invalid-usage", {
    message: `cannot write ${output} (--output)`,
    cause: `the folder ${folder} does not exist`,
    fix: `run \`mkdir -p ${folder}\``,
  });
}

function wantsDiagnosis({ status }: HttpResponse, flags: CallFlags): boolean {
  return status >= 400 && flags.fail !== false && flags.diagnosis !== false;
}
