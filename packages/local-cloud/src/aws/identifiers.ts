import { randomBytes, randomInt, randomUUID } from "node:crypto";

const upperCase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const lowerCase = "abcdefghijklmnopqrstuvwxyz0123456789";
const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

function randomText(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join("");
}

/**
 * Unique ids of IAM entities, 21 characters: `AROA` roles, `AIDA` users, `ANPA` managed policies.
 * {@link https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html}
 */
export function iamUniqueId(prefix: "AROA" | "AIDA" | "ANPA"): string {
  return prefix + randomText(upperCase, 17);
}

/** Access key ids, 20 characters: `AKIA` long-term, `ASIA` temporary. */
export function accessKeyId(prefix: "AKIA" | "ASIA"): string {
  return prefix + randomText(upperCase, 16);
}

/** Ids of API Gateway: ten characters for APIs, seven for routes and integrations. */
export function apiGatewayId(length: 7 | 10): string {
  return randomText(lowerCase, length);
}

/** The random part of ids of CloudFront and Route 53. */
export function hostedId(length: number): string {
  return randomText(upperCase, length);
}

/** The suffix of names that CloudFormation generates. */
export function nameSuffix(): string {
  return randomText(alphanumeric, 12);
}

/** The six characters that Secrets Manager appends to a name in the ARN. */
export function secretArnSuffix(): string {
  return randomText(alphanumeric, 6);
}

export function secretAccessKey(): string {
  return randomBytes(30).toString("base64");
}

export function requestId(): string {
  return randomUUID();
}
