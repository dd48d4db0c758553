import { AuthCliError, type ErrorDetails } from "../errors.ts";
import { excerpt, type Reply, replyText, type Signed } from "../http.ts";
import type { TimedRequest } from "../server-clock.ts";
import { type AwsCredentials, sigV4Intermediates, signSigV4 } from "./sigv4.ts";

/** Who AWS takes the holder of some credentials for. */
export interface CallerIdentity {
  /** `arn:aws:sts::<account>:assumed-role/<role>/CognitoIdentityCredentials` */
  arn: string;
  account: string;
}

export interface StsContext {
  region: string;
  /** In place of `https://sts.<region>.amazonaws.com`. */
  endpoint: URL | undefined;
  credentials: AwsCredentials;
}

/** AWS does not take the credentials. */
export interface StsRefusal {
  /** `ExpiredToken`, `InvalidClientTokenId`, `SignatureDoesNotMatch`, … */
  code: string;
  message: string;
}

const step = "sts.get-caller-identity";

/**
 * The one call that every set of valid credentials may make, whatever its policies.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export function getCallerIdentityRequest(context: StsContext): TimedRequest {
  const url = new URL("/", context.endpoint ?? `https://sts.${context.region}.amazonaws.com`);
  const body = Buffer.from("Action=GetCallerIdentity&Version=2011-06-15");
  const signAt = async (nowMs: number): Promise<Signed> => {
    const signature = await signSigV4(
      {
        method: "POST",
        url,
        headers: [["Content-Type", "application/x-www-form-urlencoded; charset=utf-8"]],
        body,
      },
      { credentials: context.credentials, region: context.region, service: "sts", nowMs },
    );
    return { headers: signature.headers, intermediates: sigV4Intermediates(signature) };
  };
  return { step, method: "POST", url, body, signAt, isRefusedForTime, toleratedSeconds: 0 };
}

/** `RequestExpired`, or `SignatureDoesNotMatch` with "Signature expired" or "Signature not yet current". */
function isRefusedForTime(_status: number, text: string): boolean {
  return /RequestExpired|RequestTimeTooSkewed|Signature expired|Signature not yet current/.test(text);
}

/** Whether STS refused a signature for the time in it. */
export function isClockRefusal({ code, message }: StsRefusal): boolean {
  return isRefusedForTime(403, `${code} ${message}`);
}

/**
 * What STS says: who the caller is, or why it does not take the credentials.
 * @throws AuthCliError `unexpected-reply` when something else answered
 */
export function readGetCallerIdentityResponse(reply: Reply): CallerIdentity | StsRefusal {
  const text = replyText(reply);
  const element = (name: string): string | undefined =>
    new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
  const arn = element("Arn");
  const account = element("Account");
  if (reply.status === 200 && arn !== undefined && account !== undefined) return { arn, account };
  const code = element("Code");
  if (code !== undefined) return { code, message: element("Message") ?? "" };
  throw new AuthCliError("unexpected-reply", {
    step,
    message: `the reply (HTTP ${reply.status}) is not one of STS: ${excerpt(text)}`,
    fix: "check AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_STS, and any proxy on the way",
  });
}

/** @throws AuthCliError `cognito-refused` or `clock-refused` when AWS does not accept the credentials */
export function processGetCallerIdentityResponse(reply: Reply): CallerIdentity {
  const read = readGetCallerIdentityResponse(reply);
  if ("arn" in read) return read;
  throw new AuthCliError(isClockRefusal(read) ? "clock-refused" : "cognito-refused", {
    step,
    message: `AWS does not accept the credentials: ${read.code}: ${excerpt(read.message)}`,
    ...explain(read),
  });
}

const logInAgain = "run `auth-cli login` again, which gets new ones";

function explain(refusal: StsRefusal): Pick<ErrorDetails, "cause" | "fix"> {
  if (isClockRefusal(refusal)) {
    return { cause: "this computer's clock is wrong", fix: "set the clock of this computer" };
  }
  switch (refusal.code) {
    case "ExpiredToken":
    case "ExpiredTokenException":
      return { cause: "they have expired", fix: logInAgain };
    case "InvalidClientTokenId":
    case "UnrecognizedClientException":
      return {
        cause: "AWS does not know them: they are of another cloud, or their session token is not theirs",
        fix: `${logInAgain}; check AWS_ENDPOINT_URL`,
      };
    case "SignatureDoesNotMatch":
      return {
        cause:
          "the secret access key is not the one of the access key id, or the request was changed on its way",
        fix: `${logInAgain}; if that does not help, look at proxies on the way`,
      };
    default:
      return { fix: logInAgain };
  }
}

/** The role's name in an assumed role's ARN. */
export function roleName({ arn }: CallerIdentity): string | undefined {
  return /:assumed-role\/([^/]+)\//.exec(arn)?.[1];
}
