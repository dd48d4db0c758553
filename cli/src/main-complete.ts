import { complete } from "./completion/complete.ts";
import { createEnvironment } from "./environment.ts";
import { outlineProgram } from "./outline.ts";

/** The answer to a press of the tab key. */
export function completeWords(words: readonly string[]): void {
  complete(words, outlineProgram(), createEnvironment());
}
