import { cpSync, existsSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Duration, RemovalPolicy, Stack, Stage, Token } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, Metric, Stats, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Code, Function as LambdaFunctionResource, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import { readStages } from "./read-stages.ts";
import { healthyDescription, metricNames, type Settings, stagesFile } from "./settings.ts";

/** A stage to check: the fields of a stage in `auth-cli.json`, `region` and `service`. */
export interface CanaryStage {
  /** The address of the API. It may be a token, such as `api.url`. */
  endpoint: string;
  identityPoolId: string;
  /** Protected routes: `GET /notes`. Without any route, `GET /private` and `GET /public` are tried. */
  routes?: readonly string[];
  /** Open routes. */
  publicRoutes?: readonly string[];
  /** By route: its status and a part of its body. */
  expectations?: Readonly<Record<string, { status?: number; body?: string }>>;
  /** The identity pool means to issue identities without a login. */
  allowGuests?: boolean;
  /** In signatures. Default: what the host of the API names, else the region of the identity pool. */
  region?: string;
  /** In signatures. Default: what the host of the API names, else `execute-api`. */
  service?: string;
}

export interface CanaryProps {
  /** The secret with the token of the account that the canary acts for. */
  secret: ISecret;
  /** By name. Default: the stages of `auth-cli.json`. */
  stages?: Readonly<Record<string, CanaryStage>>;
  /** Default: `auth-cli.json` in the working directory. */
  projectFile?: string;
  /** Between two runs, whole minutes. Default: 5 minutes. */
  every?: Duration;
  /** For one run. Default: 1 minute. */
  timeout?: Duration;
  /** Whether each check has metrics, in addition to those of the stage. Default: true. */
  checkMetrics?: boolean;
  /** Of the metrics. Default: `auth-cli/<stack>-<id>`. */
  namespace?: string;
}

/** Bytes of the variables of a function. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const variablesLimit = 4096;

/** For variables that another construct adds. */
const variablesReserve = 512;

/**
 * Runs smoke on a schedule, and raises an alarm for each stage that is broken. The alarm's description has the cause and the
 * fix. Its function may do nothing but read the secret, describe its alarms, and write its log.
 */
export class Canary extends Construct {
  readonly function: LambdaFunctionResource;
  readonly role: Role;
  readonly logGroup: LogGroup;
  readonly rule: Rule;
  /** By stage. */
  readonly alarms: Readonly<Record<string, Alarm>>;

  constructor(scope: Construct, id: string, props: CanaryProps) {
    super(scope, id);
    const { secret, every = Duration.minutes(5), timeout = Duration.minutes(1), checkMetrics = true } = props;
    const stack = Stack.of(this);
    // Alarms have names, which the function must know. Those of a nested stack are not known yet.
    const stackName = Token.isUnresolved(stack.stackName) ? stack.node.id : stack.stackName;
    const name = `${stackName}-${id}`;
    const { namespace = `auth-cli/${name}` } = props;
    const stages = props.stages ?? readStages(resolve(props.projectFile ?? "auth-cli.json"));
    const minutes = every.toMinutes();
    const settings: Settings = {
      secret: secret.secretFullArn ?? secret.secretName,
      namespace,
      alarms: `${name}-`,
      every: minutes,
      checkMetrics,
      framework: existsSync("cdk.json") ? "cdk" : "sst",
    };

    this.alarms = Object.fromEntries(
      Object.keys(stages).map((stage) => [
        stage,
        new Alarm(this, `Alarm-${stage}`, {
          alarmName: settings.alarms + stage,
          alarmDescription: healthyDescription(stage, settings),
          metric: new Metric({
            namespace,
            metricName: metricNames.failed,
            dimensionsMap: { Stage: stage },
            statistic: Stats.MAXIMUM,
            period: every,
          }),
          comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
          threshold: 1,
          evaluationPeriods: 1,
          // A canary that does not run proves nothing.
          treatMissingData: TreatMissingData.BREACHING,
        }),
      ]),
    );

    this.logGroup = new LogGroup(this, "Log", {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
      description: `The canary ${name} of auth-cli`,
      inlinePolicies: {
        canary: new PolicyDocument({
          statements: [
            new PolicyStatement({
              sid: "ReadToken",
              actions: ["secretsmanager:GetSecretValue"],
              resources: [secret.secretFullArn ?? `${secret.secretArn}-??????`],
            }),
            new PolicyStatement({
              sid: "DescribeFailures",
              actions: ["cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"],
              resources: Object.values(this.alarms).map(({ alarmArn }) => alarmArn),
            }),
            new PolicyStatement({
              sid: "WriteLog",
              actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
              resources: [this.logGroup.logGroupArn],
            }),
          ],
        }),
      },
    });
    if (secret.encryptionKey) {
      this.role.addToPolicy(
        new PolicyStatement({
          actions: ["kms:Decrypt"],
          resources: [secret.encryptionKey.keyArn],
          conditions: { StringEquals: { "kms:ViaService": `secretsmanager.${stack.region}.amazonaws.com` } },
        }),
      );
    }

    const all: Settings = { ...settings, stages };
    const fits = JSON.stringify(all).length <= variablesLimit - variablesReserve;
    this.function = new LambdaFunctionResource(this, "Function", {
      description: "auth-cli smoke on a schedule",
      runtime: Runtime.NODEJS_22_X,
      handler: "index.handler",
      code: Code.fromAsset(fits ? handlerFolder : this.#addStages(stages)),
      role: this.role,
      logGroup: this.logGroup,
      memorySize: 512,
      timeout,
      // A second attempt would hide the failure, or report it twice.
      retryAttempts: 0,
      environment: {
        AUTH_CLI_CANARY: stack.toJsonString(fits ? all : settings),
        // Of a local cloud.
        ...(process.env["TWITTER_API_URL"] && { TWITTER_API_URL: process.env["TWITTER_API_URL"] }),
      },
    });
    this.rule = new Rule(this, "Rule", {
      schedule: Schedule.rate(every),
      targets: [new LambdaFunction(this.function, { retryAttempts: 0 })],
    });
  }
  /** @returns a folder with the bundle and the stages */
  #addStages(stages: Readonly<Record<string, CanaryStage>>): string {
    const text = JSON.stringify(stages);
    if (Token.isUnresolved(text)) {
      throw new Error(
        "the stages of the canary do not fit into the variables of a function; write their addresses out instead of passing tokens, or use several canaries",
      );
    }
    const folder = join(Stage.of(this)?.assetOutdir ?? "", `canary-${this.node.addr}`);
    cpSync(handlerFolder, folder, { recursive: true });
    writeFileSync(join(folder, stagesFile), text);
    return folder;
  }
}

/** The bundle, for the source too. */
const handlerFolder = join(import.meta.dirname, "../dist/handler");
