import type { ResolvedDeployment } from "../deployment/resolve-deployment.ts";
import type { Environment } from "../environment.ts";
import type { Progress } from "./report.ts";

/** What every check works on. */
export interface Chain {
  environment: Environment;
  resolved: ResolvedDeployment;
  /** The open route and the protected one. */
  routes: { public: string; private: string };
  /** Told of each check. */
  tell: (event: Progress) => void;
}
