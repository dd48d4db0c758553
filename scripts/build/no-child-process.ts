/** Takes the place of `node:child_process` in commander, which loads it at each start, for commands in files of their own. */
export function spawn(): never {
  throw new Error("every command of auth-cli is in this program");
}
