import { encodeQueryComponent, presignSigV4, signSigV4 } from "../aws/sigv4.ts";
import type { HttpRequest } from "../http.ts";
import { errorType } from "./api-reply.ts";
import { otherStageUrl, unusedStageUrl } from "./endpoint-paths.ts";
import { isSafe, type Refusal, type Subject } from "./subject.ts";

/** What an experiment sends. */
export type Probe = Pick<HttpRequest, "method" | "url" | "headers" | "body" | "bypassProxy">;

/** The refused request with one thing changed. */
interface Experiment {
  /** How the evidence names it: `without a signature: HTTP 403`. */
  label: (subject: Subject) => string;
  /** The refusals that its outcome helps to explain. */
  refusals: readonly Refusal[];
  /** Further conditions. A request that is sent signed again must be safe to repeat. */
  when?: (subject: Subject) => boolean;
  request: (subject: Subject) => Probe | Promise<Probe>;
}

/** In the order of the evidence. A dozen at most are sent, with STS and the deployer's requests. */
const table = {
  /** Accepted: a change is still propagating, or the handler refused or failed once. */
  again: {
    label: () => "the same request again",
    refusals: ["forbidden", "missing", "failed", "foreign"],
    when: isSafe,
    request: (subject) => signed(subject),
  },

  /**
   * 403: the route exists and requires AWS_IAM, so API Gateway refused before the handler ran. The same answer as
   * before: the route is open, or there is none. A method with effects could reach the handler of an open route.
   */
  unsigned: {
    label: () => "without a signature",
    refusals: ["forbidden", "unauthorized", "missing", "throttled", "failed", "handler"],
    when: isSafe,
    request: ({ method, url, headers, body }) => ({ method, url, headers, body }),
  },

  /** 404: an API. 403: an API that refuses every path. Anything else: not an API. */
  unusedPath: {
    label: () => "GET of an unused path",
    refusals: ["forbidden", "missing", "handler", "foreign"],
    request: ({ apiEndpoint, unusedName }) =>
      plainGet(new URL(`${apiEndpoint.href.replace(/\/+$/, "")}/${unusedName}`)),
  },

  /** Not 404: the path exists, with another method. */
  withGet: {
    label: ({ url }) => `GET ${url.pathname} without a signature`,
    refusals: ["missing"],
    when: ({ method }) => method !== "GET",
    request: ({ url }) => plainGet(url),
  },

  /** Not 404: the stage's name is missing from the URL, or in it once too often. */
  otherStagePath: {
    label: (subject) => `GET ${otherStageUrl(subject)?.pathname ?? ""} without a signature`,
    refusals: ["missing", "forbidden"],
    when: mayHaveOtherStagePath,
    request: (subject) => plainGet(otherStageUrl(subject) ?? subject.url),
  },

  /** Not 404: a route with path parameters takes the path above, whatever the stage is called. */
  unusedStagePath: {
    label: () => "GET of an unused path of the same form",
    refusals: ["missing", "forbidden"],
    when: mayHaveOtherStagePath,
    request: (subject) => plainGet(unusedStageUrl(subject)),
  },

  /** Accepted: something changes the query string. */
  withoutQuery: {
    label: () => "signed, without the query string",
    refusals: ["forbidden"],
    when: (subject) => isSafe(subject) && subject.url.search !== "",
    request: (subject) => {
      const url = new URL(subject.url);
      url.search = "";
      return signed(subject, { url });
    },
  },

  /** Accepted: something changes one of the user's headers, or the body. */
  withoutHeaders: {
    label: ({ body }) => `signed, without your headers${body === undefined ? "" : " and body"}`,
    refusals: ["forbidden"],
    when: (subject) => isSafe(subject) && (hasOwnHeaders(subject) || subject.body !== undefined),
    request: (subject) => signed(subject, { headers: plainHeaders, body: undefined }),
  },

  /** Accepted: something changes the headers that hold the signature. */
  signedInQuery: {
    label: () => "signed in the query string, not in headers",
    refusals: ["forbidden"],
    when: isSafe,
    request: async ({ method, url, credentials, service, region, nowMs }) => ({
      method,
      url: await presignSigV4({ method, url }, { credentials, region, service, nowMs }),
      headers: plainHeaders,
    }),
  },

  /** Accepted: something drops the header X-Amz-Security-Token. */
  tokenInQuery: {
    label: () => "signed in headers, with the session token in the query string",
    refusals: ["forbidden"],
    when: isSafe,
    request: (subject) => {
      const { sessionToken, ...credentials } = subject.credentials;
      const url = new URL(subject.url);
      url.search += `${url.search === "" ? "" : "&"}X-Amz-Security-Token=${encodeQueryComponent(sessionToken)}`;
      return signed(subject, { url, credentials });
    },
  },

  /** Accepted: the API is in that region. */
  forOtherRegion: {
    label: ({ otherRegion }) => `signed for ${otherRegion ?? ""}`,
    refusals: ["forbidden"],
    when: (subject) => isSafe(subject) && subject.otherRegion !== undefined,
    request: (subject) => signed(subject, { region: subject.otherRegion ?? subject.region }),
  },

  /** Accepted: the API's service is that one. */
  forOtherService: {
    label: ({ otherService }) => `signed for the service ${otherService ?? ""}`,
    refusals: ["forbidden"],
    when: (subject) => isSafe(subject) && subject.otherService !== undefined,
    request: (subject) => signed(subject, { service: subject.otherService ?? subject.service }),
  },

  /** Accepted: the proxy changes the request. */
  pastProxy: {
    label: ({ proxy }) => `signed, bypassing the proxy ${proxy ?? ""}`,
    refusals: ["forbidden", "missing", "foreign"],
    when: (subject) => isSafe(subject) && subject.proxy !== undefined,
    request: async (subject) => ({ ...(await signed(subject)), bypassProxy: true }),
  },

  /** Accepted: the request went to another API than that of the stack outputs. */
  atOwnEndpoint: {
    label: ({ ownUrl }) => `sent to ${ownUrl?.origin ?? ""}, the endpoint in the stack outputs`,
    refusals: ["forbidden", "unauthorized", "missing", "failed", "handler", "foreign"],
    when: (subject) => subject.ownUrl !== undefined && (isSafe(subject) || subject.refusal === "missing"),
    request: (subject) => {
      const { url, ownUrl = url } = subject;
      return isSafe(subject) ? signed(subject, { url: ownUrl }) : plainGet(ownUrl);
    },
  },

  /** Accepted: a reverse proxy at the endpoint replaces the Host or the path that was signed. */
  forOwnHost: {
    label: ({ url, ownUrl }) => `sent to ${url.host}, signed for ${ownUrl?.host ?? ""}`,
    refusals: ["forbidden"],
    when: (subject) => isSafe(subject) && subject.ownUrl !== undefined,
    request: async (subject) => {
      const { url, ownUrl = url } = subject;
      return { ...(await signed(subject, { url: ownUrl })), url };
    },
  },
} satisfies Record<string, Experiment>;

