import { AuthCliError } from "../errors.ts";
import { excerpt, type HttpRequest, type Reply, replyText, type Signed } from "./http.ts";
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
  /** Milliseconds since the epoch. */
  nowMs: number;
}

const step = "sts.get-caller-identity";

/**
 * The one call that every set of valid credentials may make, whatever its policies.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export async function getCallerIdentityRequest(context: StsContext): Promise<HttpRequest> {
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
  const timed = { signAt, isRefusedForTime, toleratedSeconds: 0 };
  return { step, method: "POST", url, body, ...(await signAt(context.nowMs)), timed };
}

/** `RequestExpired`, or `SignatureDoesNotMatch` with "Signature expired" or "Signature not yet current". */
function isRefusedForTime(_status: number, text: string): boolean {
  return /RequestExpired|RequestTimeTooSkewed|Signature expired|Signature not yet current/.test(text);
}

/** @throws AuthCliError `cognito-refused` when AWS does not accept the credentials */
export function processGetCallerIdentityResponse(reply: Reply): CallerIdentity {
  const text = replyText(reply);
  const element = (name: string): string | undefined =>
    new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
  const arn = element("Arn");
  const account = element("Account");
  if (reply.status === 200 && arn !== undefined && account !== undefined) return { arn, account };
  const code = element("Code");
  if (code !== undefined) {
    throw new AuthCliError("cognito-refused", {
      step,
      message: `AWS does not accept the credentials: ${code}: ${element("Message") ?? ""}`,
      cause: "they have expired, or this computer's clock is wrong",
      fix: "run `auth-cli login` again",
    });
  }
  throw new AuthCliError("unexpected-reply", {
    step,
    message: `the reply (HTTP ${reply.status}) is not one of STS: ${excerpt(text)}`,
    fix: "check AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_STS, and any proxy on the way",
  });
}

/** The role's name in an assumed role's ARN. */
export function roleName({ arn }: CallerIdentity): string | undefined {
  return /:assumed-role\/([^/]+)\//.exec(arn)?.[1];
}
