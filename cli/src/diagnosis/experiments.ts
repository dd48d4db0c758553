import type { HttpRequest } from "../http.ts";
import { executeApi } from "../aws/execute-api.ts";
import { signSigV4 } from "../aws/sigv4.ts";
import type { ApiReply } from "./api-reply.ts";
import type { Subject } from "./subject.ts";

/** What an experiment sends. */
export type Probe = Pick<HttpRequest, "method" | "url" | "headers" | "body" | "pastProxy">;

/**
 * The refused request with one thing changed. Undefined where it would tell nothing, or where it could do something:
 * what may have effects is never sent signed again.
 */
export type Experiment = (subject: Subject) => Probe | undefined | Promise<Probe | undefined>;

/** What came of it. */
export type Outcome =
  | { reply: ApiReply; durationMs: number }
  /** Why there was no reply. */
  | { failure: string };

/** Undefined when it was not tried, or got no reply. */
export function statusOf(outcome: Outcome | undefined): number | undefined {
  return outcome !== undefined && "reply" in outcome ? outcome.reply.status : undefined;
}

type Changes = Partial<Pick<Subject, "url" | "headers" | "body" | "region">> & {
  credentials?: Pick<Subject["credentials"], "accessKeyId" | "secretAccessKey">;
};

/** The request, signed as the refused one was but for the changes. */
export async function signed(subject: Subject, changes: Changes = {}): Promise<Probe> {
  const { method, url, headers, body, credentials, region } = { ...subject, ...changes };
  const signature = await signSigV4(
    { method, url, headers, body },
    { credentials, region, service: executeApi, nowMs: subject.nowMs },
  );
  return { method, url, headers: signature.headers, body };
}

/** What every client sends, and what goes unsigned through any proxy. */
export const plainHeaders = [["Accept", "*/*"]] as const;
