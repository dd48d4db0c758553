/** Loaded into the local cloud's process: answers each message of its parent with its memory after a collection. */
if (process.channel !== undefined) {
  process.on("message", () => {
    globalThis.gc();
    process.send(process.memoryUsage());
  });
  process.channel.unref();
}
