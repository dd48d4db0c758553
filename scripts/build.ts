/** Builds what runs outside the tests. */
import { buildCli } from "./build/cli.ts";
import { buildEmulator } from "./build/emulator.ts";

await Promise.all([buildCli(), buildEmulator()]);
