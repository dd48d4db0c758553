import { at } from "./arrangements.ts";
import { smoke, type Fault } from "./fault.ts";

export const handlerFaults: Fault[] = [
  {
    what: "the handler throws",
    command: "auth-cli call /failing",
    arrange: at("handlers"),
    step: "api.call",
    code: "http-status",
    reason: "handler-failed",
    cause: "threw, returned an invalid response, or could not be invoked",
    fix: "read its log",
  },
  {
    what: "API Gateway lacks permission to invoke the handler",
    command: "auth-cli call /uninvokable",
    arrange: at("handlers"),
    step: "api.call",
    code: "http-status",
    reason: "handler-failed",
    cause: "threw, returned an invalid response, or could not be invoked",
    fix: "without an entry there, API Gateway lacks permission to invoke it",
  },
  {
    what: "the handler itself refuses the caller",
    command: "auth-cli call /refusing",
    arrange: at("handlers"),
    step: "api.call",
    code: "http-status",
    reason: "handler-refused",
    cause: "API Gateway accepted the request, and the handler behind GET /refusing answered HTTP 403",
    fix: "read the body, then the handler's log",
  },
  {
    what: "the handler runs longer than its timeout",
    command: "auth-cli call /late",
    arrange: at("handlers"),
    step: "api.call",
    code: "http-status",
    reason: "handler-timed-out",
    cause: "did not answer in time",
    fix: 'look for "Task timed out" in its log',
  },
  {
    what: "the handler prints an identity other than the caller's",
    command: smoke,
    arrange: at("handlers"),
    step: "identity.match",
    code: "check-failed",
    cause: "the response contains an identity id that is not the caller's",
    fix: "return event.requestContext.authorizer.iam.cognitoIdentity.identityId from the handler",
  },
];
