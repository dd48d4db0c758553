import { randomUUID, X509Certificate } from "node:crypto";
import { accessKeyId, iamUniqueId, secretAccessKey } from "./aws/identifiers.ts";
import { type Listener, listenOnLoopback, type TlsOptions } from "./aws/listener.ts";
import { awsRequestListener } from "./aws/origin.ts";
import { parseJsonBody } from "./aws/json-protocol.ts";
import { restJsonError, restJsonResult } from "./aws/rest-json-protocol.ts";
import { ServiceError } from "./aws/service-error.ts";
import type { AwsRequest, AwsResponse } from "./aws/request.ts";
import { requestRegion } from "./aws/request-region.ts";
import { createOpenIdTokens } from "./cognito-identity/open-id-token.ts";
import { createSessions } from "./iam/sessions.ts";
import { type Certificate, createCertificate } from "./iot/certificate.ts";
import { createTrust } from "./iot/trust.ts";
import { createIssuerDirectory, type OidcIssuers } from "./oidc/issuers.ts";
import { createAccount } from "./account.ts";
import { hostNodeNotice } from "./lambda/host-node.ts";
import { stackOf } from "./error-text.ts";
import { createLog } from "./log.ts";
import { createCloudClock } from "./cloud-clock.ts";
import { createRegion, type Region, type RegionOptions } from "./region.ts";
import { createBuckets } from "./s3/buckets.ts";
import { memoryState, openState, type State } from "./state.ts";
import { StateError, stateFault } from "./state-error.ts";
import { createSaver } from "./saver.ts";
import { randomAlphanumeric } from "./twitter/random-alphanumeric.ts";
import type { AppSettings, RegisteredApp } from "./twitter/registered-app.ts";
import { type LocalTwitter, startTwitter } from "./twitter/twitter.ts";
import { createTimekeeper } from "./timekeeper.ts";
import { verifyTwitterToken } from "./cognito-identity/verify-twitter-token.ts";

export type { StateError } from "./state-error.ts";

/** Where no option and no state folder names others. */
export const defaultPorts = { aws: 4566, twitter: 4567 } as const;

export interface LocalCloudOptions {
  /**
   * Port of the AWS origin. 0 picks that of the state folder, else a free one. By default, that of the state folder, else
   * `defaultPorts`.
   */
  awsPort?: number | undefined;
  /** Port of the Twitter origin, chosen in the same way. */
  twitterPort?: number | undefined;
  /** The region of requests without one, and that of `AWS_REGION`; `us-east-1` by default. The others start when they are used. */
  region?: string;
  /** PEM certificate and key. Every origin then uses https. */
  tls?: TlsOptions;
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
  /** Lets this time pass at once for schedules and alarms after each deploy. */
  fastForwardSeconds?: number;
  now?: () => Date;
  /** Gets one line for each event, without control characters. */
  log?: (line: string) => void;
  /**
   * Keeps everything in this folder: deployments, keys, ports, logins. Another local cloud that is started with it goes
   * on with them. By default all of it is in memory.
   */
  stateFolder?: string;
  /** Gets the origin of each API that is deployed. */
  onOpened?: (origin: string) => void;
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
  /**
   * Lets this time pass at once for schedules and alarms: what is due runs, one after the other. By default, until the next
   * schedule is due. Resolves when it has run.
   * `POST /_local-cloud/fast-forward` at the AWS origin does the same: `{"id": <the cloud's>, "seconds": …}`.
   */
  fastForward(seconds?: number): Promise<void>;
  /** Ends every connection to the message broker of AWS IoT, as a network failure does. Clients connect again. */
  disconnectIot(): Promise<void>;
  /**
   * Answers what is being asked, for two seconds at most. Closes every origin and connection, ends the Lambda workers and
   * removes their temporary files.
   */
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
  const certificate = await lastingCertificate(state, now);
  const trust = createTrust(
    [certificate.cert, tls?.cert ?? "", options.extraCaCertificates ?? ""],
    state.folder,
  );
  const clock = createCloudClock(now, state);
  let aws: Listener | undefined;
  let twitter: LocalTwitter | undefined;
  const regionOptions: RegionOptions = {
    account,
    sessions,
    buckets,
    openIdTokens: createOpenIdTokens(now),
    certificate,
    createdAt: (physicalId) => creationTime([...regions.values()], physicalId) ?? now(),
    strict: options.strict ?? false,
    serviceEndpoints: options.serviceEndpoints ?? {},
    awsUrl: () => aws?.url,
    twitterApiUrl: () => options.twitterApiUrl ?? twitter?.url ?? "",
    verifyTwitterToken: (request) =>
      verifyTwitterToken({ ...request, ...(tls !== undefined && { ca: tls.cert }) }),
    issuers: createIssuerDirectory(options.oidcIssuers ?? {}),
    state,
    clock,
    onDeployed: () => {
      if (options.fastForwardSeconds !== undefined) inBackground(fastForward(options.fastForwardSeconds));
    },
    now,
    log,
    warn,
    ...(options.onOpened && { onOpened: options.onOpened }),
    ...(options.presignedSeconds !== undefined && { presignedSeconds: options.presignedSeconds }),
    ...tlsOption,
  };
  const names = state.part("regions", () => new Set([region]));
  const regions = new Map(Array.from(names, (name) => [name, createRegion(name, regionOptions)]));
  const opening = new Map<string, Promise<Region>>();

