import { randomUUID, X509Certificate } from "node:crypto";
import { join } from "node:path";
import { createApiGateway } from "./api-gateway/api-gateway.ts";
import { createControlPlane } from "./aws/control-plane.ts";
import { accessKeyId, iamUniqueId, secretAccessKey } from "./aws/identifiers.ts";
import { type Listener, listenOnLoopback } from "./aws/listener.ts";
import { awsRequestListener } from "./aws/origin.ts";
import { restJsonResult } from "./aws/rest-json-protocol.ts";
import type { AwsRequest, AwsResponse } from "./aws/request.ts";
import { bootstrapAccount } from "./cloudformation/cdk-bootstrap.ts";
import { createCloudFormation } from "./cloudformation/cloudformation.ts";
import { createRecorder } from "./cloudformation/resource-types/recorded-resource.ts";
import { createResourceTypes } from "./cloudformation/resource-types/resource-types.ts";
import { createStacks, type Stacks } from "./cloudformation/stacks/stacks.ts";
import { createCognitoIdentity } from "./cognito-identity/cognito-identity.ts";
import { createOpenIdTokens } from "./cognito-identity/open-id-token.ts";
import { createDynamoDb } from "./dynamodb/dynamodb.ts";
import { createEc2 } from "./ec2/ec2.ts";
import { createEventBus } from "./events/event-bus.ts";
import { createHttpApiHost } from "./http-api/http-api-host.ts";
import { createIam } from "./iam/iam.ts";
import { createSessions } from "./iam/sessions.ts";
import { type Certificate, createCertificate } from "./iot/certificate.ts";
import { createIot } from "./iot/iot.ts";
import { createLambda } from "./lambda/lambda.ts";
import { createLambdaApi } from "./lambda/lambda-api.ts";
import { createTrust } from "./iot/trust.ts";
import { createIssuerDirectory, type OidcIssuers } from "./oidc/issuers.ts";
import { createAccount } from "./account.ts";
import { hostNodeNotice } from "./lambda/host-node.ts";
import { createLog } from "./log.ts";
import { createBuckets } from "./s3/buckets.ts";
import { createS3 } from "./s3/s3.ts";
import { createSecretsManager } from "./secrets-manager/secrets-manager.ts";
import { createParameterStore } from "./ssm/parameter-store.ts";
import { memoryState, openState, type State, StateError } from "./state.ts";
import { createSaver } from "./saver.ts";
import { createSts } from "./sts/sts.ts";
import { randomAlphanumeric } from "./twitter/random-alphanumeric.ts";
import type { AppSettings, RegisteredApp } from "./twitter/registered-app.ts";
import { type LocalTwitter, startTwitter } from "./twitter/twitter.ts";
import { verifyTwitterToken } from "./cognito-identity/verify-twitter-token.ts";

export type { StateError, StateFault } from "./state.ts";

export interface LocalCloudOptions {
  /** Port of the AWS origin; 0 picks a free one. */
  awsPort: number;
  /** Port of the Twitter origin; 0 picks a free one. */
  twitterPort: number;
  /** The region; `us-east-1` by default. Another region needs another local cloud. */
  region?: string;
  /** PEM certificate and key. Every origin then uses https. */
  tls?: { cert: string; key: string };
  /** Consumer key and secret of the X app; a random pair by default. */
  clientCredentials?: { key: string; secret: string };
  /** Other settings of the X app; see `LocalCloud.twitterApp`. */
  twitterApp?: AppSettings;
  /** The Twitter that validates tokens for Cognito; the local Twitter by default. */
  twitterApiUrl?: string;
  /**
   * The addresses of ID token issuers: provider name → base URL of `/.well-known/openid-configuration`. A host covers all
   * of its issuers. Read at each use, so entries may be added while the cloud runs.
   */
  oidcIssuers?: OidcIssuers;
  /** PEM certificates that the file of `NODE_EXTRA_CA_CERTS` must hold too, because it replaces another one. */
  extraCaCertificates?: string;
  /**
   * How long a presigned URL of an HTTP API without `X-Amz-Expires` is valid, in seconds. By default it is refused: no
   * source says what API Gateway does.
   */
  presignedSeconds?: number;
  /** Refuses the resource types that the local cloud can only record. */
  strict?: boolean;
  /**
   * Addresses of other servers for AWS services, as the SDKs read them: `AWS_ENDPOINT_URL_SQS` and the like. The deployed
   * functions get them.
   */
  serviceEndpoints?: Readonly<Record<string, string>>;
  now?: () => Date;
  /** Gets one line for each event, without control characters. */
  log?: (line: string) => void;
  /**
   * Keeps everything in this folder: deployments, keys, ports, logins. Another local cloud that is started with it goes
   * on with them. By default all of it is in memory.
   */
  stateFolder?: string;
  /** Gets the origin of each API that is deployed. */
  opened?: (origin: string) => void;
  /** Gets what the user must fix outside the local cloud, in one line. `log` gets it too. */
  warn?: (line: string) => void;
}

