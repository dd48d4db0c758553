import type { WireRequest } from "../sigv4/wire-request.ts";

/** A request as it came over the wire, with its body read. */
export interface AwsRequest extends WireRequest {
  /** Path as sent, still percent-encoded, without the query. */
  path: string;
  /** Query string as sent, without the question mark. */
  query: string;
  /** By lower-case name; repeated headers joined by a comma. */
  headers: Readonly<Record<string, string>>;
  requestId: string;
}

export interface AwsResponse {
  status: number;
  headers: Record<string, string>;
  body: string | Uint8Array;
}
