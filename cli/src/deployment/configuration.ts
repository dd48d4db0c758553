import { join } from "node:path";
import type { Environment } from "../environment.ts";
import { AuthCliError } from "../errors.ts";
import type { Project } from "./project.ts";

/** A value and where it came from, for errors and for `status`. */
export interface Setting {
  value: string;
  source: string;
}

/**
 * Settings from the environment, then from the `.env` files that SST reads:
 * `.env`, `.env.local`, `.env.<stage>`, `.env.<stage>.local`, each overriding the one before.
 */
export class Configuration {
  readonly #environment: Pick<Environment, "files" | "variables">;
  readonly #project: Project;
  readonly #stage: string | undefined;
  #dotenv: Map<string, Setting> | undefined;

  constructor(
    environment: Pick<Environment, "files" | "variables">,
    project: Project,
    stage: string | undefined,
  ) {
    this.#environment = environment;
    this.#project = project;
    this.#stage = stage;
  }

  /** An empty variable counts as one that is not set. */
  async find(name: string): Promise<Setting | undefined> {
    const value = this.#environment.variables[name]?.trim();
    if (value) return { value, source: `the environment variable ${name}` };
    this.#dotenv ??= await this.#readDotenv();
    return this.#dotenv.get(name);
  }

  async #readDotenv(): Promise<Map<string, Setting>> {
    const settings = new Map<string, Setting>();
    const suffixes = [
      "",
      ".local",
      ...(this.#stage === undefined ? [] : [`.${this.#stage}`, `.${this.#stage}.local`]),
    ];
    for (const suffix of suffixes) {
      const path = join(this.#project.root, `.env${suffix}`);
      const text = this.#environment.files.readText(path);
      if (text === undefined) continue;
      checkDotenv(path, text);
      const { default: dotenv } = await import("dotenv");
      for (const [name, value] of Object.entries(dotenv.parse(text))) {
        if (value.trim() !== "") settings.set(name, { value: value.trim(), source: path });
      }
    }
    return settings;
  }
}

/** dotenv passes over what it does not understand; a line lost in silence would come back as a riddle later. */
function checkDotenv(path: string, text: string): void {
  // A quoted value may run over several lines; those are dotenv's to read.
  const withoutQuoted = text.replace(/=\s*("(?:\\"|[^"])*"|'(?:\\'|[^'])*'|`(?:\\`|[^`])*`)/g, "=");
  for (const [index, line] of withoutQuoted.split(/\r?\n/).entries()) {
    if (/^\s*(#.*)?$/.test(line) || /^\s*(export\s+)?[\w.-]+(\s*=|:\s)/.test(line)) continue;
    throw new AuthCliError("invalid-configuration", {
      message: `${path} has a line that is not NAME=value`,
      // The line itself may hold a secret, so only its place is told.
      cause: text === withoutQuoted ? `line ${index + 1}` : "one of the lines between its quoted values",
      fix: "write each variable as NAME=value on a line of its own; comments begin with #",
    });
  }
}