  /** Starts another region at its first request. */
  const openRegion = (name: string): Promise<Region> => {
    const found = regions.get(name) ?? createRegion(name, regionOptions);
    const opened = opening.get(name) ?? found.open().then(() => found);
    regions.set(name, found);
    opening.set(name, opened);
    names.add(name);
    return opened;
  };

  const saver = saved && createSaver(saved, () => [...regions.values()], warn);

  /** A fault in what happens at a time does not end the process. */
  const inBackground = (work: Promise<void>): void =>
    void work.catch((error: unknown) => log(`time: ${stackOf(error)}`));
  const timekeeper = createTimekeeper(clock, () => Array.from(regions.values(), ({ timed }) => timed));
  const fastForward = (seconds?: number): Promise<void> =>
    timekeeper.fastForward(seconds && seconds * 1000).finally(() => saver?.changed());
  const ticking = setInterval(() => inBackground(timekeeper.tick()), 1000).unref();

  const close = async (): Promise<void> => {
    clearInterval(ticking);
    // Functions that are answering use AWS and Twitter.
    await Promise.all(Array.from(regions.values(), (each) => each.close()));
    await Promise.all([aws?.close(), twitter?.close()]);
    await saver?.close();
    trust.remove();
  };

  try {
    await Promise.all(Array.from(names, openRegion));
    const ports = state.part("origins", () => ({ aws: 0, twitter: 0 }));
    twitter = await startTwitter({
      port: choosePort(options.twitterPort, ports.twitter, defaultPorts.twitter),
      clientCredentials,
      state,
      onAnswered: () => saver?.changed(),
      ...(options.twitterApp && { app: options.twitterApp }),
      now,
      log,
      ...tlsOption,
    });
    const notice = hostNodeNotice();
    if (notice !== undefined) warn(notice);
    const answerFastForward = async (request: AwsRequest): Promise<AwsResponse> => {
      try {
        const { id: given, seconds } = parseJsonBody(request);
        // Pages of other sites do not know the id.
        if (given !== id || (seconds !== undefined && typeof seconds !== "number"))
          throw new ServiceError("AccessDeniedException", "Forbidden", 403);
        await fastForward(seconds);
        return restJsonResult({}, request.requestId);
      } catch (error) {
        if (error instanceof ServiceError) return restJsonError(error, request.requestId);
        throw error;
      }
    };
    const answer = async (request: AwsRequest): Promise<AwsResponse> => {
      if (request.path === "/_local-cloud") return restJsonResult({ id }, request.requestId);
      if (request.path === "/_local-cloud/fast-forward") return answerFastForward(request);
      const named = await openRegion(requestRegion(request) ?? region);
      return named.answer(request).finally(() => saver?.changed());
    };
    const awsPort = choosePort(options.awsPort, ports.aws, defaultPorts.aws);
    aws = await listenOnLoopback(awsRequestListener(answer, now, log), awsPort, tls, (line) =>
      log(`aws: ${line}`),
    );
    ports.aws = Number(new URL(aws.url).port);
    ports.twitter = Number(new URL(twitter.url).port);
    await saver?.start().catch((error: unknown) => {
      throw stateFault(saved?.folder ?? "", error);
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
        TWITTER_API_URL: regionOptions.twitterApiUrl(),
        TWITTER_CONSUMER_KEY: clientCredentials.key,
        TWITTER_CONSUMER_SECRET: clientCredentials.secret,
        SST_TELEMETRY_DISABLED: "1",
        CDK_DISABLE_CLI_TELEMETRY: "true",
      },
      fastForward,
      async disconnectIot() {
        await Promise.all(Array.from(regions.values(), ({ iot }) => iot.disconnect()));
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * A state folder keeps its ports, also with 0, because its stages and the exports of `local env` contain them.
 * @param saved 0 for none
 */
function choosePort(wanted: number | undefined, saved: number, standard: number): number {
  const isAny = wanted === undefined || wanted === 0;
  return isAny && saved !== 0 ? saved : (wanted ?? standard);
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
function creationTime(regions: readonly Region[], physicalId: string): Date | undefined {
  return regions
    .flatMap(({ stacks }) => stacks.list())
    .find(({ resources }) => [...resources.values()].some((resource) => resource.physicalId === physicalId))
    ?.creationTime;
}

/** Has the lengths of X's keys and secrets. */
function randomClientCredentials(): { key: string; secret: string } {
  return { key: randomAlphanumeric(25), secret: randomAlphanumeric(50) };
}
