import type { DeployerFlags } from "./deployer-credentials.ts";

/** The flags that say which deployment is meant. */
export interface DeploymentFlags extends DeployerFlags {
  stage?: string | undefined;
  outputs?: string | undefined;
  endpoint?: string | undefined;
  identityPoolId?: string | undefined;
  region?: string | undefined;
}

/** A deployed stage: where its API is, and which pool opens it. */
export interface Deployment {
  /** Undefined when endpoint and pool were given by hand, or the outputs file names no stage. */
  stage: string | undefined;
  apiEndpoint: URL;
  identityPoolId: string;
  region: string;
  /** Where endpoint and pool id came from, to be told to a person. */
  source: string;
  /** Names of its CloudFormation stacks, where the source has them. */
  stackNames?: readonly string[] | undefined;
}

/** What a stored login says of its deployment. */
export interface RememberedDeployment {
  appName: string | undefined;
  stage: string | undefined;
  apiEndpoint: string;
  identityPoolId: string;
}
