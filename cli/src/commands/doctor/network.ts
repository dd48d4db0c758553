import type { AuthCliError } from "../../errors.ts";
import type { Timings } from "../../http.ts";
import type { Examination } from "./examination.ts";
import { fault, type Finding, fromError, ok, skipped, warning } from "./finding.ts";
import type { Probe, ServiceName } from "./probes.ts";

const titles: Record<ServiceName, string> = {
  twitter: "Twitter",
  cognito: "Cognito",
  api: "the API",
  sts: "STS",
};

/** The proxies, and whether and how fast each service answers. */
export async function examineNetwork(examination: Examination): Promise<Finding[]> {
  const probes = await examination.probes;
  return [...proxies(examination, probes), ...probes.map(reachability)];
}

const proxyNames = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];

function proxies({ environment: { variables } }: Examination, probes: readonly Probe[]): Finding[] {
  const name = "network.proxy";
  const set = proxyNames.filter((variable) => variables[variable]);
  if (set.length === 0) return [ok(name, "no proxy is set")];
  const malformed = probes.find(({ proxy }) => proxy.error !== undefined)?.proxy.error;
  if (malformed !== undefined) return [fromError(name, malformed)];
  const ways = probes
    .filter(({ url }) => url !== undefined)
    .map(
      ({ service, proxy }) =>
        `${titles[service]}: ${proxy.value === undefined ? "directly" : `through ${proxy.value}`}`,
    );
  const details = { evidence: ways, source: set.join(", ") };
  const contrary = set.find((variable) => {
    const upper = variable.toUpperCase();
    return variable !== upper && variables[upper] && variables[upper] !== variables[variable];
  });
  if (contrary !== undefined) {
    return [
      warning(
        name,
        `${contrary} and ${contrary.toUpperCase()} differ; auth-cli uses ${contrary}, as curl does`,
        {
          ...details,
          fix: "set both to the same value, since other programs may use the other one",
        },
      ),
    ];
  }
  return [ok(name, `${set.join(", ")} ${set.length === 1 ? "is" : "are"} set`, details)];
}

/** A slower answer is a warning. */
const slowMs = 2000;

function reachability({ service, url, answer, durationMs, proxy }: Probe): Finding {
  const name = `network.${service}` as const;
  if (answer.error !== undefined) {
    if (url === undefined)
      return skipped(name, `the address of ${titles[service]} is unknown: ${answer.error.message}`);
    return unreachable(name, service, answer.error);
  }
  const { status, connection, timings } = answer.value;
  const tls = connection?.tls;
  const details = {
    source: url?.origin ?? "",
    evidence: [
      `HTTP ${status}${connection === undefined ? "" : ` from ${connection.remoteAddress}`}`,
      ...(tls === undefined
        ? []
        : [`${tls.protocol}, certificate of ${tls.subject || "?"}, issued by ${tls.issuer || "?"}`]),
      ...(timings === undefined ? [] : [describeTimings(timings)]),
      ...(proxy.value === undefined ? [] : [`through the proxy ${proxy.value}`]),
    ],
  };
  if (status === 407) {
    return fault(name, `the proxy to ${titles[service]} requires a user and a password`, {
      ...details,
      fix: "set HTTPS_PROXY to http://user:password@proxy:port",
    });
  }
  if (status >= 500) {
    return fault(name, `${titles[service]} answers HTTP ${status}`, {
      ...details,
      fix: "try again in a minute",
    });
  }
  if (durationMs > slowMs) {
    return warning(name, `${titles[service]} took ${durationMs} ms to answer`, {
      ...details,
      fix: "check the network and the proxies",
    });
  }
  return ok(name, `${titles[service]} answers in ${durationMs} ms`, details);
}

/** `DNS 12 ms, TCP 20 ms, TLS 41 ms, answer 30 ms` */
function describeTimings({ dnsMs, tcpMs, tlsMs, waitMs }: Timings): string {
  const parts: [string, number | undefined][] = [
    ["DNS", dnsMs],
    ["TCP", tcpMs],
    ["TLS", tlsMs],
    ["answer", waitMs],
  ];
  return parts
    .filter(([, ms]) => ms !== undefined)
    .map(([part, ms]) => `${part} ${Math.round(ms ?? 0)} ms`)
    .join(", ");
}

function unreachable(name: Finding["name"], service: ServiceName, error: AuthCliError): Finding {
  const { cause, evidence, fix } = error;
  const cannot = `cannot reach ${titles[service]}`;
  if (cause !== undefined && isDnsFailure(error)) {
    return fault(name, `${cannot}: ${cause}`, {
      ...(evidence.length === 0 ? {} : { evidence }),
      ...(fix === undefined ? {} : { fix }),
    });
  }
  return { ...fromError(name, error), message: `${cannot}: ${failedPhase(error)}` };
}

function isDnsFailure({ cause = "", message }: AuthCliError): boolean {
  return /\((ENOTFOUND|EAI_\w+)\)/.test(cause) && !message.includes("the proxy");
}

/** The phase that failed: connection, proxy, TLS or answer. */
function failedPhase({ code, message }: AuthCliError): string {
  if (code === "proxy-refused" || message.includes("the proxy")) return "the proxy refuses the connection";
  if (code === "tls-refused") return "TLS failed";
  if (code === "unreachable") return "no connection (TCP)";
  if (code === "timeout")
    return message.includes("connection") ? "no connection in time (TCP or TLS)" : "no answer in time";
  if (code === "connection-lost") return "the connection was lost";
  return message;
}
