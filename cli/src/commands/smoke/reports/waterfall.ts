import type { CheckResult, Hop, SmokeReport } from "../report.ts";

/** The phases of a request, in their order. `other` is the time of a check outside its requests. */
const phases = ["dns", "tcp", "tls", "wait", "body", "other"] as const;

export type Phase = (typeof phases)[number];

export const phaseNames: Record<Phase, string> = {
  dns: "DNS",
  tcp: "TCP",
  tls: "TLS",
  wait: "wait",
  body: "body",
  other: "other",
};

/** A part of a bar, in milliseconds since the run began. */
export interface Segment {
  phase: Phase;
  startMs: number;
  endMs: number;
}

/** The bar of a check, without gaps. Undefined when its start is not known. */
export function segmentsOf({ startedMs, durationMs, hops = [] }: CheckResult): Segment[] | undefined {
  if (startedMs === undefined) return undefined;
  return [
    { phase: "other", startMs: startedMs, endMs: startedMs + durationMs },
    ...hops.flatMap((hop) => segmentsOfHop(hop)),
  ];
}

function segmentsOfHop(hop: Hop): Segment[] {
  let startMs = hop.startedMs;
  const durations = { dns: hop.dnsMs, tcp: hop.tcpMs, tls: hop.tlsMs, wait: hop.waitMs, body: hop.bodyMs };
  return (Object.entries(durations) as [Phase, number | undefined][]).flatMap(([phase, ms]) => {
    if (ms === undefined || ms <= 0) return [];
    const segment = { phase, startMs, endMs: startMs + ms };
    startMs += ms;
    return [segment];
  });
}

export interface Axis {
  startMs: number;
  endMs: number;
}

/** The time axis of all bars. */
export function axisOf({ checks }: SmokeReport): Axis {
  const segments = checks.flatMap((check) => segmentsOf(check) ?? []);
  const startMs = Math.min(...segments.map((segment) => segment.startMs));
  const endMs = Math.max(...segments.map((segment) => segment.endMs));
  return segments.length === 0 ? { startMs: 0, endMs: 1 } : { startMs, endMs: Math.max(endMs, startMs + 1) };
}

/** The phases in the report, for a legend. */
export function phasesOf({ checks }: SmokeReport): Phase[] {
  const seen = new Set(checks.flatMap((check) => segmentsOf(check)?.map(({ phase }) => phase) ?? []));
  return phases.filter((phase) => seen.has(phase));
}
