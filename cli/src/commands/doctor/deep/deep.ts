import { describeIdentityPool, getIdentityPoolRoles } from "../../../aws/identity-pool.ts";
import { attempt } from "../attempt.ts";
import type { Examination } from "../examination.ts";
import { type Finding, fromError, skipped } from "../finding.ts";
import { findDeployer } from "./deployer.ts";
import { examinePool } from "./pool.ts";
import { examineRole } from "./role.ts";
import { examineRoutes, readApi } from "./routes.ts";
import { examineLive, examineTemplates } from "./template.ts";

/** Checks what only the deployer may read: pool, role, routes and template. Changes nothing. */
export async function examineDeep(examination: Examination): Promise<Finding[]> {
  if (examination.resolved.value === undefined) {
    return [skipped("deployer.credentials", "the deployment is unknown")];
  }
  const { deployment } = examination.resolved.value;
  // The answers show whether this computer's clock is right, before it is used to sign.
  await examination.probes;
  const { finding, deployer } = await findDeployer(examination, deployment);
  if (deployer === undefined) return [finding];

  const { ask } = deployer;
  const { identityPoolId } = deployment;
  const pool = attempt(() => ask(describeIdentityPool(identityPoolId)));
  const roles = attempt(() => ask(getIdentityPoolRoles(identityPoolId)));
  const api = attempt(() => readApi(deployer, deployment));
  const groups = {
    pool: async () => examinePool(examination, await pool),
    role: async () => examineRole(deployer, deployment, await roles, await api),
    routes: async () => examineRoutes(examination, await api),
    template: async () =>
      (
        await Promise.all([examineTemplates(examination, deployer, deployment), examineLive(examination)])
      ).flat(),
  };
  const found = await Promise.all(
    Object.entries(groups).map(async ([topic, examine]): Promise<Finding[]> => {
      const { value, error } = await attempt(examine);
      return error === undefined ? value : [fromError(`${topic as keyof typeof groups}.examination`, error)];
    }),
  );
  return [finding, ...found.flat()];
}
