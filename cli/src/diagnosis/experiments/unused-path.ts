import type { Experiment } from "../experiments.ts";
import { plainHeaders } from "../experiments.ts";

/** A path that no route has: 404 from an API, 403 from one that refuses everything, anything else from no API. */
export const unusedPath: Experiment = ({ refusal, apiEndpoint, unusedName }) =>
  ["forbidden", "missing", "handler", "foreign"].includes(refusal)
    ? {
        method: "GET",
        url: new URL(`${apiEndpoint.href.replace(/\/+$/, "")}/${unusedName}`),
        headers: plainHeaders,
      }
    : undefined;
