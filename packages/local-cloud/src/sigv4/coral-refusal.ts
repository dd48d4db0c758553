import type { SigV4FailureCode, SigV4Result } from "./verify-sigv4.ts";

/** A refusal of a service that says why, with its type in `x-amzn-errortype`. */
export interface CoralRefusal {
  type: string;
  message: string;
}

const types: Readonly<Record<SigV4FailureCode, string>> = {
  MissingAuthenticationToken: "MissingAuthenticationTokenException",
  IncompleteSignature: "IncompleteSignatureException",
  InvalidClientTokenId: "UnrecognizedClientException",
  SignatureDoesNotMatch: "InvalidSignatureException",
  RequestExpired: "InvalidSignatureException",
  ExpiredToken: "ExpiredTokenException",
};

/**
 * The type and the words of REST APIs, function URLs and AppSync for a signature that they refuse, all with HTTP 403.
 * P: https://github.com/jamesmbourne/aws4-axios/issues/1553 (function URL), https://github.com/mhart/aws4/issues/118 (REST
 * API), https://github.com/aws-amplify/amplify-js/issues/3447 and /2422 (AppSync).
 */
export function coralRefusal({ code, message }: Extract<SigV4Result, { ok: false }>): CoralRefusal {
  return { type: types[code], message };
}
