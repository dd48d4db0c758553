import { expect, it } from "vitest";
import { comparable, readPages, transcriptsIn } from "./pages.ts";
import { recordTranscripts } from "./record.ts";

it("the docs show what the program prints (npm run transcripts records it again)", async () => {
  const recorded = await recordTranscripts();
  // `cli/test/dev-local.e2e.test.ts` compares the one of `sst dev`, `cli/test/package.e2e.test.ts` those of projects and walks.
  const documented = readPages()
    .flatMap(transcriptsIn)
    .filter(([name]) => !/^(dev$|create-sst$|project-|walk-)/.test(name));
  expect(new Set(documented.map(([name]) => name))).toEqual(new Set(recorded.keys()));
  for (const [name, transcript] of documented) {
    expect(comparable(transcript), name).toBe(comparable(recorded.get(name) ?? ""));
  }
});
