import type { Environment } from "../environment/environment.ts";
import { parseSessionFile, type Session, sessionsPath, version } from "./sessions.ts";

/** The logins as they are kept, and the state in which they are. */
export interface InspectedSessions {
  path: string;
  state: "absent" | "readable" | "broken" | "newer" | "closed";
  sessions: Session[];
}

/** Looks at the logins and changes nothing: no mode is mended, nothing is set aside. */
export function inspectSessions(
  environment: Pick<Environment, "files" | "variables" | "homeDirectory" | "platform">,
): InspectedSessions {
  const path = sessionsPath(environment);
  let text: string | undefined;
  let value: unknown;
  try {
    text = environment.files.readText(path);
  } catch {
    return { path, state: "closed", sessions: [] };
  }
  if (text === undefined) return { path, state: "absent", sessions: [] };
  try {
    value = JSON.parse(text);
  } catch {
    return { path, state: "broken", sessions: [] };
  }
  const found = (value as { version?: unknown } | null)?.version;
  if (typeof found === "number" && found > version) return { path, state: "newer", sessions: [] };
  const parsed = parseSessionFile(value);
  return parsed === undefined
    ? { path, state: "broken", sessions: [] }
    : { path, state: "readable", sessions: parsed.sessions };
}
