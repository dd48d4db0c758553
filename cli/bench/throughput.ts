import { readFile } from "node:fs/promises";
import { Agent, request } from "node:http";

export interface Throughput {
  requestsPerSecond: number;
  /** Resident memory of the server in MB after each fifth of the requests. */
  memoryMb: number[];
}

/**
 * Sends one signed request over and over on a few connections. Each is verified anew: the local cloud keeps no verdict
 * on a signature, only the signing key, as AWS does.
 */
export async function measureThroughput(
  url: string,
  headers: Readonly<Record<string, string>>,
  serverPid: number,
  total: number,
  connections = 8,
): Promise<Throughput> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const fifth = Math.floor(total / 5);
  const memoryMb: number[] = [];
  let sent = 0;
  const worker = async (): Promise<void> => {
    while (sent < total) {
      sent += 1;
      if (sent % fifth === 0) memoryMb.push(await residentMb(serverPid));
      const status = await get(url, headers, agent);
      if (status !== 200) throw new Error(`${url} answered HTTP ${status}`);
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: connections }, worker));
  const seconds = (performance.now() - started) / 1000;
  agent.destroy();
  return { requestsPerSecond: total / seconds, memoryMb };
}

function get(url: string, headers: Readonly<Record<string, string>>, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { agent, headers }, (response) => {
      response.resume();
      response.once("end", () => resolve(response.statusCode ?? 0));
    })
      .once("error", reject)
      .end();
  });
}

/** From /proc, so on Linux only. */
async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024);
}