export type ExperimentName = keyof typeof table;

export const experiments: Readonly<Record<ExperimentName, Experiment>> = table;

export const experimentNames = Object.keys(table) as readonly ExperimentName[];

/** What every client sends, and every proxy forwards. */
const plainHeaders = [["Accept", "*/*"]] as const;

/** GET is the only method that may be tried on any path. */
function plainGet(url: URL): Probe {
  return { method: "GET", url, headers: plainHeaders };
}

/** Headers that the user gave. */
export function hasOwnHeaders({ headers }: Pick<Subject, "headers">): boolean {
  return headers.some(([name]) => !["accept", "user-agent"].includes(name.toLowerCase()));
}

function mayHaveOtherStagePath(subject: Subject): boolean {
  // Outside its stages, a REST API answers 403 instead of 404.
  const outside = errorType(subject.reply) === "ForbiddenException" && subject.ownUrl === undefined;
  return (subject.refusal === "missing" || outside) && otherStageUrl(subject) !== undefined;
}

type Changes = Partial<Pick<Subject, "url" | "headers" | "body" | "service" | "region">> & {
  credentials?: Pick<Subject["credentials"], "accessKeyId" | "secretAccessKey">;
};

async function signed(subject: Subject, changes: Changes = {}): Promise<Probe> {
  const { method, url, headers, body, credentials, service, region } = { ...subject, ...changes };
  const signature = await signSigV4(
    { method, url, headers, body },
    { credentials, region, service, nowMs: subject.nowMs },
  );
  return { method, url, headers: signature.headers, body };
}
