import type { SigningScope } from "../aws/api-host.ts";
import type { DeployerFlags } from "./deployer-credentials.ts";

/** The flags that choose the deployment. */
export interface DeploymentFlags extends DeployerFlags {
  stage?: string | undefined;
  outputs?: string | undefined;
  endpoint?: string | undefined;
  identityPoolId?: string | undefined;
  service?: string | undefined;
}

/** A deployed stage: its API and its identity pool, and what signatures for the API name. */
export interface Deployment extends SigningScope {
  /** Undefined when flags set endpoint and pool, or the outputs file names no stage. */
  stage: string | undefined;
  apiEndpoint: URL;
  identityPoolId: string;
  /** The API's. The identity pool may be in another one, which its id names. */
  region: string;
  /** Service and region are guesses, since neither the API's host nor a flag names them. */
  isScopeAssumed: boolean;
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
