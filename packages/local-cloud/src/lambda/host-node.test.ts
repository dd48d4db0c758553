import { expect, it } from "vitest";
import { startLocalCloud } from "../index.ts";
import { hostNodeNotice } from "./host-node.ts";

it("says that the host's Node.js differs from nodejs22.x", () => {
  expect(hostNodeNotice("20.20.0")).toMatch(/^functions run on Node\.js 20\.20\.0, .* nodejs22\.x/);
  expect(hostNodeNotice("22.11.0")).toBeUndefined();
});

it("is said once, when the local cloud starts", async () => {
  const warnings: string[] = [];
  const cloud = await startLocalCloud({ awsPort: 0, twitterPort: 0, warn: (line) => warnings.push(line) });
  await cloud.close();
  const notice = hostNodeNotice();
  expect(warnings).toEqual(notice === undefined ? [] : [notice]);
});
