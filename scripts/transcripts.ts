/** Records the transcripts in the docs again: `npm run transcripts`. A test compares them with the program. */
import { writeFileSync } from "node:fs";
import { useCreateSst } from "@api-auth-twitter/test-support/create-sst";
import { readPages, replaceTranscripts } from "./transcripts/pages.ts";
import { recordDevTranscript } from "./transcripts/dev.ts";
import { recordLocalWalks, recordProjectTranscripts } from "./transcripts/projects.ts";
import { recordTranscripts } from "./transcripts/record.ts";

const recorded = new Map([
  ...(await recordTranscripts({ bySst: true })),
  ["dev", await recordDevTranscript()] as const,
  ["create-sst", (await useCreateSst()).transcript] as const,
  ...(await recordProjectTranscripts()),
  ...(await recordLocalWalks()),
]);
for (const page of readPages()) writeFileSync(page.path, replaceTranscripts(page, recorded));
