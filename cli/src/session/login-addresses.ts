import type { ResolvedDeployment } from "../deployment/resolve-deployment.ts";
import { AuthCliError } from "../errors.ts";
import type { Login } from "./find-login.ts";
import { apisOf, type Session } from "./sessions.ts";

/** The deployment, with the addresses where the secrets of a login may go. */
export function resolveForLogin(
  resolved: ResolvedDeployment,
  { session }: Pick<Login, "session">,
  sessions: readonly Session[],
): ResolvedDeployment {
  if (session === undefined) return resolved;
  return {
    ...resolved,
    configuration: resolved.configuration.withLoginAddresses(session.addresses),
    loginApis: sessions
      .filter(({ identityPoolId }) => identityPoolId === session.identityPoolId)
      .flatMap(apisOf),
  };
}

/**
 * Checks the address of the API before it gets a request with the credentials of a stored login. A project's file may
 * name only an API that a login to the same identity pool was made with.
 * @throws AuthCliError `untrusted-address`
 */
export function requireChosenApi(resolved: ResolvedDeployment): void {
  const { apiEndpoint, source, stage } = resolved.deployment;
  if (isTrustedApi(resolved)) return;
  const address = apiEndpoint.href.replace(/\/$/, "");
  const flag = stage === undefined ? "" : ` --stage ${stage}`;
  throw new AuthCliError("untrusted-address", {
    message: `${source} names the API ${address}, and the login was made with ${resolved.loginApis?.at(-1) ?? "another"}`,
    cause:
      "a project's file may not decide where AWS credentials go; after a deploy that replaced the API, the login still names the earlier one",
    fix: `if you trust the address, run \`auth-cli login${flag}\` to use it for the login, or add \`--endpoint ${/^[\w.:/[\]-]+$/.test(address) ? address : "<address>"}\` to allow it once`,
  });
}

/** Whether the user named the API, a login to the same pool was made with it, or the login in use is not a stored one. */
export function isTrustedApi({ deployment, isApiChosen, loginApis }: ResolvedDeployment): boolean {
  const api = withoutSlash(deployment.apiEndpoint.href);
  return isApiChosen || loginApis === undefined || loginApis.some((each) => withoutSlash(each) === api);
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
