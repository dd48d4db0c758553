import { join } from "node:path";
import { type Complete, RootCommand } from "@bomb.sh/tab";
import { parseOutputs } from "../deployment/outputs-file.ts";
import { findProject } from "../deployment/project.ts";
import type { Environment } from "../environment.ts";
import { readSessions, type Session } from "../store/sessions.ts";
import type { FlagOutline, ProgramOutline } from "./program-outline.ts";

/** What shells ask with each press of the tab key: `auth-cli complete -- <words so far>`. Prints the answer. */
export function complete(words: readonly string[], outline: ProgramOutline, environment: Environment): void {
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
      addFlags(command, [...flags, ...outline.flags]);
      for (const argument of args) {
        command.argument(
          argument.name,
          (offer) => argument.choices.forEach((choice) => offer(choice, "")),
          argument.variadic,
        );
      }
    }
  }
  root.parse([...words]);
}

interface LiveValues {
  stages: () => Iterable<string>;
  users: () => Session[];
}

function valuesOf({ long, choices }: FlagOutline, live: LiveValues): (offer: Complete) => void {
  return (offer) => {
    for (const choice of choices) offer(choice, "");
    if (long === "stage") for (const stage of live.stages()) offer(stage, "");
    if (long === "user") {
      for (const user of live.users()) {
        offer(user.provider === undefined ? user.screenName : user.name, user.stage ?? "");
      }
    }
  };
}

function createLiveValues(environment: Environment): LiveValues {
  const sessions = (): Session[] => quietly(() => readSessions(environment));
  return {
    users: sessions,
    stages: () => {
      const deployed = quietly(() => {
        const project = findProject(environment);
        const path = join(project.root, ".sst", "outputs.json");
        const text = environment.files.readText(path);
        const context = { appName: project.appName, stage: undefined };
        return text === undefined ? [] : parseOutputs(path, text, context);
      });
      const stages = [...deployed, ...sessions()].map(({ stage }) => stage);
      return new Set(stages.filter((stage) => stage !== undefined));
    },
  };
}

/** Completion never fails aloud: what cannot be read has nothing to offer. */
function quietly<T>(read: () => T[]): T[] {
  try {
    return read();
  } catch {
    return [];
  }
}
