import type { ResolvedDeployment } from "../../deployment/resolve-deployment.ts";
import { liveFunctionsOfTemplates, routesOfTemplates } from "../../deployment/template-routes.ts";
import { gatewayMessage, isFromApi } from "../../diagnosis/api-reply.ts";
import { isUnansweredLive } from "../../diagnosis/live-mode.ts";
import { excerpt, exchange, headerValue, type Reply, replyText } from "../../http.ts";
import { gatewayName } from "../../aws/api-host.ts";
import { apiUrl } from "../../aws/execute-api.ts";
import { deployCommand } from "../../deployment/deploy-command.ts";
import { type Attempt, attempt } from "./attempt.ts";
import type { Examination } from "./examination.ts";
import { fault, type Finding, fromError, ok, skipped, warning } from "./finding.ts";
import { findSynthesised } from "./live.ts";

const limitMs = 8000;

/** Whether an API answers at the endpoint, and whether it rejects unsigned requests. */
export async function examineApi(examination: Examination): Promise<Finding[]> {
  const { environment, resolved, probes } = examination;
  if (resolved.value === undefined) return [skipped("api.alive", "the address of the API is unknown")];
  const { apiEndpoint, service, stage } = resolved.value.deployment;
  const templates = findSynthesised(examination)?.templates;
  const routes = chooseRoutes(resolved.value, templates);
  const get = (step: string, path: string): Promise<Attempt<Reply>> =>
    attempt(() => {
      const url = apiUrl(apiEndpoint, path);
      const headers = [["Accept", "*/*"] as const];
      return exchange(environment.send, { step, method: "GET", url, headers, timeoutMs: limitMs });
    });
  const isLive = liveFunctionsOfTemplates(templates ?? []).length > 0;
  const [unsigned, open] = await Promise.all([
    get("doctor.private", routes.protected),
    routes.open !== undefined ? get("doctor.public", routes.open) : undefined,
  ]);
  const probe = (await probes).find((each) => each.service === "api");
  return [
    probe?.answer.value === undefined
      ? skipped("api.alive", "the API is unreachable")
      : alive(probe.answer.value.status, probe.answer.value.headers, probe.url?.pathname ?? ""),
    unsigned.value === undefined
      ? fromError("api.private", unsigned.error, "skipped")
      : closed(unsigned.value, gatewayName(apiEndpoint, service), stage, routes),
    // `sst bind` replaces the template of `sst dev` with one that is not live.
    ...(open?.value !== undefined && (isLive || isUnanswered(open.value))
      ? answeredLive(open.value, stage, routes.open ?? "")
      : []),
  ];
}

interface Routes {
  /** The path of a protected GET route. */
  protected: string;
  /** The path of an open one, if any is known. */
  open: string | undefined;
  /** The API need not have the protected route: it is the guide's. */
  isPresumed: boolean;
}

function chooseRoutes(
  { settings = {}, deployment }: ResolvedDeployment,
  templates: readonly string[] = [],
): Routes {
  const known = routesOfTemplates(templates, deployment) ?? [];
  const ofTemplate = (wanted: string): string[] =>
    paths(known.filter(({ authorization }) => authorization === wanted).map(({ key }) => key));
  const hasGuides = known.some(({ key }) => key === `GET ${guides}`);
  const [first] = [...paths(settings.routes ?? []), ...(hasGuides ? [guides] : ofTemplate("AWS_IAM"))];
  return {
    protected: first ?? guides,
    open: [...paths(settings.publicRoutes ?? []), ...ofTemplate("NONE")][0],
    isPresumed: first === undefined,
  };
}

/** Of the GET routes without parameters. */
function paths(keys: readonly string[]): string[] {
  return keys.flatMap((key) => /^(?:GET )?(\/[^{}\s]*)$/.exec(key)?.[1] ?? []);
}

/** The guide's protected route. */
const guides = "/private";

function isUnanswered(reply: Reply): boolean {
  return isUnansweredLive({ ...reply, text: replyText(reply) });
}

