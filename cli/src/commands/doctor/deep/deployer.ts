import {
  type DeployerCredentials,
  findDeployerCredentials,
} from "../../../deployment/deployer-credentials.ts";
import type { Deployment } from "../../../deployment/deployment.ts";
import { regionOfPool } from "../../../deployment/region.ts";
import { deployerEndpoint } from "../../../deployment/service-addresses.ts";
import { AuthCliError } from "../../../errors.ts";
import type { AwsOperation } from "../../../aws/control-plane.ts";
import { exchange, type HttpRequest } from "../../../http.ts";
import { type CallerIdentity, getDeployerIdentity } from "../../../aws/sts.ts";
import { attempt } from "../attempt.ts";
import type { Examination } from "../examination.ts";
import { fault, type Finding, fromError, ok, skipped } from "../finding.ts";

/** One call to AWS with the deployer's credentials. */
type Ask = <T>(operation: AwsOperation<T>) => Promise<T>;

export interface Deployer {
  identity: CallerIdentity;
  ask: Ask;
}

/** For all calls together. */
const limitMs = 15_000;

/** The deployer, if there are valid credentials. */
export async function findDeployer(
  examination: Examination,
  { region, identityPoolId }: Deployment,
): Promise<{ finding: Finding; deployer?: Deployer }> {
  const { environment, configuration, flags } = examination;
  const name = "deployer.credentials";
  const found = await attempt(() => findDeployerCredentials(environment, configuration, flags));
  if (found.error !== undefined) return { finding: fromError(name, found.error) };
  if (found.value === undefined) {
    return {
      finding: fault(name, "found no AWS credentials of a deployer, which --deep needs", {
        evidence: ["auth-cli looked at --profile, the environment, the project and the AWS files"],
        fix: "pass --profile NAME, or run `aws configure`",
      }),
    };
  }
  const regionOf = ({ service }: AwsOperation<unknown>): string =>
    service === "COGNITO_IDENTITY" ? regionOfPool(identityPoolId) : region;
  const ask = asker(examination, regionOf, found.value);
  const identity = await attempt(() => ask(getDeployerIdentity));
  if (identity.error !== undefined) return { finding: fromError(name, identity.error) };
  const { arn, account } = identity.value;
  return {
    finding: ok(name, `${arn}, account ${account}`),
    deployer: { identity: identity.value, ask },
  };
}

function asker(
  { environment, configuration }: Examination,
  regionOf: (operation: AwsOperation<unknown>) => string,
  credentials: DeployerCredentials,
): Ask {
  const deadlineMs = environment.now() + limitMs;
  return async (operation) => {
    const endpoint = await deployerEndpoint(configuration, `AWS_ENDPOINT_URL_${operation.service}`);
    const nowMs = environment.serverClock.now();
    const signed = await operation.request({ credentials, region: regionOf(operation), endpoint, nowMs });
    const timeoutMs = deadlineMs - environment.now();
    if (timeoutMs <= 0) throw outOfTime(signed);
    return operation.read(await exchange(environment.send, { ...signed, timeoutMs }));
  };
}

function outOfTime({ step, url }: HttpRequest): AuthCliError {
  return new AuthCliError("timeout", {
    step,
    message: `did not ask ${url.host}: the ${limitMs / 1000} s for all calls to AWS are over`,
  });
}

/** The finding whose look-up failed. */
export function lookupFinding(name: Finding["name"], error: AuthCliError): Finding {
  if (error.code === "aws-permission-missing") {
    return skipped(name, `not checked: the deployer's credentials lack ${error.step ?? "a permission"}`, {
      evidence: [error.message],
      fix: error.fix ?? "",
    });
  }
  if (error.code === "aws-not-found" || error.code === "aws-refused") return fromError(name, error);
  return fromError(name, error, "skipped");
}
