import { deployCommand } from "../deployment/deploy-command.ts";
import { excerpt } from "../http.ts";
import { type ApiReply, isFromApi } from "./api-reply.ts";
import { routeOf } from "./evidence.ts";
import type { Diagnosis } from "./refused-call.ts";
import type { Subject } from "./subject.ts";

/**
 * How the function that `sst dev` deploys begins its HTTP 500 when nothing answers it within 5 s.
 * Source: `support/bridge/live-lambda.mjs` of SST 2.49.8.
 */
const unanswered = "This function is in live debug mode but did not get a response from your machine";

/** Whether a function of `sst dev` waited for the computer of its developer in vain. */
export function isUnansweredLive(reply: Pick<ApiReply, "status" | "headers" | "text">): boolean {
  return reply.status === 500 && reply.text.startsWith(unanswered) && isFromApi(reply);
}

/** The cause needs no experiment. */
export function diagnoseUnansweredLive({
  method,
  url,
  reply,
  stage,
}: Pick<Subject, "method" | "url" | "reply" | "stage">): Diagnosis {
  const dev = `\`npx sst dev --stage ${stage ?? "<stage>"}\``;
  return {
    reason: "live-unanswered",
    cause: `the function behind ${routeOf({ method, url })} runs on the computer of its developer, and none answered: \`sst dev\` is not running for this stage, or cannot reach AWS IoT`,
    evidence: [`the body of the HTTP 500 is SST's: ${excerpt(reply.text)}`],
    fix: `run ${dev} and wait until it is ready, or put the code into AWS with ${deployCommand(stage)}; if it is running already, look for IoT errors in .sst/debug.log`,
  };
}
