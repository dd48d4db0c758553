import type { ErrorReport } from "../../src/errors.ts";
import type { CheckName, CheckResult, Hop, SmokeReport, SmokeRun } from "../../src/commands/smoke/report.ts";

/** A run of one stage without the permission for /private: one failed check and one skipped check that needs it. */
export function sampleRun(changes: Partial<SmokeReport> = {}): SmokeRun {
  const report = { ...sampleReport(), ...changes };
  const { startedAt, durationMs, passed } = report;
  return { schemaVersion: 1, startedAt, durationMs, passed, stages: [report] };
}

/** Fifty stages, of which `s7` and `s33` fail. */
export function fiftyStages(): SmokeRun {
  const stages = Array.from({ length: 50 }, (_, index) => {
    const report = { ...sampleReport(), stage: `s${index}` };
    if ([7, 33].includes(index)) return report;
    const checks = report.checks.map(({ error: _error, ...each }) => ({
      ...each,
      status: "passed" as const,
    }));
    return { ...report, passed: true, checks };
  });
  return { ...sampleRun(), stages };
}

export const sampleError: ErrorReport = {
  code: "check-failed",
  step: "private.signed",
  reason: "permission-missing",
  message: 'GET /private signed as the identity answered HTTP 403: "{"message":"Forbidden"}"',
  cause: "the authenticated role of the pool does not allow execute-api:Invoke on GET /private",
  evidence: [
    "STS accepts these credentials as arn:aws:sts::123456789012:assumed-role/prod-notes-auth/CognitoIdentityCredentials",
    "without a signature: HTTP 403",
  ],
  fix: "add `auth.attachPermissionsForAuthUsers(stack, [api])` to the stack and run `npx sst deploy --stage prod`",
};

export function sampleReport(): SmokeReport {
  const api = "abc123.execute-api.us-east-1.amazonaws.com";
  const cognito = "cognito-identity.us-east-1.amazonaws.com";
  const first = { dnsMs: 6, tcpMs: 14, tlsMs: 28 };
  const checks: CheckResult[] = [
    check("outputs", 0, 4, []),
    check("twitter.token", 5, 142, [hop("twitter.token", "api.x.com", 6, 200, first, 88, 2)]),
    check("cognito.get-id", 5, 96, [hop("cognito.get-id", cognito, 7, 200, first, 44, 1)]),
    check("cognito.get-credentials", 102, 61, [hop("cognito.get-credentials", cognito, 103, 200, {}, 58, 1)]),
    check("public.open", 5, 118, [hop("public.open", api, 6, 200, first, 66, 1)], { route: "GET /public" }),
    check("private.unsigned", 5, 71, [hop("private.unsigned", api, 6, 403, first, 20, 1)], refused),
    ...controls.map((name) => check(name, 165, 24, [hop(name, api, 166, 403, {}, 22, 1)], refused)),
    check("cognito.guest", 5, 80, [hop("cognito.guest", cognito, 6, 400, first, 30, 1)]),
    check("private.signed", 165, 31, [hop("private.signed", api, 166, 403, {}, 29, 1)], {
      route: "GET /private",
      status: "failed",
      error: sampleError,
    }),
    {
      name: "identity.match",
      route: "GET /private",
      status: "skipped",
      durationMs: 0,
      attempts: 0,
      error: {
        code: "check-failed",
        step: "identity.match",
        message: "needs private.signed, which did not pass",
      },
    },
  ];
  return {
    schemaVersion: 1,
    stage: "prod",
    apiEndpoint: `https://${api}`,
    identityPoolId: "us-east-1:0f4c2d1e-6a7b-4c3d-8e9f-1a2b3c4d5e6f",
    startedAt: "2026-03-01T12:00:00.000Z",
    durationMs: 198,
    identityId: "us-east-1:7b1e9c3a-2d4f-4a6b-9c8d-0e1f2a3b4c5d",
    passed: false,
    checks,
  };
}

const controls: CheckName[] = [
  "private.tampered",
  "private.no-session-token",
  "private.expired-signature",
  "private.wrong-region",
];

const refused = { route: "GET /private", requestId: "JKJaXmPLvHcESHA=" };

function check(
  name: CheckName,
  startedMs: number,
  durationMs: number,
  hops: Hop[],
  more: Partial<CheckResult> = {},
): CheckResult {
  const httpStatus = hops.at(-1)?.httpStatus;
  return {
    name,
    status: "passed",
    startedMs,
    durationMs,
    attempts: hops.length,
    ...(httpStatus === undefined ? {} : { httpStatus }),
    ...(hops.length === 0 ? {} : { hops }),
    ...more,
  };
}

function hop(
  step: string,
  host: string,
  startedMs: number,
  httpStatus: number,
  connecting: Pick<Hop, "dnsMs" | "tcpMs" | "tlsMs">,
  waitMs: number,
  bodyMs: number,
): Hop {
  const reused = connecting.tcpMs === undefined;
  return { step, host, startedMs, reused, ...connecting, waitMs, bodyMs, httpStatus };
}
