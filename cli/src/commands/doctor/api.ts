import { exchange, headerValue, type Reply } from "../../http.ts";
import { apiUrl } from "../../aws/execute-api.ts";
import { attempt } from "./attempt.ts";
import { boundedSend } from "./bounded-send.ts";
import type { Examination } from "./examination.ts";
import { fault, type Finding, fromError, ok, skipped, warning } from "./finding.ts";

const limitMs = 8000;

/** Whether an API answers at the endpoint, and whether it keeps strangers out. */
export async function examineApi({ environment, resolved, probes }: Examination): Promise<Finding[]> {
  if (resolved.value === undefined) return [skipped("api.alive", "its address is not known")];
  const { apiEndpoint } = resolved.value.deployment;
  const send = boundedSend(environment.send, environment.now, limitMs);
  const url = apiUrl(apiEndpoint, "/private");
  const request = { step: "doctor.private", method: "GET", url, headers: [["Accept", "*/*"] as const] };
  const unsigned = await attempt(() => exchange(send, request));
  const nowhere = (await probes).find(({ service }) => service === "api");
  return [
    nowhere?.answer.value === undefined
      ? skipped("api.alive", "it cannot be reached")
      : alive(nowhere.answer.value.status, nowhere.answer.value.headers, nowhere.url?.pathname ?? ""),
    unsigned.value === undefined
      ? fromError("api.private", unsigned.error, "skipped")
      : closed(unsigned.value),
  ];
}

function alive(status: number, headers: Reply["headers"], path: string): Finding {
  const name = "api.alive";
  const isGateway = headerValue(headers, "apigw-requestid") !== undefined;
  const evidence = [`GET ${path} answers HTTP ${status}${isGateway ? ", with an apigw-requestid" : ""}`];
  if (status === 404 && isGateway)
    return ok(name, "an HTTP API answers, and has no route for a path made up", { evidence });
  if (isGateway && status < 500)
    return ok(name, "an HTTP API answers, with a route for every path", { evidence });
  return warning(name, "what answers at the endpoint does not look like an HTTP API of API Gateway", {
    evidence: [...evidence, ...(isGateway ? [] : ["it has no header apigw-requestid"])],
    fix: "check ApiEndpoint, and any proxy or distribution before the API",
  });
}

function closed(reply: Reply): Finding {
  const name = "api.private";
  const evidence = [`GET /private without a signature answers HTTP ${reply.status}`];
  if (reply.status === 403) return ok(name, "GET /private is refused to who does not sign", { evidence });
  if (reply.status === 404) {
    return warning(name, "the API has no route GET /private", {
      evidence,
      fix: "deploy the stage again; if the API has other routes, this is of no consequence",
    });
  }
  if (reply.status < 400) {
    return fault(name, "GET /private is open to everybody", {
      evidence,
      fix: 'give the route the authorizer "iam" in the stack and deploy',
    });
  }
  if (reply.status === 500) {
    return fault(name, "GET /private is open to everybody, and its function fails then", {
      evidence: [...evidence, "a route with an authorizer refuses before its function runs"],
      fix: 'give the route the authorizer "iam" in the stack and deploy',
    });
  }
  return fault(name, `GET /private answers HTTP ${reply.status} in place of a refusal`, {
    evidence,
    fix: "look at the route's authorizer, and at its function's log",
  });
}
