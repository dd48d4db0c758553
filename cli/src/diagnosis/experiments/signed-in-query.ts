import { executeApi } from "../../aws/execute-api.ts";
import { presignSigV4 } from "../../aws/sigv4.ts";
import { isSafe } from "../subject.ts";
import { type Experiment, plainHeaders } from "../experiments.ts";

/** The signature in the query. Accepted where the one in the headers was refused: something changes the headers. */
export const signedInQuery: Experiment = async (subject) => {
  const { refusal, method, url, credentials, region, nowMs } = subject;
  if (refusal !== "forbidden" || !isSafe(subject)) return undefined;
  const presigned = await presignSigV4({ method, url }, { credentials, region, service: executeApi, nowMs });
  return { method, url: presigned, headers: plainHeaders };
};
