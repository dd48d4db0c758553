import { Writable } from "node:stream";

type StreamingHandler = (event: unknown, stream: Writable, context: object) => unknown;

const streaming = Symbol.for("aws.lambda.runtime.handler.streaming");
const delimiter = Buffer.alloc(8);

/**
 * Sets `awslambda`, which Lambda's Node.js runtime gives to handlers.
 * https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/blob/main/src/UserFunction.js
 */
export function defineAwslambda(): void {
  Object.assign(globalThis, {
    awslambda: {
      streamifyResponse: (handler: object) => Object.assign(handler, { [streaming]: "response" }),
      HttpResponseStream: {
        from(stream: ResponseStream, metadata: unknown) {
          stream.setContentType("application/vnd.awslambda.http-integration-response");
          stream.prelude = Buffer.concat([Buffer.from(JSON.stringify(metadata)), delimiter]);
          return stream;
        },
      },
    },
  });
}

export function isStreaming(handler: object): handler is StreamingHandler {
  return (handler as Record<symbol, unknown>)[streaming] === "response";
}

/** Runs a streaming handler. HTTP APIs do not stream, so what it wrote is the whole payload. */
export async function runStreaming(
  handler: StreamingHandler,
  event: unknown,
  context: object,
): Promise<string> {
  const stream = new ResponseStream();
  const finished = new Promise((resolve, reject) => stream.once("finish", resolve).once("error", reject));
  await Promise.all([handler(event, stream, context), finished]);
  return Buffer.concat(stream.chunks).toString();
}

class ResponseStream extends Writable {
  readonly chunks: Buffer[] = [];
  /** Written before the first chunk. */
  prelude: Buffer | undefined;

  constructor() {
    super({
      decodeStrings: true,
      write: (chunk: Buffer, _encoding, done) => {
        if (this.chunks.length === 0 && this.prelude !== undefined) this.chunks.push(this.prelude);
        this.chunks.push(chunk);
        done();
      },
    });
  }

  setContentType(_type: string): void {
    if (this.chunks.length > 0) throw new Error("Cannot set content-type, too late.");
  }
}
