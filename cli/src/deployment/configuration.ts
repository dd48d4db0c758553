import { join } from "node:path";
import type { Environment } from "../environment/environment.ts";
import { AuthCliError } from "../errors.ts";
import type { Project } from "./project.ts";

/** A value and its source, for errors and `status`. */
export interface Setting {
  value: string;
  source: string;
  /** A file of the project sets it, and anybody may have written that file. */
  isFromProject?: true;
}

/** The addresses that replace those of X and AWS. A missing one stands for the service's own address. */
export interface ServiceAddresses {
  twitter?: string;
  cognito?: string;
  sts?: string;
}

/**
 * Settings from the environment, then from the `.env` files that SST reads: `.env`, `.env.local`, `.env.<stage>` and
 * `.env.<stage>.local`. A later file overrides an earlier one. The parser is SST's: dotenv, without expansion.
 */
export class Configuration {
  readonly #environment: Pick<Environment, "files" | "variables">;
  readonly project: Project;
  readonly #stage: string | undefined;
  /** The addresses that the login in use was made with. */
  readonly loginAddresses: ServiceAddresses;
  #dotenv: Map<string, Setting[]> | undefined;

  constructor(
    environment: Pick<Environment, "files" | "variables">,
    project: Project,
    stage: string | undefined,
    loginAddresses: ServiceAddresses = {},
  ) {
    this.#environment = environment;
    this.project = project;
    this.#stage = stage;
    this.loginAddresses = loginAddresses;
  }

  /** The same settings, for a login made with these addresses. */
  withLoginAddresses(addresses: ServiceAddresses | undefined): Configuration {
    if (addresses === undefined) return this;
    const configuration = new Configuration(this.#environment, this.project, this.#stage, addresses);
    configuration.#dotenv = this.#dotenv;
    return configuration;
  }

  /** An empty variable counts as unset. */
  async find(name: string): Promise<Setting | undefined> {
    return this.findInEnvironment(name) ?? (await this.#fromFiles(name)).at(-1);
  }

  /** All sources that set it. The first one wins. */
  async findAll(name: string): Promise<Setting[]> {
    const own = this.findInEnvironment(name);
    return [...(own === undefined ? [] : [own]), ...(await this.#fromFiles(name)).toReversed()];
  }

  /** The paths of the `.env` files, existing or not. The last one wins. */
  get dotenvFiles(): string[] {
    const stage = this.#stage;
    const suffixes = ["", ".local", ...(stage === undefined ? [] : [`.${stage}`, `.${stage}.local`])];
    return suffixes.map((suffix) => join(this.project.root, `.env${suffix}`));
  }

  /** Ignores the project's files. */
  findInEnvironment(name: string): Setting | undefined {
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
        // SST lets an empty value override an earlier file.
        if (value.trim() === "") settings.delete(name);
        else
          settings.set(name, [
            ...(settings.get(name) ?? []),
            { value: value.trim(), source: path, isFromProject: true },
          ]);
      }
    }
    return settings;
  }
}

/** dotenv silently skips lines that it does not understand. A setting must not get lost without an error. */
function checkDotenv(path: string, text: string): void {
  // A quoted value may span several lines.
  const withoutQuoted = text.replace(/(=|:\s)\s*("(?:\\"|[^"])*"|'(?:\\'|[^'])*'|`(?:\\`|[^`])*`)/g, "$1");
  for (const [index, line] of withoutQuoted.split(/\r\n?|\n/).entries()) {
    if (/^\s*(#.*)?$/.test(line) || /^\s*(export\s+)?[\w.-]+(\s*=|:\s)/.test(line)) continue;
    throw new AuthCliError("invalid-configuration", {
      message: `${path} has a line that is not NAME=value`,
      // The line may contain a secret.
      cause: text === withoutQuoted ? `line ${index + 1}` : "one of the lines between its quoted values",
      fix: "write each variable as NAME=value on its own line; start comments with #",
    });
  }
}
