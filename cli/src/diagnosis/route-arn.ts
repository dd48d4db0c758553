import { apiIdOfHost } from "../aws/api-host.ts";
import type { CallerIdentity } from "../aws/sts.ts";
import type { Subject } from "./subject.ts";

/** The stage in the URL, `$default` where it has none, and the path below it. */
export function stagePath({ url, apiEndpoint }: Pick<Subject, "url" | "apiEndpoint">): {
  stage: string;
  path: string;
} {
  const [stage = ""] = apiEndpoint.pathname.split("/").filter((part) => part !== "");
  return stage === ""
    ? { stage: "$default", path: url.pathname }
    : { stage, path: url.pathname.slice(stage.length + 1) };
}

/** `arn:aws:execute-api:us-east-1:123456789012:abc123/<stage>/GET/private`; `<api>` where the API's id is not known. */
export function routeArn(
  subject: Pick<Subject, "url" | "region" | "method" | "apiEndpoint">,
  { arn, account }: CallerIdentity,
  apiId = apiIdOfHost(subject.url) ?? "<api>",
): string {
  const { stage, path } = stagePath(subject);
  const [, partition = "aws"] = arn.split(":");
  return `arn:${partition}:execute-api:${subject.region}:${account}:${apiId}/${stage}/${subject.method}${path}`;
}
