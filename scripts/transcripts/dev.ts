import { copySstApp } from "@api-auth-twitter/test-support/sst-app";

/** Runs `npm run dev:local` until it waits for edits. */
export async function recordDevTranscript(): Promise<string> {
  const app = await copySstApp();
  const dev = app.devLocal();
  try {
    await dev.printed(/Press Ctrl-C.*\n/);
    return devTranscript(dev.output());
  } finally {
    await dev.stop();
    await app.remove();
  }
}

/** The end of what `npm run dev:local` has printed, after the events of the deploy. */
export function devTranscript(output: string): string {
  return `$ npm run dev:local\n…\n${output.slice(output.lastIndexOf("✔  Deployed:")).trimEnd()}\n`;
}
