import type { SmokeLogin } from "../../../../cli/src/library/types.ts";
import { AuthCliError } from "../../../../cli/src/errors.ts";
import { objectOf, parseJsonObject } from "../../../../cli/src/json.ts";
import type { AwsServices } from "./aws-services.ts";

/** The logins of the secret, by stage. */
export type LoginOf = (stage: string) => SmokeLogin;

/**
 * Reads the logins from the secret: one for all stages, and other ones below `stages`.
 * @throws AuthCliError that shows no part of the secret
 */
export async function readLogins(
  { readSecret }: Pick<AwsServices, "readSecret">,
  id: string,
): Promise<LoginOf> {
  const value = parseJsonObject(
    await readSecret(id).catch((error: unknown) => {
      throw explain(error, id);
    }),
  );
  const source = `the secret ${nameOf(id)}`;
  if (value === undefined) {
    throw new AuthCliError("invalid-configuration", {
      message: `${source} is not a JSON object`,
      cause: "it must have accessToken and accessTokenSecret",
      fix: fill(id),
    });
  }
  const { stages, ...login } = value;
  const others = objectOf(stages);
  return (stage) => {
    const own = Object.hasOwn(others, stage) ? others[stage] : login;
    return { ...objectOf(own), source } as SmokeLogin;
  };
}

function explain(error: unknown, id: string): unknown {
  if (!(error instanceof AuthCliError)) return error;
  const { code, message, cause, fix } = error;
  const name = nameOf(id);
  if (code === "aws-not-found") {
    return new AuthCliError(code, {
      message: `there is no secret ${name}, or it has no value`,
      cause: message,
      fix: `${fill(id)}; create it first if it does not exist`,
    });
  }
  if (code === "aws-permission-missing") {
    return new AuthCliError(code, {
      // AWS's answer has ARNs that leave no room in the alarm.
      message: `cannot read the secret ${name}: AWS refused secretsmanager:GetSecretValue`,
      // Without the random end of its ARN, a secret that does not exist matches no statement of the role.
      cause: `there is no secret ${name}, or the role of the canary lacks secretsmanager:GetSecretValue on it or kms:Decrypt on its key`,
      fix: `${fill(id, "create-secret --name")} if it does not exist; otherwise deploy the canary again, and look for a policy of the secret or of its key that denies the role`,
      evidence: [message],
    });
  }
  // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
  if (message.includes("marked for deletion")) {
    return new AuthCliError(code, {
      message: `the secret ${name} is deleted`,
      cause: message,
      fix: `run \`aws secretsmanager restore-secret --secret-id ${name}\``,
    });
  }
  return new AuthCliError(code, {
    message: `cannot read the secret ${name}: ${message}`,
    ...(cause !== undefined && { cause }),
    ...(fix !== undefined && { fix }),
  });
}

function fill(id: string, command = "put-secret-value --secret-id"): string {
  return `run \`auth-cli credentials --format canary | aws secretsmanager ${command} ${nameOf(id)} --secret-string file:///dev/stdin\``;
}

/** `arn:aws:secretsmanager:us-east-1:123456789012:secret:my-app/canary-AbCdEf` → `my-app/canary` */
function nameOf(id: string): string {
  return id.replace(/^arn:.*:secret:(.*)-\w{6}$/, "$1");
}
