import { encodeQueryComponent } from "../../aws/sigv4.ts";
import { isSafe } from "../subject.ts";
import { type Experiment, signed } from "../experiments.ts";

/** Only the session token in the query. Accepted where it was refused as a header: that header is dropped on the way. */
export const tokenInQuery: Experiment = (subject) => {
  if (subject.refusal !== "forbidden" || !isSafe(subject)) return undefined;
  const { accessKeyId, secretAccessKey, sessionToken } = subject.credentials;
  const url = new URL(subject.url);
  url.search += `${url.search === "" ? "" : "&"}X-Amz-Security-Token=${encodeQueryComponent(sessionToken)}`;
  return signed(subject, { url, credentials: { accessKeyId, secretAccessKey } });
};
