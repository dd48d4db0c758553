import { join } from "node:path";
import type { Environment } from "../environment/environment.ts";
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
  #dotenv: Map<string, Setting[]> | undefined;

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
    return this.#fromEnvironment(name) ?? (await this.#fromFiles(name)).at(-1);
  }

  /** Every place that sets it, the one that counts first. */
  async findAll(name: string): Promise<Setting[]> {
    const own = this.#fromEnvironment(name);
    return [...(own === undefined ? [] : [own]), ...(await this.#fromFiles(name)).toReversed()];
  }

  /** The `.env` files, whether they are there or not; a later one wins. */
  get dotenvFiles(): string[] {
    const stage = this.#stage;
    const suffixes = ["", ".local", ...(stage === undefined ? [] : [`.${stage}`, `.${stage}.local`])];
    return suffixes.map((suffix) => join(this.#project.root, `.env${suffix}`));
  }

  #fromEnvironment(name: string): Setting | undefined {
    const value = this.#environment.variables[name]?.trim();
    return value ? { value, source: `the environment variable ${name}` } : undefined;
  }

  async #fromFiles(name: string): Promise<Setting[]> {
    this.#dotenv ??= await this.#readDotenv();
    return this.#dotenv.get(name) ?? [];
  }

  async #readDotenv(): Promise<Map<string, Setting[]>> {
    const settings = new Map<string, Setting[]>();
    for (const path of this.dotenvFiles) {
      const text = this.#environment.files.readText(path);
      if (text === undefined) continue;
      checkDotenv(path, text);
      const { default: dotenv } = await import("dotenv");
      for (const [name, value] of Object.entries(dotenv.parse(text))) {
        if (value.trim() === "") continue;
        settings.set(name, [...(settings.get(name) ?? []), { value: value.trim(), source: path }]);
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
