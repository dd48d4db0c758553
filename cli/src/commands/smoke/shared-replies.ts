import { type HttpResponse, readReply, type Reply, type Send } from "../../http.ts";

/**
 * Sends a request once for all stages that have the same question, named by its `question`: X answers it 75 times in 15
 * minutes. A refusal answers the first stage only.
 * @see https://docs.x.com/x-api/fundamentals/rate-limits
 */
export function shareReplies(send: Send): Send {
  const replies = new Map<string, Promise<Reply>>();
  return async (request) => {
    const { question } = request;
    if (question === undefined) return send(request);
    const asked = replies.get(question);
    const known = asked && (await asked.catch(() => undefined));
    if (known !== undefined && known.status < 300) return toResponse(known);
    const own = readReply(request, send(request));
    replies.set(question, own);
    return toResponse(await own);
  };
}

function toResponse({ body, ...head }: Reply): HttpResponse {
  return { ...head, body: oneChunk(body) };
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
