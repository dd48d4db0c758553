import { readFileSync } from "node:fs";
import type { SmokeStage } from "../../../cli/src/library/types.ts";
import { settingsOf } from "../../../cli/src/deployment/project-settings.ts";
import { readProjectFile } from "../../../cli/src/deployment/read-project-file.ts";
import { AuthCliError } from "../../../cli/src/errors.ts";

/**
 * Reads the stages of an `auth-cli.json`.
 * @throws Error with the cause and the fix, for a missing or invalid file and a stage without an address
 */
export function readStages(path: string): Record<string, SmokeStage> {
  const file = readChecked(path);
  if (file === undefined || file.stages.size === 0) {
    throw new Error(
      `${file === undefined ? `there is no ${path}` : `${path} names no stage`}, and \`stages\` of the canary is not set; ` +
        "add the stages with their endpoint and identityPoolId to the file, or set `stages`",
    );
  }
  return Object.fromEntries(
    Array.from(file.stages.keys(), (stage) => {
      const { endpoint, identityPoolId, routes, publicRoutes, expectations, allowGuests } = settingsOf(
        file,
        stage,
      );
      if (endpoint === undefined || identityPoolId === undefined) {
        throw new Error(
          `${path} has no ${endpoint === undefined ? "endpoint" : "identityPoolId"} for the stage ${stage}; add it from the outputs of the stack`,
        );
      }
      return [
        stage,
        {
          endpoint,
          identityPoolId,
          ...(routes && { routes }),
          ...(publicRoutes && { publicRoutes }),
          ...(expectations && { expectations }),
          ...(allowGuests === undefined ? {} : { allowGuests }),
        },
      ];
    }),
  );
}

function readChecked(path: string): ReturnType<typeof readProjectFile> {
  try {
    return readProjectFile({ files: { readText } }, path);
  } catch (error) {
    if (!(error instanceof AuthCliError)) throw error;
    throw new Error([error.message, error.cause, error.fix].filter((part) => part !== undefined).join("; "), {
      cause: error,
    });
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
