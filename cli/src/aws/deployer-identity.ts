import { AuthCliError } from "../errors.ts";
import { text } from "./aws-xml.ts";
import { type DeployerContext, queryRequest, queryResult } from "./control-plane.ts";
import type { HttpRequest, Reply } from "../http.ts";
import type { CallerIdentity } from "./sts.ts";

/** Whom AWS takes the deployer for; needs no permission. */
export function deployerIdentityRequest(context: DeployerContext): Promise<HttpRequest> {
  const address = `https://sts.${context.region}.amazonaws.com`;
  return queryRequest(context, { service: "sts", address, version: "2011-06-15" }, "GetCallerIdentity", {});
}

export function processDeployerIdentityResponse(reply: Reply): CallerIdentity {
  const result = queryResult(reply);
  const arn = text(result, "Arn");
  const account = text(result, "Account");
  if (arn !== undefined && account !== undefined) return { arn, account };
  throw new AuthCliError("unexpected-reply", {
    step: reply.step,
    message: "the reply of STS is without Arn and Account",
    fix: "check AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_STS, and any proxy on the way",
  });
}
