import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { runProcess } from "./run-process.ts";

/** A desktop session's bus, as programs find it. */
export interface SessionBus {
  variables: Record<string, string>;
  close(): Promise<void>;
}

/** A real Secret Service, unlocked, on a bus of its own. */
export interface SecretService extends SessionBus {
  /** How many entries it holds with these attributes, asked by a client that is not ours. */
  count(attributes: Record<string, string>): Promise<number>;
}

/** @param dbusRunSession,daemon the paths of `dbus-run-session` and `gnome-keyring-daemon` */
export async function startSecretService(dbusRunSession: string, daemon: string): Promise<SecretService> {
  const home = await mkdtemp(join(tmpdir(), "secret-service-"));
  const runtime = join(home, "run");
  await mkdir(runtime, { mode: 0o700 });
  const script = `echo | "$0" --unlock --components=secrets >/dev/null 2>&1; echo "$DBUS_SESSION_BUS_ADDRESS"; exec cat`;
  const session = spawn(dbusRunSession, ["--", "/bin/sh", "-c", script, daemon], {
    env: { PATH: process.env["PATH"], HOME: home, XDG_RUNTIME_DIR: runtime },
    stdio: ["pipe", "pipe", "ignore"],
  });
  const ended = once(session, "close");
  const limit = setTimeout(() => session.kill("SIGKILL"), 120_000);
  const [address] = (await Promise.race([
    once(createInterface({ input: session.stdout }), "line"),
    ended.then(() => {
      throw new Error("dbus-run-session ended before its bus was up");
    }),
  ])) as [string];
  const variables = { DBUS_SESSION_BUS_ADDRESS: address, XDG_RUNTIME_DIR: runtime };
  return {
    variables,
    async count(attributes) {
      const { stdout, stderr } = await runProcess(
        "/usr/bin/dbus-send",
        [
          "--session",
          "--print-reply",
          "--dest=org.freedesktop.secrets",
          "/org/freedesktop/secrets",
          "org.freedesktop.Secret.Service.SearchItems",
          `dict:string:string:${Object.entries(attributes).flat().join(",")}`,
        ],
        { env: variables, timeoutMs: 10_000 },
      );
      if (!stdout.includes("method return")) throw new Error(stderr);
      return stdout.match(/object path/g)?.length ?? 0;
    },
    async close() {
      clearTimeout(limit);
      session.stdin.end();
      await ended;
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** A bus that takes connections and never answers. */
export interface SilentBus extends SessionBus {
  /** How many connections it has had. */
  connections(): number;
  /** Resolves at the next connection. */
  connected(): Promise<void>;
}

export async function startSilentBus(): Promise<SilentBus> {
  const folder = await mkdtemp(join(tmpdir(), "silent-bus-"));
  await chmod(folder, 0o755);
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => {}).resume();
  });
  const path = join(folder, "bus");
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    variables: { DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` },
    connections: () => connections,
    connected: async () => void (await once(server, "connection")),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
