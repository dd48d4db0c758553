/**
 * Why an API refused or failed a request, as far as experiments can tell causes apart. Scripts may match on these;
 * the sentences that go with them may change.
 */
export const reasons = [
  "permission-missing",
  "route-missing",
  "route-open",
  "authorizer-other",
  "role-of-another-pool",
  "endpoint-of-another-stage",
  "stage-path-wrong",
  "region-wrong",
  "credentials-expired",
  "credentials-unknown",
  "clock-wrong",
  "signature-mismatch",
  "session-token-dropped",
  "headers-rewritten",
  "query-rewritten",
  "host-rewritten",
  "proxy-interferes",
  "propagating",
  "throttled",
  "handler-refused",
  "handler-failed",
  "handler-timed-out",
  // Why Twitter refused a login.
  "callback-not-approved",
  "callback-missing",
  "client-id-as-consumer-key",
  // Why Cognito refused a login, by what Twitter says of the same token.
  "pool-client-credentials-differ",
  "token-revoked",
  "token-secret-wrong",
  "consumer-key-refused",
  "app-suspended",
  "access-tier",
  "rate-limited",
  "pool-in-another-region",
  "undetermined",
] as const;

export type Reason = (typeof reasons)[number];
