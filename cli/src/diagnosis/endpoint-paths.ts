import { errorType } from "./api-reply.ts";
import { pathBelow, type Subject } from "./subject.ts";
import { type Experiment, plainHeaders } from "./experiments.ts";

/**
 * The path without the endpoint's own, or with the stage's name before it: HTTP APIs have a stage `$default` without a
 * path, and may have others with one.
 */
export const otherStagePath: Experiment = (subject) => {
  const { refusal, reply, ownUrl } = subject;
  const url = otherStageUrl(subject);
  // A REST API has no routes at all outside of its stages, and forbids what it would not find.
  const isOutside =
    refusal === "missing" || (errorType(reply) === "ForbiddenException" && ownUrl === undefined);
  if (!isOutside || url === undefined) return undefined;
  return { method: "GET", url, headers: plainHeaders };
};

export function otherStageUrl(
  subject: Pick<Subject, "url" | "apiEndpoint" | "stage" | "method">,
): URL | undefined {
  const { url, apiEndpoint, stage } = subject;
  const base = apiEndpoint.pathname.replace(/\/+$/, "");
  const path = pathBelow(subject);
  if (base !== "") {
    // `/prod/prod` becomes `/prod`, `/prod` becomes nothing.
    const [, once] = /^(\/[^/]+)\1$/.exec(base) ?? [];
    return new URL((once ?? "") + path, url.origin);
  }
  const [, first = "", rest = ""] = /^\/([^/]+)(\/.*)$/.exec(path) ?? [];
  if (stage === undefined) return undefined;
  // Given with the path, or missing from it.
  return new URL(first === stage ? rest : `/${stage}${path}`, url.origin);
}
