/** A flag, for completion and the man page. */
export interface FlagOutline {
  /** Without dashes. */
  long: string;
  short: string | undefined;
  /** `<name>`, as in the help, or undefined for a switch. */
  value: string | undefined;
  description: string;
  choices: readonly string[];
}

export interface CommandOutline {
  name: string;
  aliases: readonly string[];
  description: string;
  arguments: readonly { name: string; choices: readonly string[]; variadic: boolean }[];
  flags: readonly FlagOutline[];
  /** `Examples:` of its help. */
  examples: readonly string[];
}

/** The command line as data. */
export interface ProgramOutline {
  name: string;
  description: string;
  flags: readonly FlagOutline[];
  commands: readonly CommandOutline[];
}
