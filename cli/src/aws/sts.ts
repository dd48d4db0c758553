import { AuthCliError, type ErrorDetails } from "../errors.ts";
import { excerpt, type Reply } from "../http.ts";
import type { TimedRequest } from "../server-clock.ts";
import { text } from "./aws-xml.ts";
import {
  type AwsContext,
  type AwsOperation,
  awsRequest,
  type AwsRefusal,
  queryCall,
  queryRequest,
  type QueryService,
  queryResult,
  readQueryResponse,
  unexpectedReply,
} from "./control-plane.ts";
import { serviceAddress } from "./partition.ts";

/** The principal that AWS recognizes in some credentials. */
export interface CallerIdentity {
  /** `arn:aws:sts::<account>:assumed-role/<role>/CognitoIdentityCredentials` */
  arn: string;
  account: string;
}

const operation = "GetCallerIdentity";

/**
 * The one call that all valid credentials may make, whatever their policies.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export function getCallerIdentityRequest(context: Omit<AwsContext, "nowMs">): TimedRequest {
  const call = queryCall(serviceIn(context.region), operation, {});
  return {
    ...awsRequest(context, call),
    step: "sts.get-caller-identity",
    isRefusedForTime,
    toleratedSeconds: 0,
  };
}

/** The same with the deployer's credentials. */
export const getDeployerIdentity: AwsOperation<CallerIdentity> = {
  service: "STS",
  request: (context) => queryRequest(context, serviceIn(context.region), operation, {}),
  read: (reply) => callerIdentity(reply, queryResult(reply, operation)),
};

function serviceIn(region: string): QueryService {
  return { service: "sts", address: serviceAddress("sts", region), version: "2011-06-15" };
}

/** `RequestExpired`, or `SignatureDoesNotMatch` with "Signature expired" or "Signature not yet current". */
function isRefusedForTime(_status: number, body: string): boolean {
  return /RequestExpired|RequestTimeTooSkewed|Signature expired|Signature not yet current/.test(body);
}

/** Whether STS refused the time of a signature. */
export function isClockRefusal({ code, message }: AwsRefusal): boolean {
  return isRefusedForTime(403, `${code} ${message}`);
}

/**
 * The caller, or the reason why AWS does not accept the credentials.
 * @throws AuthCliError `unexpected-reply` when the reply is not from STS
 */
export function readGetCallerIdentityResponse(reply: Reply): CallerIdentity | AwsRefusal {
  const { result, refusal } = readQueryResponse(reply, operation);
  return refusal ?? callerIdentity(reply, result);
}

/**
 * For the credentials of an identity.
 * @throws AuthCliError `cognito-refused` or `clock-refused` when AWS does not accept them
 */
export function processGetCallerIdentityResponse(reply: Reply): CallerIdentity {
  const read = readGetCallerIdentityResponse(reply);
  if ("arn" in read) return read;
  throw new AuthCliError(isClockRefusal(read) ? "clock-refused" : "cognito-refused", {
    step: reply.step,
    message: `AWS does not accept the credentials: ${read.code}: ${excerpt(read.message)}`,
    ...explain(read),
  });
}

function callerIdentity(reply: Reply, result: unknown): CallerIdentity {
  const arn = text(result, "Arn");
  const account = text(result, "Account");
  if (arn === undefined || account === undefined) throw unexpectedReply(reply, "Arn or Account");
  return { arn, account };
}

const logInAgain = "run `auth-cli login` again to get new ones";

function explain(refusal: AwsRefusal): Pick<ErrorDetails, "cause" | "fix"> {
  if (isClockRefusal(refusal)) {
    return { cause: "this computer's clock is wrong", fix: "set the clock of this computer" };
  }
  switch (refusal.code) {
    case "ExpiredToken":
    case "ExpiredTokenException":
      return { cause: "the credentials have expired", fix: logInAgain };
    case "InvalidClientTokenId":
    case "UnrecognizedClientException":
      return {
        cause:
          "AWS does not know the credentials: they come from another cloud, or the session token is wrong",
        fix: `${logInAgain}; check AWS_ENDPOINT_URL`,
      };
    case "SignatureDoesNotMatch":
      return {
        cause: "the secret access key does not belong to the access key id, or a proxy changed the request",
        fix: `${logInAgain}; if that does not help, check the proxies in use`,
      };
    default:
      return { fix: logInAgain };
  }
}

/** The role's name in the ARN of an assumed role. */
export function roleName({ arn }: CallerIdentity): string | undefined {
  return /:assumed-role\/([^/]+)\//.exec(arn)?.[1];
}
