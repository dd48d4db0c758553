import { execFile } from "node:child_process";

const tools: readonly { command: string; args: (port: number) => string[]; pattern: RegExp }[] = [
  // Linux: users:(("node",pid=1234,fd=21))
  {
    command: "ss",
    args: (port) => ["-Hltnp", `sport = :${port}`],
    pattern: /\("(?<name>[^"]+)",pid=(?<pid>\d+)/,
  },
  // macOS: p1234, cnode
  {
    command: "lsof",
    args: (port) => ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fpc"],
    pattern: /p(?<pid>\d+)\nc(?<name>\S+)/,
  },
];

/** Finds the program that listens on a port: `node (process 1234)`. Undefined without `ss` and `lsof`. */
export async function findPortHolder(port: number): Promise<string | undefined> {
  for (const { command, args, pattern } of tools) {
    const { name, pid } = pattern.exec(await output(command, args(port)))?.groups ?? {};
    if (name !== undefined && pid !== undefined) return `${name} (process ${pid})`;
  }
  return undefined;
}

function output(command: string, args: string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: 1000 }, (error, stdout) => resolve(error ? "" : stdout));
  });
}
