import { AuthCliError } from "../errors.ts";

/**
 * Checks a region, which becomes part of a host name that receives secrets.
 * @param source `--region`, a variable or a file
 * @throws AuthCliError `invalid-configuration`
 */
export function parseRegion(value: string, source: string, fix: string): string {
  if (/^[a-z]{2,}(-[a-z]+)+-\d{1,2}$/.test(value)) return value;
  throw new AuthCliError("invalid-configuration", {
    message:
      source === "--region"
        ? `invalid --region ${JSON.stringify(value)}`
        : `invalid region ${JSON.stringify(value)} (${source})`,
    cause: "an AWS region looks like us-east-1",
    fix,
  });
}

/** `us-east-1` of `us-east-1:<uuid>` */
export function regionOfPool(identityPoolId: string): string {
  return identityPoolId.slice(0, identityPoolId.indexOf(":"));
}
