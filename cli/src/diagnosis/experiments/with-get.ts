import { type Experiment, plainHeaders } from "../experiments.ts";

/** The path with the one method that may be tried anywhere, when the one that was wanted has no route. */
export const withGet: Experiment = ({ refusal, method, url }) =>
  refusal === "missing" && method !== "GET" ? { method: "GET", url, headers: plainHeaders } : undefined;
