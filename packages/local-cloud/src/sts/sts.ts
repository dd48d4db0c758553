import type {
  AssumeRoleRequest,
  AssumeRoleResponse,
  GetCallerIdentityRequest,
  GetCallerIdentityResponse,
} from "@aws-sdk/client-sts";
import type { QueryParameters, QueryRequest } from "../aws/query-protocol.ts";
import { findOperation, ServiceError } from "../aws/service-error.ts";
import { authorizeAssumption } from "../iam/authorization.ts";
import { accountOf, type Principal } from "../iam/principal.ts";
import type { Sessions } from "../iam/sessions.ts";
import type { Account } from "../account.ts";

export const stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/";

export interface StsOptions {
  account: Account;
  sessions: Pick<Sessions, "issue">;
}

/** AWS STS: the caller's identity, and temporary credentials of the account's roles. */
export function createSts({ account, sessions }: StsOptions): {
  handle(parameters: QueryParameters, caller: Principal): Promise<object>;
} {
  function assumeRole(parameters: QueryRequest<AssumeRoleRequest>, caller: Principal): AssumeRoleResponse {
    for (const name of [
      "Policy",
      "PolicyArns",
      "SerialNumber",
      "TransitiveTagKeys",
      "ProvidedContexts",
    ] as const) {
      if (parameters.has(name)) {
        throw new ServiceError(
          "ValidationError",
          `The local cloud does not support the parameter ${name} of AssumeRole.`,
        );
      }
    }
    const roleArn = parameters.text("RoleArn") ?? "";
    const sessionName = parameters.text("RoleSessionName") ?? "";
    if (!/^[\w+=,.@-]{2,64}$/.test(sessionName)) {
      throw new ServiceError(
        "ValidationError",
        `1 validation error detected: Value '${sessionName}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*`,
      );
    }
    const durationSeconds = Number(parameters.text("DurationSeconds") ?? 3600);
    if (!Number.isInteger(durationSeconds) || durationSeconds < 900 || durationSeconds > 43_200) {
      throw new ServiceError("ValidationError", "DurationSeconds must be between 900 and 43200 seconds.");
    }
    const externalId = parameters.text("ExternalId");
    const role = account.roles.get(roleArn);
    const decision =
      role &&
      authorizeAssumption(role, {
        action: "sts:AssumeRole",
        principal: { type: "AWS", id: caller.arn },
        context: externalId === undefined ? {} : { "sts:ExternalId": externalId },
      });
    // AWS answers the same for an unknown role and one that does not trust the caller.
    if (role === undefined || decision?.allowed !== true) {
      throw new ServiceError(
        "AccessDenied",
        `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
        403,
      );
    }
    const credentials = sessions.issue({ role, sessionName, durationSeconds });
    return {
      Credentials: {
        AccessKeyId: credentials.accessKeyId,
        SecretAccessKey: credentials.secretAccessKey,
        SessionToken: credentials.sessionToken,
        Expiration: credentials.expiration,
      },
      AssumedRoleUser: {
        AssumedRoleId: `${role.roleId}:${sessionName}`,
        Arn: `arn:aws:sts::${account.accountId}:assumed-role/${role.roleName}/${sessionName}`,
      },
    };
  }

  const actions: Record<string, (request: QueryParameters, caller: Principal) => object> = {
    GetCallerIdentity: getCallerIdentity,
    AssumeRole: assumeRole,
  };

  return {
    async handle(parameters, caller) {
      const run = findOperation(actions, parameters.action ?? "", { service: "STS", code: "InvalidAction" });
      return run(parameters, caller);
    },
  };
}

function getCallerIdentity(
  _parameters: QueryRequest<GetCallerIdentityRequest>,
  caller: Principal,
): GetCallerIdentityResponse {
  return { Arn: caller.arn, UserId: caller.userId, Account: accountOf(caller) };
}
