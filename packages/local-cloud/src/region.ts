import { join } from "node:path";
import { type Account, createAccount } from "./account.ts";
import { createApiGateway } from "./api-gateway/api-gateway.ts";
import { createControlPlane } from "./aws/control-plane.ts";
import type { AwsRequest, AwsResponse } from "./aws/request.ts";
import { bootstrapAccount } from "./cloudformation/cdk-bootstrap.ts";
import type { CloudClock } from "./cloud-clock.ts";
import { createCloudFormation, readTemplate } from "./cloudformation/cloudformation.ts";
import { createCustomResources } from "./cloudformation/resource-types/custom-resource.ts";
import { createRecorder } from "./cloudformation/resource-types/recorded-resource.ts";
import { createResourceTypes } from "./cloudformation/resource-types/resource-types.ts";
import { existingResources } from "./cloudformation/stacks/stack.ts";
import { createStacks, type Stacks } from "./cloudformation/stacks/stacks.ts";
import { runAlarmActions } from "./cloudwatch/alarm-actions.ts";
import { createCloudWatch } from "./cloudwatch/cloudwatch.ts";
import { createCognitoIdentity, type CognitoIdentityOptions } from "./cognito-identity/cognito-identity.ts";
import type { OpenIdTokens } from "./cognito-identity/open-id-token.ts";
import { createDynamoDb, type DynamoDb } from "./dynamodb/dynamodb.ts";
import { createEc2 } from "./ec2/ec2.ts";
import { createEcr } from "./ecr/ecr.ts";
import { createEventBus } from "./events/event-bus.ts";
import { createApiOrigins, type ApiOriginsOptions } from "./api-origins.ts";
import { createIam } from "./iam/iam.ts";
import type { Sessions } from "./iam/sessions.ts";
import type { Certificate } from "./iot/certificate.ts";
import { createIot, type Iot } from "./iot/iot.ts";
import { createLambda } from "./lambda/lambda.ts";
import { createLambdaApi } from "./lambda/lambda-api.ts";
import type { Buckets } from "./s3/buckets.ts";
import { createS3 } from "./s3/s3.ts";
import { createSecretsManager } from "./secrets-manager/secrets-manager.ts";
import { createParameterStore } from "./ssm/parameter-store.ts";
import type { State } from "./state.ts";
import { createSts } from "./sts/sts.ts";
import type { Timed } from "./timekeeper.ts";

/** What the regions share: IAM and S3 are global, and every region has the same Twitter, clock and log. */
export interface RegionOptions
  extends
    Pick<ApiOriginsOptions, "tls" | "presignedSeconds" | "onOpened">,
    Pick<CognitoIdentityOptions, "twitterApiUrl" | "verifyTwitterToken" | "issuers"> {
  account: Account;
  sessions: Sessions;
  buckets: Buckets;
  openIdTokens: OpenIdTokens;
  certificate: Certificate;
  /** The creation time of a role or policy in any region. */
  createdAt: (physicalId: string) => Date;
  /** Refuses the resource types that the local cloud can only record. */
  strict: boolean;
  /** `AWS_ENDPOINT_URL_SQS` and the like. */
  serviceEndpoints: Readonly<Record<string, string>>;
  /** `AWS_ENDPOINT_URL`; undefined until it listens. */
  awsUrl: () => string | undefined;
  state: State;
  /** The time of schedules, metrics and alarms. */
  clock: CloudClock;
  /** A stack was created or updated. */
  onDeployed: () => void;
  now: () => Date;
  log: (line: string) => void;
  warn: (line: string) => void;
}

/** The services of a region and its resources. */
export interface Region {
  stacks: Stacks;
  dynamoDb: DynamoDb;
  timed: Timed;
  iot: Iot;
  /** Bootstraps a new region for the CDK, and opens the APIs that were deployed. @throws the listen error */
  open(): Promise<void>;
  answer(request: AwsRequest): Promise<AwsResponse>;
  close(): Promise<void>;
}

