import { deployCommand } from "../deployment/deploy-command.ts";
import { roleName } from "../aws/sts.ts";
import { errorType, gatewayMessage } from "./api-reply.ts";
import { describeEvidence } from "./evidence.ts";
import type { Diagnosis } from "./refused-call.ts";
import type { Observations } from "./run-experiments.ts";
import type { Subject } from "./subject.ts";

/** The request is signed for another service than the API's: the refusal says so, or the other service was accepted. */
export function judgeService(
  subject: Subject,
  observations: Observations,
  isOtherAccepted: boolean,
): Diagnosis | undefined {
  const { service, otherService } = subject;
  const [, named] = /scoped to correct service: '([\w-]+)'/.exec(gatewayMessage(subject.reply) ?? "") ?? [];
  const right = named ?? (isOtherAccepted ? otherService : undefined);
  if (right === undefined || right === service) return undefined;
  return {
    reason: "service-wrong",
    cause: `the request is signed for the service ${service}, but the API's is ${right}`,
    evidence: describeEvidence(subject, observations, ["refusal", "forOtherService", "caller"]),
    fix: `use \`--service ${right}\``,
  };
}

/**
 * A function URL says `Forbidden` for a missing signature and for a missing permission, and has other words for a wrong
 * signature.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
 */
export function judgeFunctionUrl(subject: Subject, observations: Observations): Diagnosis | undefined {
  const { reply, service, stage } = subject;
  if (service !== "lambda" || !errorType(reply)?.startsWith("AccessDenied")) return undefined;
  return {
    reason: "permission-missing",
    cause: `the policy of ${roleOf(observations)} does not allow lambda:InvokeFunctionUrl and lambda:InvokeFunction on the function; URLs created since October 2025 need both`,
    evidence: describeEvidence(subject, observations, ["caller", "refusal", "unsigned", "signedInQuery"]),
    fix: `allow both actions on the function's ARN for that role (SST: \`auth.attachPermissionsForAuthUsers(stack, [new PolicyStatement({ actions: ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"], resources: [fn.functionArn] })])\`) and run ${deployCommand(stage)}`,
  };
}

/**
 * AppSync's refusals of the caller. The words of a wrong signature are those of other services.
 * P: https://github.com/aws-amplify/amplify-android/issues/1369 (Permission denied),
 * https://github.com/aws-amplify/amplify-js/issues/2645 (another authorization mode)
 */
export function judgeAppSync(subject: Subject, observations: Observations): Diagnosis | undefined {
  const { reply, service, stage, url } = subject;
  if (service !== "appsync") return undefined;
  const type = errorType(reply) ?? "";
  const message = gatewayMessage(reply) ?? "";
  const evidence = describeEvidence(subject, observations, ["refusal", "caller", "unsigned"]);
  if (type.startsWith("AccessDenied") || /permission denied|is not authorized to perform/i.test(message)) {
    return {
      reason: "permission-missing",
      cause: `the policy of ${roleOf(observations)} does not allow appsync:GraphQL on the fields of this operation`,
      evidence,
      fix: `allow appsync:GraphQL on \`<the API's ARN>/*\` for that role and run ${deployCommand(stage)}`,
    };
  }
  if (type !== "UnauthorizedException") return undefined;
  return {
    reason: "authorizer-other",
    cause: `AppSync's API at ${url.host} does not accept IAM: its authorization modes lack AWS_IAM`,
    evidence,
    fix: `add AWS_IAM to the authorization modes of the API and run ${deployCommand(stage)}`,
  };
}

function roleOf({ caller }: Observations): string {
  const role = caller !== undefined && "accepted" in caller ? roleName(caller.accepted) : undefined;
  return role === undefined ? "the login's role" : `the role ${role}`;
}