/** Whether a live stage's functions have a computer to run on. */
function answeredLive(reply: Reply, stage: string | undefined, path: string): Finding[] {
  const evidence = [`GET ${path} answers HTTP ${reply.status}`];
  if (!isUnanswered(reply))
    return [ok("api.live", "a running `sst dev` answers for the functions of the stage", { evidence })];
  return [
    fault("api.live", "no `sst dev` answers for the functions of the stage", {
      evidence: [...evidence, "`sst dev` is not running for this stage, or cannot reach AWS IoT"],
      fix: `run \`npx sst dev --stage ${stage ?? "<stage>"}\`, or put the code into AWS with ${deployCommand(stage)}`,
    }),
  ];
}

function alive(status: number, headers: Reply["headers"], path: string): Finding {
  const name = "api.alive";
  // REST APIs and function URLs name the request in another header.
  const id = ["apigw-requestid", "x-amzn-requestid"].find(
    (header) => headerValue(headers, header) !== undefined,
  );
  const isGateway = id !== undefined;
  const evidence = [`GET ${path} answers HTTP ${status}${isGateway ? `, with an ${id}` : ""}`];
  if (status === 404 && isGateway)
    return ok(name, "an HTTP API answers, with 404 for an unused path", { evidence });
  if (id === "x-amzn-requestid" && status < 500)
    return ok(name, "a REST API or a function URL answers", { evidence });
  if (isGateway && status < 500)
    return ok(name, "an HTTP API answers, and has a route for every path", { evidence });
  return warning(name, "the server at the endpoint does not look like an HTTP API of API Gateway", {
    evidence: [
      ...evidence,
      ...(isGateway ? [] : ["its answer has neither an apigw-requestid nor an x-amzn-requestid header"]),
    ],
    fix: "check ApiEndpoint, and any proxy or CDN in front of the API",
  });
}

function closed(
  reply: Reply,
  gateway: string,
  stage: string | undefined,
  { protected: path, isPresumed }: Pick<Routes, "protected" | "isPresumed">,
): Finding {
  const name = "api.private";
  const route = `GET ${path}`;
  const evidence = [`${route} without a signature answers HTTP ${reply.status}`];
  const deploy = deployCommand(stage);
  const protect = `set \`authorizer: "iam"\` on the route in the stack and run ${deploy}`;
  const answer = { ...reply, text: replyText(reply) };
  if (!isFromApi(answer)) {
    return warning(name, `the answer to ${route} is not from ${gateway}`, {
      evidence: [...evidence, `the answer has no ${gateway} request id`],
      fix: "check ApiEndpoint, and any proxy, firewall or login page of a network in front of the API",
    });
  }
  if (reply.status === 403 && gatewayMessage(answer) === undefined) {
    return fault(name, `${route} is open to everybody, and its handler refuses unsigned requests`, {
      evidence: [...evidence, `not in ${gateway}'s words: ${excerpt(answer.text)}`],
      fix: protect,
    });
  }
  if (reply.status === 403) return ok(name, `${route} rejects unsigned requests`, { evidence });
  if (reply.status === 404) {
    const message = `the API has no route ${route}, or its handler answers so`;
    return isPresumed
      ? skipped(name, `${message}; nothing names the routes that it has`)
      : warning(name, message, { evidence, fix: `run ${deploy}` });
  }
  if (reply.status < 400) {
    return fault(name, `${route} is open to everybody`, {
      evidence,
      fix: protect,
    });
  }
  if (reply.status === 500) {
    return fault(
      name,
      `${route} is open to everybody, and its function fails, or its Lambda authorizer fails`,
      {
        evidence: [...evidence, "AWS_IAM answers before the function runs"],
        fix: protect,
      },
    );
  }
  return fault(name, `${route} answers HTTP ${reply.status} to an unsigned request, not 403`, {
    evidence,
    fix: "check the route's authorizer and its function's log",
  });
}
