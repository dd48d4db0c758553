import { excerpt, exchange, type HttpRequest, type Reply, replyText, type Send } from "../../../http.ts";
import { apiUrl, executeApi } from "../../../aws/execute-api.ts";
import { type AwsCredentials, type SigV4Signing, signSigV4 } from "../../../aws/sigv4.ts";
import type { Chain } from "../chain-context.ts";
import type { CheckedRoute } from "../routes/checked-route.ts";
import type { CheckName } from "../report.ts";
import { routeFailure } from "../check-errors.ts";

/** API Gateway accepts a signature for five minutes; this is far enough past for any clock. */
const expiredByMs = 20 * 60 * 1000;

/** The controls that need credentials. */
export const controlNames = [
  "private.tampered",
  "private.no-session-token",
  "private.expired-signature",
  "private.wrong-region",
] as const satisfies CheckName[];

export type ControlName = (typeof controlNames)[number];

/** A request with one thing wrong. A gate that lets it through is no gate, whatever it says to a good one. */
export async function checkControl(
  name: ControlName,
  { environment, resolved: { deployment } }: Chain,
  { method, path, key }: CheckedRoute,
  send: Send,
  credentials: AwsCredentials,
): Promise<void> {
  const url = apiUrl(deployment.apiEndpoint, path);
  // One thing is to be wrong with each, and not the time as well.
  const nowMs = environment.serverClock.now();
  const {
    what,
    wrong = {},
    sent = url,
  } = wrongs[name]({ url, credentials, region: deployment.region, nowMs });
  const signing = { credentials, region: deployment.region, service: executeApi, nowMs, ...wrong };
  const { headers } = await signSigV4({ method, url, headers: [] }, signing);
  const request: HttpRequest = { step: name, method, url: sent, headers };
  demandRefusal(`${key} ${what}`, request, await exchange(send, request), {
    cause: "API Gateway did not check the signature: the route's authorizer is not AWS_IAM",
    fix: 'give the route the authorizer "iam" in the stack and deploy',
  });
}

interface Wrong {
  /** As part of a sentence. */
  what: string;
  wrong?: Partial<SigV4Signing>;
  /** What is sent in place of what was signed. */
  sent?: URL;
}

interface Right {
  url: URL;
  credentials: AwsCredentials;
  region: string;
  nowMs: number;
}

const wrongs: Record<ControlName, (right: Right) => Wrong> = {
  "private.tampered": ({ url }) => {
    const sent = new URL(url);
    sent.searchParams.append("tampered", "1");
    return { what: "changed after it was signed", sent };
  },
  "private.no-session-token": ({ credentials: { accessKeyId, secretAccessKey } }) => ({
    what: "signed without the session token",
    wrong: { credentials: { accessKeyId, secretAccessKey } },
  }),
  "private.expired-signature": ({ nowMs }) => ({
    what: "signed 20 minutes ago",
    wrong: { nowMs: nowMs - expiredByMs },
  }),
  "private.wrong-region": ({ region }) => ({
    what: "signed for another region",
    wrong: { region: region === "eu-west-1" ? "us-east-1" : "eu-west-1" },
  }),
};

/** Passes on 403 only: a 404, a 500 or a lost connection is no sign that the gate holds. */
export function demandRefusal(
  what: string,
  request: HttpRequest,
  reply: Reply,
  open: { cause: string; fix: string },
): void {
  if (reply.status === 403) return;
  const message = `${what} answered HTTP ${reply.status}, not 403`;
  const { step } = request;
  if (reply.status < 400)
    throw routeFailure({ step, message, ...open, reason: "route-open" }, request, reply);
  throw routeFailure(
    {
      step,
      message,
      cause: `the refusal cannot be told from a fault: ${excerpt(replyText(reply))}`,
      fix: "see private.signed",
    },
    request,
    reply,
  );
}
