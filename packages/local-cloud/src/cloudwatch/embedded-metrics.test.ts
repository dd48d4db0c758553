import { describe, expect, it } from "vitest";
import { readEmbeddedMetrics } from "./embedded-metrics.ts";

const document = (directive: object, root: object = {}): string =>
  JSON.stringify({
    _aws: {
      Timestamp: 1_764_280_800_000,
      CloudWatchMetrics: [
        { Namespace: "n", Dimensions: [["stage"]], Metrics: [{ Name: "m" }], ...directive },
      ],
    },
    stage: "prod",
    m: 1,
    ...root,
  });

describe("a line in the embedded metric format", () => {
  it("gives each set of dimensions each metric", () => {
    const line = document(
      {
        Dimensions: [["stage"], ["stage", "check"], []],
        Metrics: [{ Name: "m", Unit: "Milliseconds", StorageResolution: 1 }, { Name: "other" }],
      },
      { check: "private.signed", m: [1, 2, 2], other: 0.5, note: { any: "json" } },
    );
    const metrics = readEmbeddedMetrics(line);
    expect(metrics).toHaveLength(6);
    expect(metrics).toContainEqual({
      id: { namespace: "n", name: "m", dimensions: { stage: "prod", check: "private.signed" } },
      samples: {
        time: new Date(1_764_280_800_000),
        unit: "Milliseconds",
        samples: [
          [1, 1],
          [2, 1],
          [2, 1],
        ],
        resolution: 1,
      },
    });
    expect(metrics).toContainEqual({
      id: { namespace: "n", name: "other", dimensions: {} },
      samples: { time: new Date(1_764_280_800_000), unit: "None", samples: [[0.5, 1]], resolution: 60 },
    });
  });

  it.each(["hello", "{}", '{"_aws": 1}', '{"level":"info"}'])("is another line: %s", (line) => {
    expect(readEmbeddedMetrics(line)).toBeUndefined();
  });

  it.each([
    [
      document({ Metrics: Array.from({ length: 101 }, () => ({ Name: "m" })) }),
      "a directive has more than 100 metrics",
    ],
    [document({ Dimensions: [["gone"]] }), "the dimension gone is not text"],
    [
      document({ Metrics: [{ Name: "gone" }] }),
      "the value of the metric gone is not a number or a list of at most 100",
    ],
    [document({ Metrics: [{ Name: "m", Unit: "Minutes" }] }), "the metric m has an unknown Unit"],
    [document({ Dimensions: [[{ toString: 1 }]] }), "a set of Dimensions is not a list of names"],
    [document({ Namespace: "" }), "a directive has no Namespace"],
    [`${document({})}x`, "it is not a JSON object"],
    ['{"_aws": {"CloudWatchMetrics": []}}', "_aws has no Timestamp"],
    ['{"_aws": {"Timestamp": 1e300, "CloudWatchMetrics": []}}', "_aws has no Timestamp"],
  ])("has no metrics: %#", (line, reason) => {
    expect(readEmbeddedMetrics(line)).toBe(reason);
  });
});
