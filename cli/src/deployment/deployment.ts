import type { DeployerFlags } from "./deployer-credentials.ts";

/** The flags that choose the deployment. */
export interface DeploymentFlags extends DeployerFlags {
  stage?: string | undefined;
  outputs?: string | undefined;
  endpoint?: string | undefined;
  identityPoolId?: string | undefined;
  region?: string | undefined;
}

/** A deployed stage: its API and its identity pool. */
export interface Deployment {
  /** Undefined when flags set endpoint and pool, or the outputs file names no stage. */
  stage: string | undefined;
  apiEndpoint: URL;
  identityPoolId: string;
  region: string;
  /** The source of endpoint and pool id, for display. */
  source: string;
  /** The names of its CloudFormation stacks, if the source has them. */
  stackNames?: readonly string[] | undefined;
}

/** The deployment of a stored login. */
export interface RememberedDeployment {
  appName: string | undefined;
  stage: string | undefined;
  apiEndpoint: string;
  identityPoolId: string;
}
