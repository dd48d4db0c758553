import { parseArgs, type ParseArgsConfig } from "node:util";

/** The flags of a script. `--help` prints its usage, and so does a flag that it does not have. */
export function readFlags<Config extends ParseArgsConfig>(
  usage: string,
  config: Config,
): ReturnType<typeof parseArgs<Config>>["values"] {
  if (process.argv.includes("--help")) {
    console.log(usage);
    return process.exit();
  }
  try {
    return parseArgs(config).values;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return process.exit(2);
  }
}
