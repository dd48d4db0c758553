import { printAtOnce } from "./environment/standard-output.ts";
import { versionText } from "./version.ts";

/** Asked by scripts and prompts all day long. */
export function main(): void {
  printAtOnce(`auth-cli ${versionText()}\n`);
}
