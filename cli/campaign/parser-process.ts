/** Reads one input after another and answers each: `null`, or what was thrown. Ends with its parent. */
import { Buffer } from "node:buffer";
import { targets } from "./parser-targets.ts";

process.on("message", ({ name, input }: { name: string; input: Uint8Array }) => {
  void (async () => {
    let fault: string | null = null;
    try {
      await targets[name]?.read(Buffer.from(input));
    } catch (error) {
      fault = (error instanceof Error ? (error.stack ?? error.message) : String(error)).slice(0, 2000);
    }
    process.send?.(fault);
  })();
});
process.on("disconnect", () => process.exit());
process.send?.("ready");
