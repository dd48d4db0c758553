import { smokeGivenStages } from "./commands/smoke/given-stages.ts";
import { createLibraryEnvironment } from "./environment/library-environment.ts";
import type { SmokeOptions, SmokeRun } from "./library-types.ts";

export type * from "./library-types.ts";

/** The package, for programs that import it. `library-types.ts` describes it. */
export async function smoke(options: SmokeOptions): Promise<SmokeRun> {
  const { environment, close } = createLibraryEnvironment(options);
  try {
    return await smokeGivenStages(options, environment);
  } finally {
    close();
  }
}
