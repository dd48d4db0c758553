import { AuthCliError } from "../../src/errors.ts";
import type { HttpResponse } from "../../src/http.ts";
import type { CheckName, CheckResult, SmokeReport, SmokeRun } from "../../src/commands/smoke/report.ts";
import { reply } from "./fake-environment.ts";
import { type Answer, cognitoRefusal } from "./scripted-services.ts";
import { createWorld, type Ran, runIn, type World } from "./world.ts";

export interface SmokeRan extends Ran {
  run: SmokeRun;
  /** The report of the first stage. */
  report: SmokeReport;
  /** `name`, or `name route` for a result with a route. */
  failed: string[];
  skipped: string[];
  passed: string[];
  check: (name: CheckName, route?: string) => CheckResult;
}

/** Runs `auth-cli smoke --json`. */
export async function smokeIn(
  world: ReturnType<typeof createWorld>,
  args: readonly string[] = [],
): Promise<SmokeRan> {
  const ran = await runIn(["smoke", "--json", ...args], world);
  const json = JSON.parse(ran.stdout) as SmokeReport | SmokeRun;
  const run: SmokeRun = "stages" in json ? json : { ...json, stages: [json] };
  const [report] = run.stages;
  if (report === undefined) throw new Error("the run has no stage");
  const named = (status: CheckResult["status"]): string[] =>
    report.checks
      .filter((check) => check.status === status)
      .map(({ name, route }) => (route === undefined ? name : `${name} ${route}`));
  return {
    ...ran,
    run,
    report,
    failed: named("failed"),
    skipped: named("skipped"),
    passed: named("passed"),
    check(name, route) {
      const found = report.checks.find((each) => each.name === name && each.route === route);
      if (found === undefined) throw new Error(`the report has no ${name} ${route ?? ""}`);
      return found;
    },
  };
}

export const smokeWith = (args: readonly string[], world: World = {}): Promise<SmokeRan> =>
  smokeIn(createWorld({ loggedIn: true, ...world }), args);

/** Gives this answer to the first requests, then leaves requests to the service. */
export function atFirst(times: number, answer: Answer): Answer {
  let asked = 0;
  return (request) => (asked++ < times ? answer(request) : undefined);
}

/** Keeps a request open until the client aborts it. */
export const neverAnswers: Answer = ({ signal }) =>
  new Promise((_resolve, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason as Error));
  });

/** The DNS does not know the host. */
export const unreachable: Answer = () => {
  throw new AuthCliError("unreachable", { message: "no such host" });
};

/** Cognito cannot assume the roles of the pool. */
export const rolesUnusable: Answer = () =>
  cognitoRefusal("InvalidIdentityPoolConfigurationException", "Invalid identity pool configuration.");

export const loseConnection: Answer = () => {
  throw new AuthCliError("connection-lost", { message: "lost" });
};

/** A barrier: each of these parties waits until all have arrived. */
export function meeting(parties: number): () => Promise<void> {
  const waiting: (() => void)[] = [];
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      if (waiting.length === parties) for (const leave of waiting) leave();
    });
}

/** STS's answer to valid credentials. */
const caller: Answer = () =>
  reply(
    200,
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::123456789012:assumed-role/auth/CognitoIdentityCredentials</Arn>" +
      "<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
  );

/** A handler's answer, with API Gateway's header. */
export const handled = (status: number, body: string | object = ""): HttpResponse =>
  reply(status, body, [["apigw-requestid", "request-1="]]);

/** The answer of an API without the route. */
export const routeMissing: Answer = () =>
  reply(404, { message: "Not Found" }, [["apigw-requestid", "request-1="]]);

export const forbidden: Answer = () =>
  reply(403, { message: "Forbidden" }, [["apigw-requestid", "request-1="]]);

/** The answers of an API to a role without permission. It also refuses the experiments of the diagnosis. */
export function permissionMissing(): Record<string, Answer> {
  return {
    "private.signed": forbidden,
    "diagnosis.caller": caller,
    "diagnosis.*": forbidden,
    "diagnosis.unusedPath": routeMissing,
  };
}

export const deployer = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "hush-hush-hush" };

/** The template of a stack with these routes, as JSON. */
export function templateOf(routes: Record<string, string>, resources: object = {}): string {
  return JSON.stringify({
    Resources: {
      Api: { Type: "AWS::ApiGatewayV2::Api" },
      ...Object.fromEntries(
        Object.entries(routes).map(([RouteKey, AuthorizationType], index) => [
          `Route${index}`,
          {
            Type: "AWS::ApiGatewayV2::Route",
            Properties: { ApiId: { Ref: "Api" }, RouteKey, AuthorizationType },
          },
        ]),
      ),
      ...resources,
    },
    Outputs: { ApiEndpoint: { Value: { "Fn::GetAtt": ["Api", "ApiEndpoint"] } } },
  });
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");

/** CloudFormation's answers for a stack with these routes. */
export function deployed(routes: Record<string, string>, resources?: object): Record<string, Answer> {
  const body = `<GetTemplateResponse><GetTemplateResult><TemplateBody>${escaped(templateOf(routes, resources))}</TemplateBody></GetTemplateResult></GetTemplateResponse>`;
  return { "cloudformation.get-template": () => reply(200, body) };
}

/** A function as `sst dev` deploys it. */
export const liveFunction = {
  Type: "AWS::Lambda::Function",
  Properties: {
    Handler: "live-lambda.handler",
    Environment: { Variables: { SST_FUNCTION_ID: "c8f1" } },
  },
};
