import { checkSignerOptions, checkSmokeOptions } from "./check-options.ts";
import { createGivenSigner } from "./given-signer.ts";
import { parseServiceUrl } from "../deployment/service-url.ts";
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
  const sign = createGivenSigner(options, createLibraryEnvironment(options).environment);
  parseServiceUrl(options.stage.endpoint, "the argument of createSigner");
  return sign;
}
