import type { State } from "../state.ts";

/** What names a metric: two sets of dimensions are two metrics. */
export interface MetricId {
  namespace: string;
  name: string;
  /** Value by name. */
  dimensions: Readonly<Record<string, string>>;
}

interface StatisticSet {
  sampleCount: number;
  sum: number;
  minimum: number;
  maximum: number;
}

/** Samples of a metric at one time. */
export interface MetricSamples {
  time: Date;
  unit: string;
  /** Values with their counts; or their statistics alone. */
  samples: readonly (readonly [value: number, count: number])[] | StatisticSet;
  /** In seconds. */
  resolution: 1 | 60;
}

/** The samples of a second or a minute. */
interface Bucket extends StatisticSet {
  /** Seconds since the epoch. */
  start: number;
  unit: string;
  /** Count by value, for percentiles. Undefined when statistics were put. */
  values: Map<number, number> | undefined;
}

interface Metric {
  id: MetricId;
  /** In the order of their first samples. */
  buckets: Map<string, Bucket>;
}

/** The samples of a period. */
export interface Datapoint extends StatisticSet {
  /** Start of the period. */
  time: Date;
  unit: string;
  values: Map<number, number> | undefined;
}

interface Range {
  /** Inclusive. */
  start: Date;
  /** Exclusive. */
  end: Date;
  /** In seconds. */
  period: number;
  /** All units by default. */
  unit?: string | undefined;
}

export interface Metrics {
  put(id: MetricId, samples: MetricSamples): void;
  list(): MetricId[];
  /** The periods with samples, oldest first. The first period begins at the start of the range. */
  datapoints(id: MetricId, range: Range): Datapoint[];
}

/** The metrics that are kept; the ones that got samples last. */
const maximumMetrics = 2000;
/** A day of minutes. */
const maximumBuckets = 1440;
/** Different values of a bucket. More are rounded to three digits, as CloudWatch's percentiles are approximations too. */
const maximumValues = 500;

/** The metrics of CloudWatch. */
export function createMetrics(state: Pick<State, "part">): Metrics {
  const metrics = state.part("metrics", () => new Map<string, Metric>());
  return {
    put(id, { time, unit, samples, resolution }) {
      const key = keyOf(id);
      const metric = metrics.get(key) ?? { id, buckets: new Map<string, Bucket>() };
      // The ones that are used last are at the end.
      metrics.delete(key);
      metrics.set(key, metric);
      dropOldest(metrics, maximumMetrics);
      const seconds = Math.floor(time.getTime() / 1000);
      const start = seconds - (seconds % resolution);
      const bucketKey = `${start} ${unit}`;
      let bucket = metric.buckets.get(bucketKey);
      if (bucket === undefined) {
        bucket = { ...nothing, start, unit, values: new Map() };
        metric.buckets.set(bucketKey, bucket);
        dropOldest(metric.buckets, maximumBuckets);
      }
      add(bucket, "sum" in samples ? samples : statisticsOf(samples));
      bucket.values = "sum" in samples ? undefined : addValues(bucket.values, samples);
    },
    list: () => [...metrics.values()].map(({ id }) => id),
    datapoints(id, { start, end, period, unit }) {
      const found = new Map<number, Datapoint>();
      const startSeconds = start.getTime() / 1000;
      for (const bucket of metrics.get(keyOf(id))?.buckets.values() ?? []) {
        if (bucket.start < startSeconds || bucket.start >= end.getTime() / 1000) continue;
        if (unit !== undefined && bucket.unit !== unit) continue;
        const index = Math.floor((bucket.start - startSeconds) / period);
        let datapoint = found.get(index);
        if (datapoint === undefined) {
          const time = new Date((startSeconds + index * period) * 1000);
          datapoint = { ...nothing, time, unit: bucket.unit, values: new Map() };
          found.set(index, datapoint);
        }
        add(datapoint, bucket);
        datapoint.values = bucket.values && addValues(datapoint.values, [...bucket.values]);
      }
      return [...found].toSorted(([a], [b]) => a - b).map(([, datapoint]) => datapoint);
    },
  };
}

/** Undefined for a statistic that is not known, or a percentile of statistics. */
export function statisticOf(datapoint: Datapoint, statistic: string): number | undefined {
  switch (statistic) {
    case "SampleCount":
      return datapoint.sampleCount;
    case "Sum":
      return datapoint.sum;
    case "Average":
      return datapoint.sum / datapoint.sampleCount;
    case "Minimum":
      return datapoint.minimum;
    case "Maximum":
      return datapoint.maximum;
    default: {
      const percent = percentileOf(statistic);
      return percent === undefined ? undefined : percentile(datapoint, percent);
    }
  }
}

export const simpleStatistics = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"] as const;

/** `p99.9` → 99.9; undefined for another extended statistic. */
export function percentileOf(statistic: string): number | undefined {
  const [, digits] = /^p(\d{1,2}(?:\.\d{1,10})?|100)$/.exec(statistic) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

function percentile({ values, minimum, maximum }: Datapoint, percent: number): number | undefined {
  // All of them are the same.
  if (values === undefined) return minimum === maximum ? minimum : undefined;
  const sorted = [...values].toSorted(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  for (const [value, count] of sorted) {
    seen += count;
    if (seen >= (percent / 100) * total) return value;
  }
  return maximum;
}

const nothing: StatisticSet = { sampleCount: 0, sum: 0, minimum: Infinity, maximum: -Infinity };

function statisticsOf(samples: readonly (readonly [value: number, count: number])[]): StatisticSet {
  const result = { ...nothing };
  for (const [value, sampleCount] of samples) {
    add(result, { sampleCount, sum: value * sampleCount, minimum: value, maximum: value });
  }
  return result;
}

function add(target: StatisticSet, { sampleCount, sum, minimum, maximum }: StatisticSet): void {
  target.sampleCount += sampleCount;
  target.sum += sum;
  target.minimum = Math.min(target.minimum, minimum);
  target.maximum = Math.max(target.maximum, maximum);
}

/** Changes the map, because every request adds to it. */
function addValues(
  values: Map<number, number> | undefined,
  samples: readonly (readonly [value: number, count: number])[],
): Map<number, number> | undefined {
  if (values === undefined) return undefined;
  for (const [value, count] of samples) {
    const kept = values.size < maximumValues || values.has(value) ? value : Number(value.toPrecision(3));
    values.set(kept, (values.get(kept) ?? 0) + count);
  }
  return values;
}

/** Equal for the same metric. */
export function keyOf({ namespace, name, dimensions }: MetricId): string {
  const sorted = Object.entries(dimensions).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([namespace, name, sorted]);
}

function dropOldest(map: Map<string, unknown>, maximum: number): void {
  for (const key of map.keys()) {
    if (map.size <= maximum) return;
    map.delete(key);
  }
}

/** As CloudWatch's operations describe it. */
export function describeMetric({ namespace, name, dimensions }: MetricId) {
  return {
    Namespace: namespace,
    MetricName: name,
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
  };
}
