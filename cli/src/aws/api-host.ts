import { partitionSuffixes } from "./partition.ts";

/** What a signature for an API names in addition to the date. */
export interface SigningScope {
  /** `execute-api`, `lambda` or `appsync`, or another one that the user chose. */
  service: string;
  region: string;
}

/** The service that signatures for API Gateway name. */
export const executeApi = "execute-api";

/** The first label after the API's own name, and the service that signatures for it name. */
const services: ReadonlyMap<string, string> = new Map([
  ["execute-api", executeApi],
  ["execute-api-fips", executeApi],
  ["lambda-url", "lambda"],
  ["appsync-api", "appsync"],
]);

/** The ends of API host names, in addition to the suffixes of partitions: dual-stack and function URLs. `localhost` is the local cloud's. */
const suffixes = new Set([
  ...partitionSuffixes,
  "api.aws",
  "on.aws",
  "api.amazonwebservices.com.cn",
  "on.amazonwebservices.com.cn",
  "api.amazonwebservices.eu",
  "on.amazonwebservices.eu",
  "api.aws.ic.gov",
  "api.aws.scloud",
  "api.cloud-aws.adc-e.uk",
  "api.aws.hci.ic.gov",
  "localhost",
]);

/** Every partition puts the region before its suffix. Undefined for other hosts. */
function partsOf(hostname: string): { name: string; service: string; region: string } | undefined {
  const [name = "", label = "", region = "", ...others] = hostname.replace(/\.$/, "").split(".");
  const service = services.get(label);
  if (service === undefined || !/^[a-z]{2,}(?:-[a-z]+)+-\d{1,2}$/.test(region)) return undefined;
  if (!/^[a-z0-9-]+$/.test(name)) return undefined;
  const suffix = (others[0] === "vpce" ? others.slice(1) : others).join(".");
  return suffixes.has(suffix) ? { name, service, region } : undefined;
}

/**
 * The service and the region in the host of an HTTP API, a REST API, a function URL or an AppSync API, also behind a VPC
 * endpoint. Undefined for custom domains and plain addresses.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html (`<url-id>.lambda-url.<region>.on.aws`)
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-api-test-invoke-url.html
 */
export function scopeOfHost({ hostname }: Pick<URL, "hostname">): SigningScope | undefined {
  const { service, region } = partsOf(hostname) ?? {};
  return service === undefined || region === undefined ? undefined : { service, region };
}

/**
 * What answers at the API's address, for people.
 * @param service of the signature. It counts where the host names none.
 */
export function gatewayName(url: Pick<URL, "hostname">, service = executeApi): string {
  return { lambda: "Lambda", appsync: "AppSync" }[scopeOfHost(url)?.service ?? service] ?? "API Gateway";
}

/** Whether AWS itself serves the host: it has one of the addresses above, and not the local cloud's. */
export function isHostOfAws(url: Pick<URL, "hostname">): boolean {
  return scopeOfHost(url) !== undefined && !/\.localhost\.?$/.test(url.hostname);
}

/** The API's id in `<id>.execute-api.…`. Undefined for custom domains, VPC endpoints and other services. */
export function apiIdOfHost({ hostname }: Pick<URL, "hostname">): string | undefined {
  const { name = "", service } = partsOf(hostname) ?? {};
  if (service !== executeApi || name.startsWith("vpce-")) return undefined;
  // The private DNS name of a REST API: `<id>-<VPC endpoint's id>`.
  return name.replace(/-vpce-.*$/, "");
}
