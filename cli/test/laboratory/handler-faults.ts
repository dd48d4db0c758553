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
    cause: "threw, answered what is no response, or could not be invoked",
    fix: "look at its log",
  },
  {
    what: "API Gateway may not invoke the handler",
    command: "auth-cli call /uninvokable",
    arrange: at("handlers"),
    step: "api.call",
    code: "http-status",
    reason: "handler-failed",
    cause: "threw, answered what is no response, or could not be invoked",
    fix: "no entry there means that API Gateway may not invoke it",
  },
  {
    what: "the handler refuses the caller itself",
    command: "auth-cli call /refusing",
    arrange: at("handlers"),
    step: "api.call",
    code: "http-status",
    reason: "handler-refused",
    cause: "API Gateway let the request in; HTTP 403 is the answer of the handler behind GET /refusing",
    fix: "look at the body, at the handler, and at its log",
  },
  {
    what: "the handler takes longer than its timeout",
    command: "auth-cli call /late",
    arrange: at("handlers"),
    step: "api.call",
    code: "http-status",
    reason: "handler-timed-out",
    cause: "did not answer in time",
    fix: 'look for "Task timed out" in its log',
  },
  {
    what: "the handler prints another identity than the caller's",
    command: smoke,
    arrange: at("handlers"),
    step: "identity.match",
    code: "check-failed",
    cause: "the handler's answer holds another identity id than the caller's",
    fix: "let the handler answer with event.requestContext.authorizer.iam.cognitoIdentity.identityId",
  },
];
