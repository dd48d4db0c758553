import { join } from "node:path";
import { type Complete, RootCommand } from "@bomb.sh/tab";
import { parseOutputs } from "../../deployment/outputs-file.ts";
import { outputsPath } from "../../deployment/find-outputs.ts";
import { readProjectFile } from "../../deployment/read-project-file.ts";
import { findProject } from "../../deployment/project.ts";
import type { LocalEnvironment } from "../../environment/environment.ts";
import { visible } from "../../lines.ts";
import { readSessions, type Session } from "../../session/sessions.ts";
import { type KnownRoute, readKnownRoutes } from "../../deployment/known-routes.ts";
import type { FlagOutline, ProgramOutline } from "./program-outline.ts";

/** Prints the completions of a command line, one per line, as the script of @bomb.sh/tab reads them. */
export function complete(
  words: readonly string[],
  outline: ProgramOutline,
  environment: LocalEnvironment,
): void {
  const root = new RootCommand();
  const live = createLiveValues(environment);
  const addFlags = (command: Pick<RootCommand, "option">, flags: readonly FlagOutline[]): void => {
    for (const flag of flags) {
      if (flag.value === undefined) command.option(flag.long, flag.description, flag.short ?? "");
      else command.option(flag.long, flag.description, valuesOf(flag, live), flag.short);
    }
  };
  addFlags(root, outline.flags);
  for (const { name, aliases, description, flags, arguments: args } of outline.commands) {
    for (const each of [name, ...aliases]) {
      const command = root.command(each, description);
      // Flags of other commands would only cost time.
      if (words.includes(each)) addFlags(command, [...flags, ...outline.flags]);
      for (const argument of args) {
        command.argument(
          argument.name,
          (offer) => {
            for (const choice of argument.choices) offer(choice, "");
            if (name === "call") offerTargets(words, live.routes(), offerPlain(offer));
          },
          argument.variadic,
        );
      }
    }
  }
  root.parse([...words]);
}

/** Offers paths and methods. After a method, offers the paths that have it. */
function offerTargets(words: readonly string[], routes: readonly KnownRoute[], offer: Complete): void {
  const before = words.at(-2)?.toUpperCase();
  const methods = [...new Set(routes.map(({ method }) => method))].filter((method) => method !== "ANY");
  const chosen = before !== undefined && methods.includes(before) ? before : undefined;
  const fitting = routes.filter(
    ({ method }) => chosen === undefined || method === chosen || method === "ANY",
  );
  for (const path of new Set(fitting.map((route) => route.path))) {
    const having = fitting.filter((route) => route.path === path).map(({ method }) => method);
    offer(path, having.join(", "));
  }
  if (chosen === undefined) for (const method of methods) offer(method, "");
}

/**
 * Skips values with a character that a terminal or a shell may obey. Bash expands `$(…)` in an offered value when a person
 * presses Tab, and no script quotes what it inserts.
 */
function offerPlain(offer: Complete): Complete {
  return (value, description) => {
    if (/^[\p{L}\p{M}\p{N}_./:@%+,={}-]+$/u.test(value) && visible(value) === value) {
      offer(value, visible(description));
    }
  };
}

interface LiveValues {
  stages: () => Iterable<string>;
  users: () => Session[];
  routes: () => KnownRoute[];
}

function valuesOf({ long, choices }: FlagOutline, live: LiveValues): (offer: Complete) => void {
  return (offerAny) => {
    const offer = offerPlain(offerAny);
    for (const choice of choices) offer(choice, "");
    if (long === "stage") for (const stage of live.stages()) offer(stage, "");
    if (long === "user") {
      for (const user of live.users()) {
        offer(user.provider === undefined ? user.screenName : user.name, user.stage ?? "");
      }
    }
    // Paths with GET only: not every shell can complete a value with a space.
    if (long === "route" || long === "public")
      for (const { method, path } of live.routes()) if (/^(GET|ANY)$/.test(method)) offer(path, "GET");
  };
}

function createLiveValues(environment: LocalEnvironment): LiveValues {
  const sessions = (): Session[] => quietly(() => readSessions(environment));
  return {
    users: sessions,
    routes: () =>
      quietly(() => readKnownRoutes(environment, findProject(environment).root)).filter(({ path }) =>
        path.startsWith("/"),
      ),
    stages: () => {
      const deployed = quietly(() => {
        const project = findProject(environment);
        const [file] = quietly(() => [readProjectFile(environment, join(project.root, "auth-cli.json"))]);
        const path = outputsPath(environment, {}, project, file?.settings);
        const text = environment.files.readText(path);
        const context = { appName: project.appName, stage: undefined };
        const named = Array.from(file?.stages.keys() ?? [], (stage) => ({ stage }));
        return [...named, ...(text === undefined ? [] : quietly(() => parseOutputs(path, text, context)))];
      });
      const stages = [...deployed, ...sessions()].map(({ stage }) => stage);
      return new Set(stages.filter((stage) => stage !== undefined));
    },
  };
}

/** Completion never prints an error. A file that cannot be read offers nothing. */
function quietly<T>(read: () => T[]): T[] {
  try {
    return read();
  } catch {
    return [];
  }
}