export interface LocalCloud {
  /** A UUID. `GET /_local-cloud` at the AWS origin answers with it: `{"id": …}`. */
  id: string;
  awsUrl: string;
  twitterUrl: string;
  /**
   * The X app. Its settings may change while the cloud runs: a suspension, another callback URL, a rate limit. A new
   * consumer secret is like one regenerated at X: the deployed pools keep the old one.
   */
  twitterApp: RegisteredApp;
  /** Environment variables for sst, cdk, aws and the CLI. */
  environment: Record<string, string>;
  /** Ends every connection to the message broker of AWS IoT, as a network failure does. Clients connect again. */
  disconnectIot(): Promise<void>;
  /** Closes every origin and connection, ends the Lambda workers and removes their temporary files. */
  close(): Promise<void>;
}

const accountId = "000000000000";

/**
 * @throws the listen error (`EADDRINUSE` with its `port`) when a port is taken; nothing keeps listening.
 * @throws StateError
 */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const { region = "us-east-1", now = () => new Date() } = options;
  const saved = options.stateFolder === undefined ? undefined : openState(options.stateFolder);
  const state = saved ?? memoryState();
  const log = createLog(options.log);
  const tellUser = createLog(options.warn);
  const warn = (line: string): void => {
    log(line);
    tellUser(line);
  };
  const { tls } = options;
  const id = state.part("id", randomUUID);
  const clientCredentials =
    options.clientCredentials ?? state.part("client credentials", randomClientCredentials);
  const tlsOption = tls === undefined ? {} : { tls };

  const settings = state.part("settings", () => ({ region, tls: tls !== undefined }));
  if (saved !== undefined && (settings.region !== region || settings.tls !== (tls !== undefined))) {
    saved.release();
    const was = `${settings.region} ${settings.tls ? "with" : "without"} TLS`;
    throw new StateError("other-settings", saved.folder, `it was made for ${was}`);
  }
  const account = state.part("account", () => createAccount(accountId, region));
  const sessions = createSessions({ now, state });
  const deployer = state.part("deployer", createDeployer);
  sessions.addLongTermKey(deployer);

  const buckets = createBuckets({ now, state });
  const parameterStore = createParameterStore({ accountId, region, now, state });
  const secretsManager = createSecretsManager({ accountId, region, now, state });
  const dynamoDb = createDynamoDb(account, state.folder && join(state.folder, "dynamodb"));
  const certificate = await lastingCertificate(state, now);
  const trust = createTrust(
    [certificate.cert, tls?.cert ?? "", options.extraCaCertificates ?? ""],
    state.folder,
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

  const { strict = false, serviceEndpoints = {} } = options;
  let aws: Listener | undefined;
  const endpoint = (service: string): string =>
    (serviceEndpoints[`AWS_ENDPOINT_URL_${service}`] ?? aws?.url ?? "").replace(/\/$/, "");
  let twitter: LocalTwitter | undefined;
  const lambda = createLambda({
    account,
    sessions,
    now,
    log,
    warn,
    // The AWS SDK in a function calls the local cloud.
    environment: () => ({ ...serviceEndpoints, ...(aws !== undefined && { AWS_ENDPOINT_URL: aws.url }) }),
    caCertificate: certificate.cert,
  });
  const events = createEventBus({ account, lambda, now, log });
  const httpApis = createHttpApiHost({
    account,
    region,
    now,
    sessions,
    log,
    lambda,
    state,
    ...(options.opened && { opened: options.opened }),
    ...(options.presignedSeconds !== undefined && { presignedSeconds: options.presignedSeconds }),
    ...tlsOption,
  });
  const stacks = createStacks({
    account,
    resourceTypes: createResourceTypes({
      account,
      buckets,
      dynamoDb,
      parameterStore,
      secretsManager,
      httpApis,
      state,
    }),
    ...(!strict && { recorder: createRecorder({ account, endpoint, state }) }),
    sources: { parameterStore, secretsManager },
    state,
    now,
    log,
    warn,
    onStatus: ({ stackId, status, statusReason = "" }) =>
      events.publish({
        source: "aws.cloudformation",
        detailType: "CloudFormation Stack Status Change",
        resources: [stackId],
        detail: { "stack-id": stackId, "status-details": { status, "status-reason": statusReason } },
      }),
  });

  const saver = saved && createSaver(saved, stacks, warn);

  const close = async (): Promise<void> => {
    await Promise.all([aws?.close(), twitter?.close(), iot.close()]);
    await stacks.settled();
    await saver?.close();
    await httpApis.closeAll();
    await lambda.close();
    await dynamoDb.close();
    trust.remove();
  };

  try {
    if (stacks.list().length === 0) await bootstrapAccount(stacks, account);
    await httpApis.openAll();
    const ports = state.part("origins", () => ({ aws: 0, twitter: 0 }));
    twitter = await startTwitter({
      port: options.twitterPort || ports.twitter,
      clientCredentials,
      state,
      answered: () => saver?.changed(),
      ...(options.twitterApp && { app: options.twitterApp }),
      now,
      log,
      ...tlsOption,
    });
    const openIdTokens = createOpenIdTokens(now);
    const twitterApiUrl = options.twitterApiUrl ?? twitter.url;
    const controlPlane = createControlPlane({
      account,
      sessions,
      now,
      log,
      services: {
        apiGateway: createApiGateway({ account }),
        cloudFormation: createCloudFormation({ stacks, buckets }),
        cognitoIdentity: createCognitoIdentity({
          account,
          sessions,
          openIdTokens,
          twitterApiUrl: () => twitterApiUrl,
          verifyTwitterToken: (request) =>
            verifyTwitterToken({ ...request, ...(tls !== undefined && { ca: tls.cert }) }),
          issuers: createIssuerDirectory(options.oidcIssuers ?? {}),
          state,
          now,
          log,
        }),
        dynamoDb,
        ec2: createEc2(account),
        iam: createIam({
          account,
          createdAt: (physicalId) => stackCreationTime(stacks, physicalId) ?? now(),
        }),
        iot,
        lambda: createLambdaApi(account),
        s3: createS3({ buckets, accountId, region, now }),
        secretsManager,
        ssm: parameterStore,
        sts: createSts({ account, sessions, openIdTokens, now, log }),
      },
    });
    const notice = hostNodeNotice();
    if (notice !== undefined) warn(notice);
    const answer = async (request: AwsRequest): Promise<AwsResponse> =>
      request.path === "/_local-cloud"
        ? restJsonResult({ id }, request.requestId)
        : controlPlane(request).finally(() => saver?.changed());
    aws = await listenOnLoopback(awsRequestListener(answer, now, log), options.awsPort || ports.aws, tls);
    ports.aws = Number(new URL(aws.url).port);
    ports.twitter = Number(new URL(twitter.url).port);
    await saver?.start().catch((error: unknown) => {
      throw new StateError("not-writable", saved?.folder ?? "", (error as Error).message);
    });
    return {
      id,
      awsUrl: aws.url,
      twitterUrl: twitter.url,
      twitterApp: twitter.app,
      environment: {
        AWS_ENDPOINT_URL: aws.url,
        AWS_ACCESS_KEY_ID: deployer.accessKeyId,
        AWS_SECRET_ACCESS_KEY: deployer.secretAccessKey,
        AWS_REGION: region,
        AWS_DEFAULT_REGION: region,
        // Clients do not wait for the metadata service of an EC2 instance.
        AWS_EC2_METADATA_DISABLED: "true",
        // AWS IoT's clients know TLS only.
        NODE_EXTRA_CA_CERTS: trust.file,
        TWITTER_API_URL: twitterApiUrl,
        TWITTER_CONSUMER_KEY: clientCredentials.key,
        TWITTER_CONSUMER_SECRET: clientCredentials.secret,
        SST_TELEMETRY_DISABLED: "1",
      },
      disconnectIot: () => iot.disconnect(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The certificate of AWS IoT, made again in time before it expires. */
async function lastingCertificate(state: State, now: () => Date): Promise<Certificate> {
  const kept: { certificate?: Certificate } = state.part("certificate", () => ({}));
  const { certificate } = kept;
  const soon = now().getTime() + 30 * 86_400_000;
  if (certificate !== undefined && Date.parse(new X509Certificate(certificate.cert).validTo) > soon)
    return certificate;
  return (kept.certificate = await createCertificate());
}

/** The IAM user whose keys deploy. */
function createDeployer() {
  return {
    accessKeyId: accessKeyId("AKIA"),
    secretAccessKey: secretAccessKey(),
    userArn: `arn:aws:iam::${accountId}:user/deployer`,
    userId: iamUniqueId("AIDA"),
  };
}

/** The creation time of the stack that holds a resource. */
function stackCreationTime(stacks: Stacks, physicalId: string): Date | undefined {
  return stacks
    .list()
    .find(({ resources }) => [...resources.values()].some((resource) => resource.physicalId === physicalId))
    ?.creationTime;
}

/** Has the lengths of X's keys and secrets. */
function randomClientCredentials(): { key: string; secret: string } {
  return { key: randomAlphanumeric(25), secret: randomAlphanumeric(50) };
}
