import { findProject, type Project } from "../../deployment/project.ts";
import { resolveDeployment } from "../../deployment/resolve-deployment.ts";
import { requireCognitoOfApi } from "../../deployment/service-addresses.ts";
import type { Environment } from "../../environment/environment.ts";
import { findLogin } from "../../session/find-login.ts";
import { requireChosenApi, resolveForLogin } from "../../session/login-addresses.ts";
import { readSessions } from "../../session/sessions.ts";
import type { StageFinder } from "./run-stages.ts";

/**
 * The stages of the project in this folder, and their stored logins.
 * @param user whose login
 * @throws AuthCliError for stored logins of a newer auth-cli
 */
export function projectStages(environment: Environment, user: string | undefined): StageFinder {
  const sessions = readSessions(environment);
  let project: Project | undefined;
  return {
    async findDeployment(ofCheck, flags) {
      project ??= findProject(environment);
      return resolveDeployment(ofCheck, flags, () => sessions, project);
    },
    async findLogin(found) {
      const login = await findLogin(environment, found, sessions, user);
      const resolved = resolveForLogin(found, login, sessions);
      return {
        resolved,
        async load() {
          requireChosenApi(resolved);
          await requireCognitoOfApi(environment, resolved.configuration, resolved.deployment);
          return login.load();
        },
      };
    },
  };
}
