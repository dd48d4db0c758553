import packageJson from "../package.json" with { type: "json" };

/** Each way into the program is a file of its own, so that one does not pay for the other. */
async function main(args: readonly string[]): Promise<void> {
  // Asked by scripts and prompts all day long, so it is answered before anything is loaded.
  if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
    process.stdout.write(`${packageJson.name} ${versionText()}\n`);
    return;
  }
  // A reader that has seen enough (`| head -1`) closes the pipe; that ends the program as SIGPIPE would.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // Of another fault the writer is told.
    if (error.code === "EPIPE") process.exit(141);
  });
  // Nobody reads the notes; the work goes on.
  process.stderr.on("error", () => {});
  // What a shell asks with each press of the tab key.
  if (args[0] === "complete" && args[1] === "--") {
    const { completeWords } = await import("./main-complete.ts");
    return completeWords(args.slice(2));
  }
  const { runCommandLine } = await import("./main-run.ts");
  process.exitCode = await runCommandLine(args, versionText());
}

function versionText(): string {
  return `${packageJson.version} (node ${process.versions.node}, ${process.platform} ${process.arch})`;
}

void main(process.argv.slice(2));
