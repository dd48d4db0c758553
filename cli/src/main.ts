import packageJson from "../package.json" with { type: "json" };
import { createEnvironment } from "./environment.ts";
import { run } from "./run.ts";

const version = `${packageJson.version} node/${process.versions.node} ${process.platform}-${process.arch}`;

// A reader that has seen enough (`| head -1`) closes the pipe; that ends the program as SIGPIPE would.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? 141 : 1);
});

async function main(): Promise<void> {
  process.exitCode = await run(process.argv.slice(2), version, createEnvironment);
}

void main();
