import type { Principal } from "../iam/principal.ts";
import type { AwsRequest, AwsResponse } from "./request.ts";

/** A request to a REST service, understood: what policies must allow, and the answer. */
export interface RestOperation {
  action: string;
  resource: string;
  /** Whether the resource's own policy lets the caller do it. */
  isGranted?(caller: Principal): boolean;
  run(): Promise<AwsResponse>;
}

export interface RestService {
  /** @throws ServiceError for a request that is not supported */
  find(request: AwsRequest): RestOperation;
}
