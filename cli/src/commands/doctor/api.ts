import { gatewayMessage, isFromApi } from "../../diagnosis/api-reply.ts";
import { excerpt, exchange, headerValue, type Reply, replyText } from "../../http.ts";
import { apiUrl } from "../../aws/execute-api.ts";
import { deployCommand } from "../../deployment/deploy-command.ts";
import { attempt } from "./attempt.ts";
import type { Examination } from "./examination.ts";
import { fault, type Finding, fromError, ok, skipped, warning } from "./finding.ts";

const limitMs = 8000;

/** Whether an API answers at the endpoint, and whether it rejects unsigned requests. */
export async function examineApi({ environment, resolved, probes }: Examination): Promise<Finding[]> {
  if (resolved.value === undefined) return [skipped("api.alive", "the address of the API is unknown")];
  const { apiEndpoint, stage } = resolved.value.deployment;
  const url = apiUrl(apiEndpoint, "/private");
  const request = {
    step: "doctor.private",
    method: "GET",
    url,
    headers: [["Accept", "*/*"] as const],
    timeoutMs: limitMs,
  };
  const unsigned = await attempt(() => exchange(environment.send, request));
  const probe = (await probes).find(({ service }) => service === "api");
  return [
    probe?.answer.value === undefined
      ? skipped("api.alive", "the API is unreachable")
      : alive(probe.answer.value.status, probe.answer.value.headers, probe.url?.pathname ?? ""),
    unsigned.value === undefined
      ? fromError("api.private", unsigned.error, "skipped")
      : closed(unsigned.value, stage),
  ];
}

function alive(status: number, headers: Reply["headers"], path: string): Finding {
  const name = "api.alive";
  const isGateway = headerValue(headers, "apigw-requestid") !== undefined;
  const evidence = [`GET ${path} answers HTTP ${status}${isGateway ? ", with an apigw-requestid" : ""}`];
  if (status === 404 && isGateway)
    return ok(name, "an HTTP API answers, with 404 for an unused path", { evidence });
  if (isGateway && status < 500)
    return ok(name, "an HTTP API answers, and has a route for every path", { evidence });
  return warning(name, "the server at the endpoint does not look like an HTTP API of API Gateway", {
    evidence: [...evidence, ...(isGateway ? [] : ["its answer has no apigw-requestid header"])],
    fix: "check ApiEndpoint, and any proxy or CDN in front of the API",
  });
}

function closed(reply: Reply, stage: string | undefined): Finding {
  const name = "api.private";
  const evidence = [`GET /private without a signature answers HTTP ${reply.status}`];
  const deploy = deployCommand(stage);
  const protect = `set \`authorizer: "iam"\` on the route in the stack and run ${deploy}`;
  const answer = { ...reply, text: replyText(reply) };
  if (!isFromApi(answer)) {
    return warning(name, "the answer to GET /private is not from API Gateway", {
      evidence: [...evidence, "the answer has no API Gateway request id"],
      fix: "check ApiEndpoint, and any proxy, firewall or login page of a network in front of the API",
    });
  }
  if (reply.status === 403 && gatewayMessage(answer) === undefined) {
    return fault(name, "GET /private is open to everybody, and its handler refuses unsigned requests", {
      evidence: [...evidence, `not in API Gateway's words: ${excerpt(answer.text)}`],
      fix: protect,
    });
  }
  if (reply.status === 403) return ok(name, "GET /private rejects unsigned requests", { evidence });
  if (reply.status === 404) {
    return warning(name, "the API has no route GET /private, or its handler answers so", {
      evidence,
      fix: `run ${deploy}, or ignore this if the API has other routes only`,
    });
  }
  if (reply.status < 400) {
    return fault(name, "GET /private is open to everybody", {
      evidence,
      fix: protect,
    });
  }
  if (reply.status === 500) {
    return fault(
      name,
      "GET /private is open to everybody, and its function fails, or its Lambda authorizer fails",
      {
        evidence: [...evidence, "AWS_IAM answers before the function runs"],
        fix: protect,
      },
    );
  }
  return fault(name, `GET /private answers HTTP ${reply.status} to an unsigned request, not 403`, {
    evidence,
    fix: "check the route's authorizer and its function's log",
  });
}
