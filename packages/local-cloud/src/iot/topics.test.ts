import { describe, expect, it } from "vitest";
import { covers, findTopicFault } from "./topics.ts";

describe("covers", () => {
  it.each([
    ["a/b", "a/b"],
    ["a/+", "a/b"],
    ["+/b", "a/b"],
    ["a/#", "a/b/c"],
    ["a/#", "a"],
    ["#", "a/b"],
    ["+/+", "/b"],
    ["$aws/#", "$aws/things"],
  ])("%s covers %s", (filter, topic) => {
    expect(covers(filter, topic)).toBe(true);
  });

  it.each([
    ["a/b", "a/c"],
    ["a/b", "A/b"],
    ["a/+", "a/b/c"],
    ["a/+", "a"],
    ["a/#", "ab"],
    ["a/b/#", "a"],
    ["#", "$aws/things"],
    ["+/things", "$aws/things"],
  ])("%s does not cover %s", (filter, topic) => {
    expect(covers(filter, topic)).toBe(false);
  });
});

describe("findTopicFault", () => {
  it.each([
    ["", "it is empty"],
    ["a".repeat(257), "it is longer than 256 bytes"],
    ["é".repeat(129), "it is longer than 256 bytes"],
    ["/1/2/3/4/5/6/7/8", "it has more than 7 slashes"],
    ["a/+", "it has a wildcard where none is allowed"],
    ["a/#", "it has a wildcard where none is allowed"],
    ["a\0b", "it has a null character"],
  ])("refuses the topic %j", (topic, fault) => {
    expect(findTopicFault(topic, false)).toBe(fault);
  });

  it.each(["a", "/", "/sst/app/stage/events", "1/2/3/4/5/6/7/8", "é".repeat(128)])(
    "accepts the topic %j",
    (topic) => {
      expect(findTopicFault(topic, false)).toBeUndefined();
    },
  );

  it.each(["#", "+", "a/#", "+/a/+"])("accepts the filter %j", (filter) => {
    expect(findTopicFault(filter, true)).toBeUndefined();
  });

  it.each(["a#", "a/b+", "#/a", "a/##"])("refuses the filter %j", (filter) => {
    expect(findTopicFault(filter, true)).toBeDefined();
  });
});
