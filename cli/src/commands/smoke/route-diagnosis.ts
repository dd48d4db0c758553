import { gatewayMessage } from "../../diagnosis/api-reply.ts";
import type { Diagnosis } from "../../diagnosis/diagnose-refusal.ts";
import type { AuthCliError } from "../../errors.ts";
import { RouteFailure } from "./check-errors.ts";
import type { Chain } from "./check-runner.ts";

/** Finds out why one route fails. Checks that fail with the same status share one diagnosis. */
export class RouteDiagnosis {
  readonly #chain: Chain;
  readonly #diagnoses = new Map<number, Promise<Diagnosis | undefined>>();

  constructor(chain: Chain) {
    this.#chain = chain;
  }

  /**
   * Adds the cause to the failure of a valid request. Failures that are not a route's refusal have a cause already.
   */
  readonly explain = async (error: AuthCliError): Promise<AuthCliError> => {
    if (!isRefusal(error) || error.reason !== undefined) return error;
    const { status } = error.refused.reply;
    const known = this.#diagnoses.get(status) ?? this.#diagnose(error);
    this.#diagnoses.set(status, known);
    return withDiagnosis(error, await known);
  };

  /**
   * The same for a negative control. Its request is invalid on purpose, so the valid one decides.
   * @param signed the failure of the valid request
   */
  async explainControl(error: AuthCliError, signed: AuthCliError | undefined): Promise<AuthCliError> {
    if (!isRefusal(error) || signed === undefined || !isRefusal(signed)) return error;
    return withDiagnosis(error, await this.#diagnoses.get(signed.refused.reply.status));
  }

  async #diagnose({ refused }: RouteFailure): Promise<Diagnosis | undefined> {
    const { diagnoseRefusal } = await import("../../diagnosis/diagnose-refusal.ts");
    const { environment, resolved } = this.#chain;
    return diagnoseRefusal({ environment, resolved, ...refused });
  }
}

/** API Gateway has no such route. */
export function isRouteMissing(error: AuthCliError): boolean {
  if (!isRefusal(error)) return false;
  const { reply } = error.refused;
  return reply.status === 404 && gatewayMessage(reply) !== undefined;
}

function isRefusal(error: AuthCliError): error is RouteFailure {
  return error instanceof RouteFailure && error.refused.reply.status >= 400;
}

function withDiagnosis(error: RouteFailure, diagnosis: Diagnosis | undefined): AuthCliError {
  if (diagnosis === undefined) return error;
  const { reason, cause, evidence, fix } = diagnosis;
  const step = error.step === undefined ? {} : { step: error.step };
  return new RouteFailure({ ...step, message: error.message, reason, cause, evidence, fix }, error.refused);
}
