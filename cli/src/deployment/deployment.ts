import type { SigningScope } from "../aws/api-host.ts";
import type { DeployerFlags } from "./deployer-credentials.ts";

/** The flags that choose the deployment. */
export interface DeploymentFlags extends DeployerFlags {
  stage?: string | undefined;
  outputs?: string | undefined;
  /** The name of the API's output. */
  api?: string | undefined;
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
  /** The source of the region, for display. */
  regionSource: string;
  /** Service and region are guesses, since neither the API's host nor a flag names them. */
  isScopeAssumed: boolean;
  /** The source of the endpoint, for display. */
  source: string;
  /** The source of the pool id, for display. */
  poolSource: string;
  /** The name of the API's output, unless it is ApiEndpoint. */
  apiName?: string | undefined;
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
