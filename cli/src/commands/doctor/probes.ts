import { serviceAddress } from "../../aws/partition.ts";
import type { Configuration } from "../../deployment/configuration.ts";
import { regionOfPool } from "../../deployment/region.ts";
import type { ResolvedDeployment } from "../../deployment/resolve-deployment.ts";
import { cognitoEndpoint, stsEndpoint, twitterApiUrl } from "../../deployment/service-addresses.ts";
import type { Environment } from "../../environment/environment.ts";
import { type Connection, exchange, type Header, type Send, type Timings } from "../../http.ts";
import { apiUrl } from "../../aws/execute-api.ts";
import { type Attempt, attempt } from "./attempt.ts";

export type ServiceName = "twitter" | "cognito" | "api" | "sts";

/** One unsigned request without effects to one service. */
export interface Probe {
  service: ServiceName;
  /** Undefined when the address is unknown. */
  url: URL | undefined;
  /** Host and port of the proxy, if any, or the error of an invalid one. */
  proxy: Attempt<string | undefined>;
  answer: Attempt<ProbeAnswer>;
  /** Milliseconds until the answer was read, name lookup and handshakes included. */
  durationMs: number;
  /** Milliseconds since the epoch at which it ended. */
  endedMs: number;
}

interface ProbeAnswer {
  status: number;
  headers: readonly Header[];
  connection: Connection | undefined;
  /** How long each part took. */
  timings: Timings | undefined;
}

const limitMs = 5000;

const accept: Header = ["Accept", "*/*"];

export function probeServices({
  environment,
  configuration,
  resolved,
}: {
  environment: Environment;
  configuration: Configuration;
  resolved: Attempt<ResolvedDeployment>;
}): Promise<Probe[]> {
  const aws = async (service: string, replaced: Promise<URL | undefined>): Promise<URL> => {
    const endpoint = await replaced;
    const region =
      resolved.value === undefined ? "us-east-1" : regionOfPool(resolved.value.deployment.identityPoolId);
    return endpoint ?? new URL(serviceAddress(service, region));
  };
  const addresses: Record<ServiceName, () => Promise<URL> | URL> = {
    twitter: () => twitterApiUrl(configuration),
    cognito: () => aws("cognito-identity", cognitoEndpoint(configuration)),
    api: () => {
      if (resolved.error !== undefined) throw resolved.error;
      const unusedPath = `/auth-cli-doctor-${environment.uniqueName().slice(0, 8)}`;
      return apiUrl(resolved.value.deployment.apiEndpoint, unusedPath);
    },
    sts: () => aws("sts", stsEndpoint(configuration)),
  };
  return Promise.all(
    (Object.keys(addresses) as ServiceName[]).map((service) =>
      probe(environment, service, addresses[service]),
    ),
  );
}

async function probe(
  environment: Environment,
  service: ServiceName,
  address: () => Promise<URL> | URL,
): Promise<Probe> {
  const url = await attempt(address);
  const proxy = await attempt(() => (url.value === undefined ? undefined : environment.proxyFor(url.value)));
  const startedMs = environment.now();
  const answer = await attempt(async () => {
    if (url.error !== undefined) throw url.error;
    let connection: Connection | undefined;
    let timings: (() => Timings) | undefined;
    const observed: Send = async (request) => {
      const response = await environment.send(request);
      connection = response.connection?.();
      timings = response.timings;
      return response;
    };
    const request = {
      step: `doctor.${service}`,
      method: "GET",
      url: url.value,
      headers: [accept],
      timeoutMs: limitMs,
    };
    const { status, headers } = await exchange(observed, request);
    return { status, headers, connection, timings: timings?.() };
  });
  const endedMs = environment.now();
  return { service, url: url.value, proxy, answer, durationMs: endedMs - startedMs, endedMs };
}
