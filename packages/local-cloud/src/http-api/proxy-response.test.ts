import { expect, it } from "vitest";
import { readProxyResponse } from "./proxy-response.ts";

const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;

it.each(["1.0", "2.0"] as const)(
  "headers that are nested too deep are not a response of format %s",
  (format) => {
    expect(readProxyResponse(`{"statusCode": 200, "headers": {"a": ${deep}}}`, format)).toBeUndefined();
  },
);
