import { checkSignerOptions, checkSmokeOptions } from "./check-options.ts";
import { createGivenSigner } from "./given-signer.ts";
import { smokeGivenStages } from "./given-stages.ts";
import { createLibraryEnvironment } from "../environment/library-environment.ts";
import type { RequestSigner, SignerOptions, SmokeOptions, SmokeRun } from "./types.ts";

export type * from "./types.ts";

/** The package, for programs that import it. `types.ts` describes it. */
export async function smoke(options: SmokeOptions): Promise<SmokeRun> {
  checkSmokeOptions(options);
  const { environment, close } = createLibraryEnvironment(options);
  try {
    return await smokeGivenStages(options, environment);
  } finally {
    close();
  }
}

export function createSigner(options: SignerOptions): RequestSigner {
  checkSignerOptions(options);
  return createGivenSigner(options, createLibraryEnvironment(options).environment);
}
