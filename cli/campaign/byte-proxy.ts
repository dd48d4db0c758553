import { Buffer } from "node:buffer";
import { connect, createServer, type Socket } from "node:net";
import { listen } from "@api-auth-twitter/test-support/listen";
import type { Random } from "./campaign.ts";

/** What happens to one chunk of bytes on its way. `send` passes bytes on, as long as both sides are connected. */
type ByteFault = (way: {
  chunk: Buffer;
  random: Random;
  send: (bytes: Buffer) => void;
  /** Ends both sides: `reset`, or as a server that closes. */
  end: (isReset: boolean) => void;
}) => void;

const cut = (chunk: Buffer, random: Random): [Buffer, Buffer] => {
  const index = random.below(chunk.length);
  return [chunk.subarray(0, index), chunk.subarray(index)];
};

const byteFaults = {
  "resets the connections": ({ end }) => end(true),
  "closes the connections": ({ end }) => end(false),
  "cuts the bytes off": ({ chunk, random, send, end }) => {
    send(cut(chunk, random)[0]);
    end(true);
  },
  // TLS notices these three.
  "repeats the bytes": ({ chunk, send }) => send(Buffer.concat([chunk, chunk])),
  "exchanges the bytes": ({ chunk, random, send }) => send(Buffer.concat(cut(chunk, random).toReversed())),
  "changes a byte": ({ chunk, random, send }) => {
    const changed = Buffer.from(chunk);
    const index = random.below(changed.length);
    changed[index] = (changed[index] ?? 0) ^ (1 + random.below(255));
    send(changed);
  },
  // Nothing arrives until `heal`, as on a path that is down.
  "holds the bytes back": () => {},
} satisfies Record<string, ByteFault>;

export type ByteFaultName = keyof typeof byteFaults;
export const byteFaultNames = Object.keys(byteFaults) as ByteFaultName[];

export interface ByteProxy {
  /** `127.0.0.1:<port>`. */
  address: string;
  /** Where new connections go: `127.0.0.1:<port>`. */
  target: string;
  /** From now on, something happens to the bytes of every connection, and of new ones. */
  arm(fault: ByteFaultName, random: Random): void;
  /** Passes on what was held back. */
  heal(): void;
  close(): Promise<void>;
}

/** Passes bytes on, for connections whose content is encrypted. */
export async function startByteProxy(): Promise<ByteProxy> {
  let armed: { fault: ByteFaultName; random: Random } | undefined;
  const held = new Set<() => void>();
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const [host, port] = proxy.target.split(":");
    const far = connect(Number(port), host);
    const end = (isReset: boolean): void => {
      for (const socket of [near, far])
        if (isReset) socket.resetAndDestroy();
        else socket.end();
    };
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      const send = (bytes: Buffer): void => void (to.destroyed || to.write(bytes));
      let waiting: Buffer[] = [];
      const release = (): void => {
        held.delete(release);
        for (const bytes of waiting.splice(0)) send(bytes);
      };
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        held.delete(release);
        to.destroy();
      });
      from.on("end", () => to.end());
      from.on("data", (chunk: Buffer) => {
        if (armed?.fault === "holds the bytes back") {
          waiting.push(chunk);
          held.add(release);
        } else if (armed === undefined) send(chunk);
        else byteFaults[armed.fault]({ chunk, random: armed.random, send, end });
      });
    }
  });
  const port = await listen(server);
  const proxy: ByteProxy = {
    address: `127.0.0.1:${port}`,
    target: "",
    arm: (fault, random) => void (armed = { fault, random }),
    heal() {
      armed = undefined;
      for (const release of held) release();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}
