import type { DoctorReport, Finding } from "../../src/commands/doctor/finding.ts";
import { reply } from "./fake-environment.ts";
import type { Answer } from "./scripted-services.ts";
import { createWorld, runIn, type Ran, type World } from "./world.ts";

export interface Examined extends Ran {
  report: DoctorReport;
  /** By name. */
  findings: Record<string, Finding>;
}

export const goodStack = `
  const api = new Api(stack, "Api", { defaults: { authorizer: "iam" }, routes: {} });
  const auth = new Cognito(stack, "Auth", {
    identityPoolFederation: { twitter, cdk: { cfnIdentityPool: { allowUnauthenticatedIdentities: false } } },
  });
  auth.attachPermissionsForAuthUsers(stack, [api]);
`;

/** An answer whose Date header is ahead by some seconds. */
export const dated =
  (seconds: number, status = 404, nowMs = Date.parse("2026-03-01T12:00:00Z")): Answer =>
  () =>
    reply(status, { message: "Not Found" }, [
      ["Date", new Date(nowMs + seconds * 1000).toUTCString()],
      ["apigw-requestid", "abc="],
    ]);

/** A working setup, changed by `world`. */
export function createDoctorWorld(world: World = {}): ReturnType<typeof createWorld> {
  return createWorld({
    loggedIn: true,
    ...world,
    variables: { AUTH_CLI_STORE: "file", ...world.variables },
    files: { "/project/stacks/ExampleStack.ts": goodStack, ...world.files },
    answers: {
      "doctor.twitter": dated(0),
      "doctor.cognito": dated(0),
      "doctor.api": dated(0),
      "doctor.sts": dated(0),
      ...world.answers,
    },
  });
}

export async function examineIn(
  world: ReturnType<typeof createWorld>,
  args: readonly string[] = [],
): Promise<Examined> {
  const ran = await runIn(["doctor", "--json", ...args], world);
  const report = JSON.parse(ran.stdout) as DoctorReport;
  const findings = Object.fromEntries(report.findings.map((finding) => [finding.name, finding]));
  return { ...ran, report, findings };
}

export const examined = (world: World = {}, args: readonly string[] = []): Promise<Examined> =>
  examineIn(createDoctorWorld(world), args);
