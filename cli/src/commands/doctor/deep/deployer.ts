import {
  type DeployerCredentials,
  findDeployerCredentials,
} from "../../../deployment/deployer-credentials.ts";
import type { Deployment } from "../../../deployment/deployment.ts";
import { awsEndpoint } from "../../../deployment/service-addresses.ts";
import type { AuthCliError } from "../../../errors.ts";
import type { AwsContext } from "../../../aws/control-plane.ts";
import { exchange, type HttpRequest, type Reply } from "../../../http.ts";
import {
  type CallerIdentity,
  deployerIdentityRequest,
  processDeployerIdentityResponse,
} from "../../../aws/sts.ts";
import { attempt } from "../attempt.ts";
import { boundedSend } from "../bounded-send.ts";
import type { Examination } from "../examination.ts";
import { fault, type Finding, fromError, ok, skipped } from "../finding.ts";

/** The AWS services that only a deployer asks, by what the variable for its address ends in. */
type DeployerService = "STS" | "COGNITO_IDENTITY" | "IAM" | "APIGATEWAYV2" | "CLOUDFORMATION";

/** One call to AWS with the deployer's credentials. */
type Ask = <T>(
  service: DeployerService,
  request: (context: AwsContext) => Promise<HttpRequest>,
  process: (reply: Reply) => T,
) => Promise<T>;

export interface Deployer {
  identity: CallerIdentity;
  ask: Ask;
}

/** For all that is asked of AWS, one call behind the other. */
const limitMs = 15_000;

/** Who deploys, when the credentials for that are at hand and good. */
export async function findDeployer(
  examination: Examination,
  { region }: Deployment,
): Promise<{ finding: Finding; deployer?: Deployer }> {
  const { environment, configuration, flags } = examination;
  const name = "deployer.credentials";
  const found = await attempt(() => findDeployerCredentials(environment, configuration, flags));
  if (found.error !== undefined) return { finding: fromError(name, found.error) };
  if (found.value === undefined) {
    return {
      finding: fault(
        name,
        "there are no AWS credentials of a deployer at hand, so that --deep sees nothing",
        {
          evidence: ["looked at were --profile, the environment and the AWS files of this user"],
          fix: 'run `eval "$(aws configure export-credentials --format env)"`, or name a profile with keys by --profile',
        },
      ),
    };
  }
  const ask = asker(examination, region, found.value);
  const identity = await attempt(() => ask("STS", deployerIdentityRequest, processDeployerIdentityResponse));
  if (identity.error !== undefined) return { finding: fromError(name, identity.error) };
  const { arn, account } = identity.value;
  return {
    finding: ok(name, `${arn}, account ${account}`),
    deployer: { identity: identity.value, ask },
  };
}

function asker(
  { environment, configuration }: Examination,
  region: string,
  credentials: DeployerCredentials,
): Ask {
  const send = boundedSend(environment.send, environment.now, limitMs);
  return async (service, request, process) => {
    const endpoint = await awsEndpoint(configuration, `AWS_ENDPOINT_URL_${service}`);
    const context = { credentials, region, endpoint, nowMs: environment.serverClock.now() };
    return process(await exchange(send, await request(context)));
  };
}

/** What a look-up that failed says of the finding that it was for. */
export function lookupFinding(name: Finding["name"], error: AuthCliError): Finding {
  if (error.code === "aws-permission-missing") {
    return skipped(name, `it could not be looked at: the deployer lacks ${error.step ?? "a permission"}`, {
      evidence: [error.message],
      fix: error.fix ?? "",
    });
  }
  if (error.code === "aws-not-found" || error.code === "aws-refused") return fromError(name, error);
  return fromError(name, error, "skipped");
}
