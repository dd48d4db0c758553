import { isJsonObject, type JsonObject, parseJsonObject } from "../aws/json-protocol.ts";
import type { MetricId, MetricSamples } from "./metrics.ts";
import { units } from "./units.ts";

/**
 * The metrics of a log line in CloudWatch's Embedded Metric Format.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 *
 * @returns undefined for a line without it; a text for a line that CloudWatch does not extract metrics from
 */
export function readEmbeddedMetrics(
  line: string,
): { id: MetricId; samples: MetricSamples }[] | string | undefined {
  if (!line.startsWith("{") || !line.includes('"_aws"') || !line.includes('"CloudWatchMetrics"'))
    return undefined;
  const root = parseJsonObject(line);
  const metadata = root?.["_aws"];
  if (root === undefined || !isJsonObject(metadata)) return "it is not a JSON object";
  const { Timestamp: timestamp, CloudWatchMetrics: directives } = metadata;
  if (typeof timestamp !== "number" || Number.isNaN(new Date(timestamp).getTime()))
    return "_aws has no Timestamp";
  if (!Array.isArray(directives)) return "CloudWatchMetrics is not a list";
  const found = [];
  for (const directive of directives as unknown[]) {
    const metrics = readDirective(root, directive, new Date(timestamp));
    if (typeof metrics === "string") return metrics;
    found.push(...metrics);
  }
  return found;
}

function readDirective(
  root: JsonObject,
  directive: unknown,
  time: Date,
): { id: MetricId; samples: MetricSamples }[] | string {
  if (!isJsonObject(directive)) return "a directive is not an object";
  const { Namespace: namespace, Dimensions: dimensionSets, Metrics: metrics } = directive;
  if (typeof namespace !== "string" || namespace === "") return "a directive has no Namespace";
  if (!Array.isArray(metrics)) return "a directive has no Metrics";
  if (metrics.length > 100) return "a directive has more than 100 metrics";
  const sets: unknown[] = Array.isArray(dimensionSets) ? dimensionSets : [];
  const dimensions = (sets.length === 0 ? [[]] : sets).map((set) => readDimensions(root, set));
  const problem = dimensions.find((set) => typeof set === "string");
  if (problem !== undefined) return problem;
  const found = [];
  for (const metric of metrics as unknown[]) {
    if (!isJsonObject(metric) || typeof metric["Name"] !== "string") return "a metric has no Name";
    const { Name: name, Unit: unit = "None", StorageResolution: resolution = 60 } = metric;
    if (typeof unit !== "string" || !units.has(unit)) return `the metric ${name} has an unknown Unit`;
    const samples = readValues(root[name]);
    if (samples === undefined)
      return `the value of the metric ${name} is not a number or a list of at most 100`;
    for (const set of dimensions) {
      if (typeof set === "string") continue;
      found.push({
        id: { namespace, name, dimensions: set },
        samples: { time, unit, samples, resolution: resolution === 1 ? (1 as const) : (60 as const) },
      });
    }
  }
  return found;
}

function readDimensions(root: JsonObject, names: unknown): Record<string, string> | string {
  if (!Array.isArray(names)) return "a set of Dimensions is not a list";
  if (names.length > 30) return "a set of Dimensions has more than 30";
  if (!names.every((name) => typeof name === "string")) return "a set of Dimensions is not a list of names";
  const values = names.map((name): [string, unknown] => [name, root[name]]);
  const missing = values.find(([, value]) => typeof value !== "string" || value === "");
  if (missing !== undefined) return `the dimension ${missing[0]} is not text`;
  return Object.fromEntries(values) as Record<string, string>;
}

function readValues(value: unknown): [number, number][] | undefined {
  const values = [value].flat();
  if (values.length === 0 || values.length > 100) return undefined;
  if (!values.every((each) => typeof each === "number")) return undefined;
  return values.map((each) => [each, 1]);
}
