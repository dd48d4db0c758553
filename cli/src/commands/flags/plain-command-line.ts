import type { CommandDefinition, Definable, Runner } from "./command-definition.ts";
import { addSharedFlags } from "./shared-flags.ts";

type Action = Parameters<Runner>[0];

/** A command line that was understood: what runs it, and what it is given. */
export interface PlainCommandLine {
  action: Action;
  flags: Record<string, unknown>;
  words: readonly string[];
}

/**
 * Reads a command line as commander does, if it is a plain one: of flags that are written out, each with its value, and
 * of one argument or more. To load commander, and to tell it of all flags, takes as long as a call's own work.
 * @param args what follows the command's name
 * @returns undefined for any other command line, the wrong ones included: commander says what is wrong with them
 */
export function readPlainCommandLine(
  definition: CommandDefinition & { define(command: Definable, run: Runner): void },
  args: readonly string[],
): PlainCommandLine | undefined {
  const stages: string[] = [];
  const table = addSharedFlags(new FlagTable(), stages);
  let action: Action | undefined;
  definition.define(table, (given) => {
    action = given;
    return () => Promise.resolve();
  });
  const words = table.read(args);
  if (action === undefined || words === undefined || words.length === 0) return undefined;
  return { action, flags: { ...table.values, stages }, words };
}

type Parse = (value: string, previous: never) => unknown;

interface Flag {
  /** `--no-fail` is called `fail`. */
  name: string;
  negates: boolean;
  takesValue: boolean;
  parse: Parse | undefined;
}

/** Takes the flags of a command in commander's place. */
class FlagTable implements Definable {
  readonly values: Record<string, unknown> = {};
  /** By each way to write it. */
  readonly #flags = new Map<string, Flag>();
  readonly #listeners = new Map<string, (value: string) => void>();

  /** @param flags `--json`, `--stage <name>`, `-X, --request <method>` or `--no-fail` */
  option(flags: string, _description: string, parse?: Parse, defaultValue?: unknown): this {
    const words = flags.split(" ");
    const short = words[0]?.endsWith(",") ? words.shift()?.slice(0, 2) : undefined;
    const [long = "", value] = words;
    const negates = long.startsWith("--no-");
    const flag = { name: long.slice(negates ? 5 : 2), negates, takesValue: value !== undefined, parse };
    this.#flags.set(long, flag);
    if (short !== undefined) this.#flags.set(short, flag);
    if (negates) this.values[attributeOf(flag)] = true;
    if (defaultValue !== undefined) this.values[attributeOf(flag)] = defaultValue;
    return this;
  }

  on(event: string, listener: (value: string) => void): this {
    this.#listeners.set(event, listener);
    return this;
  }

  usage(): this {
    return this;
  }

  argument(): this {
    return this;
  }

  addHelpText(): this {
    return this;
  }

  action(): this {
    return this;
  }

  /** @returns the words that are no flags; undefined when anything is not plain */
  read(args: readonly string[]): string[] | undefined {
    const words: string[] = [];
    const left = args.values();
    for (const word of left) {
      if (!word.startsWith("-")) {
        words.push(word);
        continue;
      }
      const flag = this.#flags.get(word);
      if (flag === undefined) return undefined;
      if (!flag.takesValue) this.values[attributeOf(flag)] = !flag.negates;
      else if (!this.#take(flag, left.next().value ?? "")) return undefined;
    }
    return words;
  }

  /** @returns false for a value of which there may be something to say */
  #take(flag: Flag, value: string): boolean {
    if (value === "" || value.startsWith("-")) return false;
    const attribute = attributeOf(flag);
    try {
      this.values[attribute] = flag.parse?.(value, this.values[attribute] as never) ?? value;
    } catch {
      return false;
    }
    this.#listeners.get(`option:${flag.name}`)?.(value);
    return true;
  }
}

/** `data-binary` is `dataBinary` among the values. */
function attributeOf({ name }: Flag): string {
  return name.replace(/-(\w)/g, (_match, letter: string) => letter.toUpperCase());
}
