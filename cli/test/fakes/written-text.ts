import type { Readable } from "node:stream";

/** What was written to a stream since the last call. Since Node 26, `read` returns one write at a time. */
export function writtenText(stream: Pick<Readable, "read">): string {
  const read = (): Buffer | null => stream.read() as Buffer | null;
  let text = "";
  for (let chunk = read(); chunk !== null; chunk = read()) text += chunk.toString();
  return text;
}
