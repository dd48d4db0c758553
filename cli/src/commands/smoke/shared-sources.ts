import type { Environment } from "../../environment/environment.ts";
import { shareReplies } from "./shared-replies.ts";

/** Reads each file, looks up each AWS profile and asks each question once for all stages. */
export function shareSources(environment: Environment): Environment {
  const { files, send } = environment;
  return {
    ...environment,
    files: {
      ...files,
      readText: once((path: string) => files.readText(path)),
      exists: once((path: string) => files.exists(path)),
      list: once((folder: string) => files.list(folder)),
    },
    send: shareReplies(send),
    findAwsCredentials: once((query) => environment.findAwsCredentials(query), JSON.stringify),
    findAwsRegion: once((profile) => environment.findAwsRegion(profile)),
  };
}

/** @param keyOf equal for arguments with the same result */
function once<A, T>(
  find: (argument: A) => T,
  keyOf: (argument: A) => unknown = (argument) => argument,
): (argument: A) => T {
  const known = new Map<unknown, T>();
  return (argument) => {
    const key = keyOf(argument);
    const result = known.has(key) ? (known.get(key) as T) : find(argument);
    known.set(key, result);
    return result;
  };
}