export function createRegion(name: string, options: RegionOptions): Region {
  const { account: home, sessions, buckets, openIdTokens, certificate, clock, now, log, warn } = options;
  const { serviceEndpoints, awsUrl } = options;
  const { accountId } = home;
  const isHome = name === home.region;
  const state = isHome ? options.state : partsOf(name, options.state);
  const account = isHome ? home : state.part("account", () => regionalAccount(name, home));

  const parameterStore = createParameterStore({ accountId, region: name, now, state });
  const secretsManager = createSecretsManager({ accountId, region: name, now, state });
  const cloudWatch = createCloudWatch({
    account,
    clock,
    log,
    state,
    changed: (alarm, change) => runAlarmActions({ account, lambda, events, log }, alarm, change),
  });
  const dynamoDb = createDynamoDb(
    account,
    state,
    state.folder && join(state.folder, isHome ? "dynamodb" : `dynamodb.${name}`),
  );
  const iot = createIot({
    account,
    sessions,
    certificate,
    now,
    log,
    warn,
    onLost: (filters) => lambda.abandon(filters),
  });
  const lambda = createLambda({
    account,
    sessions,
    now,
    log,
    warn,
    // The AWS SDK in a function calls the local cloud.
    environment: () => {
      const url = awsUrl();
      return { ...serviceEndpoints, ...(url !== undefined && { AWS_ENDPOINT_URL: url }) };
    },
    caCertificate: certificate.cert,
    onLine: (functionName, line) => cloudWatch.readLine(functionName, line),
    onInvoked: (functionName, { milliseconds, hasFailed }) => {
      for (const dimensions of [{ FunctionName: functionName }, {}]) {
        const record = (metric: string, unit: string, value: number): void =>
          cloudWatch.record({ namespace: "AWS/Lambda", name: metric, dimensions }, unit, value);
        record("Invocations", "Count", 1);
        record("Errors", "Count", hasFailed ? 1 : 0);
        record("Duration", "Milliseconds", milliseconds);
      }
    },
  });
  const customResources = createCustomResources({
    account,
    lambda,
    strict: options.strict,
    origin: () => awsUrl() ?? "",
    now,
    log,
    warn,
  });
  const events = createEventBus({ account, lambda, now: () => clock.now(), log });
  const origins = createApiOrigins({ ...options, account, region: name, lambda, state, named: !isHome });
  const stacks = createStacks({
    account,
    resourceTypes: createResourceTypes({
      account,
      now: () => clock.now(),
      buckets,
      cloudWatch,
      dynamoDb,
      parameterStore,
      secretsManager,
      origins,
      state,
    }),
    customResource: customResources.type,
    ...(!options.strict && {
      recorder: createRecorder({
        account,
        endpoint: (service) =>
          (serviceEndpoints[`AWS_ENDPOINT_URL_${service}`] ?? awsUrl() ?? "").replace(/\/$/, ""),
        state,
      }),
    }),
    sources: { parameterStore, secretsManager },
    readTemplate: (url) => readTemplate(url, buckets),
    state,
    now,
    log,
    warn,
    onStatus: ({ stackId, status, statusReason = "" }) => {
      events.publish({
        source: "aws.cloudformation",
        detailType: "CloudFormation Stack Status Change",
        resources: [stackId],
        detail: { "stack-id": stackId, "status-details": { status, "status-reason": statusReason } },
      });
      if (status === "CREATE_COMPLETE" || status === "UPDATE_COMPLETE") options.onDeployed();
    },
  });
  const controlPlane = createControlPlane({
    account,
    sessions,
    now,
    log,
    onUnsupported: (trace, refusal) => customResources.noteUnsupported(trace, refusal),
    services: {
      apiGateway: createApiGateway({ account }),
      cloudWatch,
      cloudFormation: createCloudFormation({ account, stacks, buckets }),
      cognitoIdentity: createCognitoIdentity({ ...options, account, state }),
      dynamoDb,
      ec2: createEc2(account),
      ecr: createEcr(account, stacks),
      iam: createIam({ account, createdAt: options.createdAt }),
      iot,
      lambda: createLambdaApi({ account, lambda, isQualified: (arn) => isQualifiedFunction(stacks, arn) }),
      s3: createS3({ buckets, accountId, region: name, now }),
      secretsManager,
      ssm: parameterStore,
      sts: createSts({ account, sessions, openIdTokens, now, log }),
    },
  });

  return {
    stacks,
    dynamoDb,
    timed: {
      nextDue: () => events.nextDue(),
      runDue: (time) => events.runDue(time),
      hasAlarms: () => cloudWatch.alarms.list().length > 0,
      evaluateAlarms: (minute) => cloudWatch.alarms.evaluate(minute),
    },
    iot,
    answer: async (request) => customResources.answer(request) ?? controlPlane(request),
    async open() {
      if (stacks.list().length === 0) await bootstrapAccount(stacks, account);
      await origins.openAll();
    },
    async close() {
      await iot.close();
      customResources.close();
      await stacks.settled();
      await origins.closeAll();
      await lambda.close();
      await dynamoDb.close();
    },
  };
}

/** Whether an ARN is that of a deployed version or alias of a function. */
function isQualifiedFunction(stacks: Stacks, arn: string): boolean {
  return stacks
    .list()
    .flatMap(existingResources)
    .some(({ type, attributes: { FunctionArn: version, AliasArn: alias } }) =>
      type === "AWS::Lambda::Version" ? version === arn : type === "AWS::Lambda::Alias" && alias === arn,
    );
}

/** IAM's resources are those of the account. */
function regionalAccount(
  name: string,
  { accountId, roles, managedPolicies, oidcProviders }: Account,
): Account {
  return { ...createAccount(accountId, name), roles, managedPolicies, oidcProviders };
}

function partsOf(region: string, state: State): State {
  return { folder: state.folder, part: (part, create) => state.part(`${region}: ${part}`, create) };
}
