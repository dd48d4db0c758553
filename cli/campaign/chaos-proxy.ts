import { Buffer } from "node:buffer";
import { once } from "node:events";
import { createServer, type IncomingMessage, request as openRequest } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { listen } from "@api-auth-twitter/test-support/listen";
import type { Random } from "./campaign.ts";

interface Answer {
  head: string;
  body: Buffer;
}

/** What happens to one request. The server behind sees it, unless it is lost on the way there. */
type Fault = (way: {
  socket: Socket;
  random: Random;
  /** Sends the request on. */
  pass: (change?: Change) => Promise<Answer>;
}) => Promise<void>;

/** What becomes of a request's body. `cut` ends the connection in it. */
type Change = (body: Buffer) => { body: Buffer; isCut?: boolean };

const wire = ({ head, body }: Answer): Buffer => Buffer.concat([Buffer.from(head, "latin1"), body]);
const cutAt = (bytes: Buffer, random: Random): [Buffer, Buffer] => {
  const index = random.below(bytes.length);
  return [bytes.subarray(0, index), bytes.subarray(index)];
};
const withOtherBit = (bytes: Buffer, random: Random): Buffer => {
  const changed = Buffer.from(bytes);
  const index = random.below(changed.length);
  if (changed.length > 0) changed[index] = (changed[index] ?? 0) ^ (1 << random.below(8));
  return changed;
};
/** Changes the answer. */
const changes =
  (change: (answer: Answer, random: Random) => Buffer | string): Fault =>
  async ({ socket, random, pass }) => {
    socket.end(change(await pass(), random));
  };
const withHead = ({ head, body }: Answer, pattern: RegExp, replacement: string): Buffer =>
  wire({ head: head.replace(pattern, replacement), body });
const page = (status: string): string =>
  `HTTP/1.1 ${status}\r\nContent-Type: text/html\r\nContent-Length: 27\r\n\r\n<html>Please sign in</html>`;

export const chaosFaults = {
  "resets the connection before the request": async ({ socket }) => {
    socket.resetAndDestroy();
  },
  "resets the connection after the request": async ({ socket, pass }) => {
    await pass();
    socket.resetAndDestroy();
  },
  "closes the connection after the request": async ({ socket, pass }) => {
    await pass();
    socket.end();
  },
  "delays the answer": async ({ socket, random, pass }) => {
    const answer = await pass();
    await sleep(random.below(800));
    socket.end(wire(answer));
  },
  "delays the request": async ({ socket, random, pass }) => {
    await sleep(random.below(800));
    socket.end(wire(await pass()));
  },
  "cuts the request off": async ({ socket, random, pass }) => {
    await pass((body) => ({ body: cutAt(body, random)[0], isCut: true })).catch(() => {});
    socket.resetAndDestroy();
  },
  "changes a bit of the request": async ({ socket, random, pass }) => {
    socket.end(wire(await pass((body) => ({ body: withOtherBit(body, random) }))));
  },
  "exchanges two parts of the request": async ({ socket, random, pass }) => {
    const answer = await pass((body) => ({ body: Buffer.concat(cutAt(body, random).toReversed()) }));
    socket.end(wire(answer));
  },
  "sends the request twice": async ({ socket, pass }) => {
    await pass();
    socket.end(wire(await pass()));
  },
  "sends the request twice and the first answer": async ({ socket, pass }) => {
    const answer = await pass();
    await pass();
    socket.end(wire(answer));
  },
  "cuts the answer off": changes((answer, random) => cutAt(wire(answer), random)[0]),
  "cuts the answer off with a reset": async ({ socket, random, pass }) => {
    const [start] = cutAt(wire(await pass()), random);
    socket.write(start, () => socket.resetAndDestroy());
  },
  "sends the answer twice": changes((answer) => Buffer.concat([wire(answer), wire(answer)])),
  "exchanges two parts of the body": changes((answer, random) => {
    const [first, second] = cutAt(answer.body, random);
    return wire({ ...answer, body: Buffer.concat([second, first]) });
  }),
  "repeats a part of the answer": changes((answer, random) => {
    const [first, second] = cutAt(wire(answer), random);
    return Buffer.concat([first, first.subarray(-10), second]);
  }),
  "changes a bit": changes((answer, random) => withOtherBit(wire(answer), random)),
  "adds garbage": changes((answer) =>
    Buffer.concat([wire(answer), Buffer.from("HTTP/1.1 200 OK\r\n\0\xff")]),
  ),
  "states a longer body": changes((answer) =>
    withHead(answer, /content-length: \d+/i, `Content-Length: ${answer.body.length + 7}`),
  ),
  "states a shorter body": changes((answer) =>
    withHead(answer, /content-length: \d+/i, `Content-Length: ${answer.body.length >> 1}`),
  ),
  "states two lengths": changes((answer) => withHead(answer, /\r\n\r\n/, "\r\nContent-Length: 1\r\n\r\n")),
  "states a length that is no number": changes((answer) =>
    withHead(answer, /content-length: \d+/i, "Content-Length: -1"),
  ),
  "lies about chunks": changes((answer) =>
    wire({
      ...answer,
      head: answer.head.replace(/content-length: \d+/i, "Transfer-Encoding: chunked"),
      body: Buffer.concat([Buffer.from("fffffffffffff\r\n"), answer.body]),
    }),
  ),
  "sends a page": changes((_answer, random) =>
    page(
      random.pick([
        "200 OK",
        "403 Forbidden",
        "502 Bad Gateway",
        "503 Service Unavailable",
        "511 Network Authentication Required",
      ]),
    ),
  ),
  "sends interim answers": changes((answer, random) =>
    Buffer.concat([
      Buffer.from(
        random
          .pick(["100 Continue", "102 Processing", "103 Early Hints", "199 Odd"])
          .replace(/^.*$/, "HTTP/1.1 $&\r\n\r\n")
          .repeat(1 + random.below(3)),
      ),
      wire(answer),
    ]),
  ),
  throttles: changes(() => "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"),
  "answers with an error of the server": changes(
    (_answer, random) => `HTTP/1.1 ${random.pick([500, 502, 503, 504])} Error\r\nContent-Length: 0\r\n\r\n`,
  ),
  "redirects elsewhere": changes(
    () => "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n",
  ),
  "answers without a body": changes(({ head }) => head.replace(/content-length: \d+/i, "Content-Length: 0")),
  "speaks another protocol": changes(() => "SSH-2.0-OpenSSH_9.2\r\n"),
  drips: async ({ socket, pass }) => {
    const bytes = wire(await pass());
    const size = Math.max(1, Math.ceil(bytes.length / 40));
    for (let index = 0; index < bytes.length && !socket.destroyed; index += size) {
      socket.write(bytes.subarray(index, index + size));
      await sleep(10);
    }
    socket.end();
  },
} satisfies Record<string, Fault>;

