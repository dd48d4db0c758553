/** A flag, for completion and the man page. */
export interface FlagOutline {
  /** Without dashes. */
  long: string;
  short: string | undefined;
  /** `<name>`, as in the help, or undefined for a switch. */
  value: string | undefined;
  description: string;
  choices: readonly string[];
  /** Undefined when there is none, or the description names it. */
  defaultValue: string | undefined;
}

export interface CommandOutline {
  name: string;
  aliases: readonly string[];
  description: string;
  arguments: readonly { name: string; choices: readonly string[]; variadic: boolean }[];
  flags: readonly FlagOutline[];
  /** The arguments as in the help's usage: `[METHOD] <path>`. */
  usage: string;
  /** The paragraphs between the flags and the examples of its help. */
  notes: readonly string[];
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
