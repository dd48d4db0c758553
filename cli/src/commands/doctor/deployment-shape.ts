/** The parts of an HTTP API's own address, `https://<id>.execute-api.<region>.amazonaws.com`. */
export function executeApiHost(hostname: string): { apiId: string; region: string } | undefined {
  const [, apiId, region] =
    /^([a-z0-9]+)\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(hostname) ?? [];
  return apiId === undefined || region === undefined ? undefined : { apiId, region };
}

export interface ShapeFault {
  status: "fault" | "warning";
  message: string;
  fix: string;
}

/**
 * What is wrong with an API's address, apart from whether anything answers there.
 * @param text as it is written in the outputs or in a flag
 */
export function judgeEndpoint(text: string, stage: string | undefined): ShapeFault | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const fix = "take ApiEndpoint from the stack's outputs, as it is";
  if (url === undefined) return { status: "fault", message: `${JSON.stringify(text)} is no URL`, fix };
  const segments = url.pathname.split("/").filter((segment) => segment !== "");
  if (segments.some((segment) => decodeSegment(segment) === "$default")) {
    return {
      status: "fault",
      message: `${text} ends in the name of the stage $default, which has no place in an address`,
      fix: `use ${url.origin}`,
    };
  }
  const [first, second] = segments;
  if (first !== undefined && first === second) {
    return {
      status: "fault",
      message: `${text} holds the stage /${first} twice`,
      fix: `use ${url.origin}/${first}: the output holds the stage already`,
    };
  }
  if (segments.length > 1 || (first !== undefined && first !== stage)) {
    return {
      status: "warning",
      message: `${text} has the path ${url.pathname}, before which every call's path is put`,
      fix: `use ${url.origin}, unless the API has a stage of that name`,
    };
  }
  return undefined;
}

function decodeSegment(segment: string): string {
  return segment.replaceAll(/%24/g, "$");
}

/** What is wrong with an identity pool's id; `us-east-1:<uuid>` is right. */
export function judgeIdentityPoolId(id: string): ShapeFault | undefined {
  if (/^[a-z]{2}(-[a-z]+)+-\d:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return undefined;
  const fix = "take IdentityPoolId from the stack's outputs (`auth.cognitoIdentityPoolId`)";
  if (/^[a-z]{2}(-[a-z]+)+-\d_[A-Za-z0-9]+$/.test(id)) {
    return {
      status: "fault",
      message: `${id} is a user pool's id; the identity pool is another thing`,
      fix: `${fix}, in place of \`auth.userPoolId\``,
    };
  }
  return {
    status: "fault",
    message: `${JSON.stringify(id)} is no identity pool's id, which is a region, a colon and a UUID`,
    fix,
  };
}