export type ChaosFault = keyof typeof chaosFaults;
export const chaosFaultNames = Object.keys(chaosFaults) as ChaosFault[];

export interface ChaosProxy {
  url: string;
  /** `POST /path GetId`: what was passed on since the last call. */
  takeRequests(): string[];
  /**
   * Does something to a request on its way, beside what was armed before.
   * @param nth which one, counted from now; undefined for none
   */
  arm(fault: ChaosFault, nth: number, random: Random): void;
  disarm(): void;
  close(): Promise<void>;
}

/**
 * A reverse proxy on loopback in front of a server. The Host header stays, because signatures have it.
 * @param rewrite changes each answer's body
 */
export async function startChaosProxy(
  server: string,
  rewrite: (path: string, body: Buffer) => Buffer = (_path, body) => body,
): Promise<ChaosProxy> {
  let armed: { fault: ChaosFault; nth: number; random: Random }[] = [];
  let passed: string[] = [];
  const { hostname, port } = new URL(server);
  const proxy = createServer((incoming, outgoing) => {
    void (async () => {
      const body = await readAll(incoming).catch(() => undefined);
      const socket = incoming.socket;
      if (body === undefined) return;
      const [current] = armed.filter((each) => each.nth-- === 0);
      const pass = (change?: Change): Promise<Answer> => {
        const operation = String(incoming.headers["x-amz-target"] ?? "").replace(/^.*\./, "");
        passed.push(`${incoming.method} ${incoming.url?.split("?")[0]} ${operation}`.trim());
        return forward({ hostname, port }, incoming, body, { change, rewrite });
      };
      if (current === undefined) {
        const answer = await pass();
        // One answer a connection, so that each fault meets one request.
        socket.end(wire(answer));
        return;
      }
      await chaosFaults[current.fault]({ socket, random: current.random, pass });
    })().catch(() => outgoing.destroy());
  });
  proxy.on("connection", (socket) => socket.on("error", () => {}));
  const url = `http://127.0.0.1:${await listen(proxy)}`;
  return {
    url,
    takeRequests() {
      const taken = passed;
      passed = [];
      return taken;
    },
    arm: (fault, nth, random) => void armed.push({ fault, nth, random }),
    disarm: () => void (armed = []),
    async close() {
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}

async function readAll(incoming: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function forward(
  to: { hostname: string; port: string },
  { method, url, rawHeaders }: IncomingMessage,
  body: Buffer,
  options: { change: Change | undefined; rewrite: (path: string, body: Buffer) => Buffer },
): Promise<Answer> {
  const onward = openRequest({ ...to, method, path: url, headers: rawHeaders, agent: false });
  const { body: sent, isCut = false } = options.change?.(body) ?? { body };
  const answered = once(onward, "response") as Promise<[IncomingMessage]>;
  if (isCut) {
    onward.flushHeaders();
    onward.write(sent);
    setTimeout(() => onward.destroy(), 20);
  } else onward.end(sent);
  const [response] = await answered;
  const bytes = options.rewrite(url ?? "/", await readAll(response));
  const { statusCode = 0, statusMessage = "", rawHeaders: names } = response;
  const lines = names.flatMap((name, index) =>
    index % 2 === 0 && !/^(connection|keep-alive|transfer-encoding|content-length)$/i.test(name)
      ? [`${name}: ${names[index + 1]}`]
      : [],
  );
  const length = [`Content-Length: ${bytes.length}`, "Connection: close"];
  const head = [`HTTP/1.1 ${statusCode} ${statusMessage}`, ...lines, ...length].join("\r\n");
  return { head: `${head}\r\n\r\n`, body: bytes };
}
