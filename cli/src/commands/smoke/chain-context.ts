import type { ResolvedDeployment } from "../../deployment/resolve-deployment.ts";
import type { Environment } from "../../environment/environment.ts";
import type { Checks } from "./check-runner.ts";

/** What every check works on. */
export interface Chain {
  /** Its `send` ends with `--timeout`. What a check sends goes through the one that it is given. */
  environment: Environment;
  resolved: ResolvedDeployment;
  checks: Checks;
}
