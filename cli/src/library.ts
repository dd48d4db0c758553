import { createGivenSigner } from "./commands/smoke/given-signer.ts";
import { smokeGivenStages } from "./commands/smoke/given-stages.ts";
import { createLibraryEnvironment } from "./environment/library-environment.ts";
import type { RequestSigner, SignerOptions, SmokeOptions, SmokeRun } from "./library-types.ts";

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

export function createSigner(options: SignerOptions): RequestSigner {
  return createGivenSigner(options, createLibraryEnvironment(options).environment);
}
