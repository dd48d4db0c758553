import { AuthCliError } from "../errors.ts";
import { excerpt, exchange, type Reply, replyText, type Send } from "../protocol/http.ts";
import { apiUrl, executeApi } from "../protocol/http-api.ts";
import { type AwsCredentials, type SigV4Signing, signSigV4 } from "../protocol/sigv4.ts";
import type { Chain } from "./chain-context.ts";
import type { CheckName } from "./report.ts";

/** API Gateway accepts a signature for five minutes; this is far enough past for any clock. */
const expiredByMs = 20 * 60 * 1000;

type Control = readonly [CheckName, (send: Send) => Promise<void>];

/** Requests with one thing wrong each. A gate that lets one through is no gate, whatever it says to a good one. */
export function negativeControls(
  { environment, resolved, routes }: Chain,
  credentials: AwsCredentials,
): Control[] {
  const { deployment } = resolved;
  const url = apiUrl(deployment.apiEndpoint, routes.private);
  const signing = (): SigV4Signing => ({
    credentials,
    region: deployment.region,
    service: executeApi,
    // One thing is to be wrong with each, and not the time as well.
    nowMs: environment.serverNow(),
  });
  const control = (name: CheckName, what: string, wrong: Partial<SigV4Signing>, sent: URL = url): Control => [
    name,
    async (send) => {
      const { headers } = await signSigV4({ method: "GET", url, headers: [] }, { ...signing(), ...wrong });
      const reply = await exchange(send, { step: name, method: "GET", url: sent, headers });
      demandRefusal(name, `GET ${routes.private} ${what}`, reply, {
        cause: "API Gateway did not check the signature: the route's authorizer is not AWS_IAM",
        fix: 'give the route the authorizer "iam" in the stack and deploy',
      });
    },
  ];
  const tampered = new URL(url);
  tampered.searchParams.append("tampered", "1");
  const { accessKeyId, secretAccessKey } = credentials;
  return [
    control("private.tampered", "changed after it was signed", {}, tampered),
    control("private.no-session-token", "signed without the session token", {
      credentials: { accessKeyId, secretAccessKey },
    }),
    control("private.expired-signature", "signed 20 minutes ago", {
      nowMs: environment.serverNow() - expiredByMs,
    }),
    control("private.wrong-region", "signed for another region", {
      region: deployment.region === "eu-west-1" ? "us-east-1" : "eu-west-1",
    }),
  ];
}

/** Passes on 403 only: a 404, a 500 or a lost connection is no sign that the gate holds. */
export function demandRefusal(
  step: CheckName,
  what: string,
  reply: Reply,
  open: { cause: string; fix: string },
): void {
  if (reply.status === 403) return;
  const got = reply.status < 400;
  throw new AuthCliError("check-failed", {
    step,
    message: `${what} answered HTTP ${reply.status}, not 403`,
    ...(got
      ? open
      : {
          cause: `the refusal cannot be told from a fault: ${excerpt(replyText(reply))}`,
          fix: "see private.signed",
        }),
  });
}
