import { apiStep } from "../../aws/execute-api.ts";
import { AuthCliError, type ErrorDetails } from "../../errors.ts";
import { type Header, headerValue, type HttpRequest, type HttpResponse } from "../../http.ts";

/** The error of a response with HTTP 400 or above. */
export function httpError(
  request: Pick<HttpRequest, "method" | "url">,
  response: Pick<HttpResponse, "status" | "headers">,
  explanation: Pick<ErrorDetails, "reason" | "cause" | "evidence" | "fix">,
): AuthCliError {
  const id = requestId(response.headers);
  const route = `${request.method} ${request.url.pathname}`;
  return new AuthCliError("http-status", {
    step: apiStep,
    message: `${route} answered HTTP ${response.status}${id === undefined ? "" : ` (request ${id})`}`,
    ...explanation,
  });
}

export function requestId(headers: readonly Header[]): string | undefined {
  return headerValue(headers, "apigw-requestid") ?? headerValue(headers, "x-amzn-requestid");
}

/** What the status alone suggests, for a call without a diagnosis. */
export function explainStatus(
  status: number,
  { signed }: { signed: boolean },
): Pick<ErrorDetails, "cause" | "fix"> {
  if (status === 403 && !signed) {
    return { cause: "the route requires a signature", fix: "leave out --unsigned" };
  }
  if (status === 403) {
    return {
      cause:
        "API Gateway refused the signature, the role's policy does not allow this route, or the handler refused",
      fix: "run `auth-cli smoke` to find out which; `auth.attachPermissionsForAuthUsers(stack, [api])` allows the route",
    };
  }
  if (status === 404)
    return {
      cause: "the API has no route for this path and method, or the handler answered 404",
      fix: "check the path and the method (-X)",
    };
  if (status >= 500) {
    return {
      cause: "the function failed or timed out",
      fix: "read its log: `npx sst dev`, CloudWatch, or the terminal of `auth-cli local`",
    };
  }
  return {};
}
