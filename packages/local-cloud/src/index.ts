import { createApiGateway } from "./api-gateway/api-gateway.ts";
import { createControlPlane } from "./aws/control-plane.ts";
import { accessKeyId, iamUniqueId, secretAccessKey } from "./aws/identifiers.ts";
import { type Listener, listenOnLoopback } from "./aws/listener.ts";
import { awsRequestListener } from "./aws/origin.ts";
import { bootstrapAccount } from "./cloudformation/cdk-bootstrap.ts";
import { createCloudFormation } from "./cloudformation/cloudformation.ts";
import { createResourceTypes } from "./cloudformation/resource-types/resource-types.ts";
import { createStacks } from "./cloudformation/stacks/stacks.ts";
import { createCognitoIdentity } from "./cognito-identity/cognito-identity.ts";
import { createHttpApiHost } from "./http-api/http-api-host.ts";
import { createIam } from "./iam/iam.ts";
import { createSessions } from "./iam/sessions.ts";
import { createIssuerDirectory, type OidcIssuers } from "./oidc/issuers.ts";
import { createAccount } from "./account.ts";
import { createBuckets } from "./s3/buckets.ts";
import { createS3 } from "./s3/s3.ts";
import { createSecretsManager } from "./secrets-manager/secrets-manager.ts";
import { createParameterStore } from "./ssm/parameter-store.ts";
import { createSts } from "./sts/sts.ts";
import { randomAlphanumeric } from "./twitter/random-alphanumeric.ts";
import type { AppSettings, RegisteredApp } from "./twitter/registered-app.ts";
import { type LocalTwitter, startTwitter } from "./twitter/twitter.ts";
import { verifyTwitterToken } from "./cognito-identity/verify-twitter-token.ts";

export interface LocalCloudOptions {
  /** Port of the AWS origin; 0 picks a free one. */
  awsPort: number;
  /** Port of the Twitter origin; 0 picks a free one. */
  twitterPort: number;
  /** The one region there is; `us-east-1` by default. A second local cloud stands in for another. */
  region?: string;
  /** PEM certificate and key: every origin then speaks https. */
  tls?: { cert: string; key: string };
  /** Consumer key and secret of the one registered X app; by default a random pair. */
  clientCredentials?: { key: string; secret: string };
  /** How the X app is set up beside that; see `LocalCloud.twitterApp`. */
  twitterApp?: AppSettings;
  /** Where Cognito validates Twitter tokens; by default the local Twitter. */
  twitterApiUrl?: string;
  /**
   * Where the issuers of ID tokens are: provider name → base URL of `/.well-known/openid-configuration`. A host stands for
   * all of its issuers. Read at each use, so that a name may be added while the cloud runs.
   */
  oidcIssuers?: OidcIssuers;
  now?: () => Date;
  /** One line an event, for a person to follow. */
  log?: (line: string) => void;
}

export interface LocalCloud {
  awsUrl: string;
  twitterUrl: string;
  /**
   * The X app, to be changed while the cloud runs: a suspended app, another callback URL, a rate limit. A new consumer
   * secret here is one that its owner has regenerated at X; the deployed pools keep theirs.
   */
  twitterApp: RegisteredApp;
  /** What a deployer and the CLI need in their environment. */
  environment: Record<string, string>;
  /** Closes every origin and connection, ends the Lambda workers and removes their temporary files. */
  close(): Promise<void>;
}

const accountId = "000000000000";

/** @throws the listen error (`EADDRINUSE` with its `port`) when a port is taken; nothing is left listening. */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const { awsPort, twitterPort, tls, region = "us-east-1", now = () => new Date(), log = () => {} } = options;
  const clientCredentials = options.clientCredentials ?? randomClientCredentials();
  const tlsOption = tls === undefined ? {} : { tls };

  const account = createAccount(accountId, region);
  const sessions = createSessions({ now });
  const deployer = {
    accessKeyId: accessKeyId("AKIA"),
    secretAccessKey: secretAccessKey(),
    userArn: `arn:aws:iam::${accountId}:user/deployer`,
    userId: iamUniqueId("AIDA"),
  };
  sessions.addLongTermKey(deployer);

  const buckets = createBuckets({ now });
  const parameterStore = createParameterStore({ accountId, region, now });
  const secretsManager = createSecretsManager({ accountId, region, now });
  let aws: Listener | undefined;
  const httpApis = createHttpApiHost({
    account,
    region,
    now,
    sessions,
    log,
    // A function's AWS SDK talks to the cloud that the function runs in.
    functionEnvironment: () => (aws === undefined ? {} : { AWS_ENDPOINT_URL: aws.url }),
    ...tlsOption,
  });
  const stacks = createStacks({
    account,
    resourceTypes: createResourceTypes({ account, buckets, parameterStore, secretsManager, httpApis }),
    sources: { parameterStore, secretsManager },
    now,
    log,
  });

  let twitter: LocalTwitter | undefined;
  const close = async (): Promise<void> => {
    await Promise.all([aws?.close(), twitter?.close()]);
    await stacks.settled();
    await httpApis.closeAll();
  };

  try {
    await bootstrapAccount(stacks, account);
    twitter = await startTwitter({
      port: twitterPort,
      clientCredentials,
      ...(options.twitterApp && { app: options.twitterApp }),
      now,
      log,
      ...tlsOption,
    });
    const twitterApiUrl = options.twitterApiUrl ?? twitter.url;
    const cognitoIdentity = createCognitoIdentity({
      account,
      sessions,
      twitterApiUrl: () => twitterApiUrl,
      verifyTwitterToken: (request) =>
        verifyTwitterToken({ ...request, ...(tls !== undefined && { ca: tls.cert }) }),
      issuers: createIssuerDirectory(options.oidcIssuers ?? {}),
      now,
      log,
    });
    const s3 = createS3({ buckets, accountId, region, now });
    const sts = createSts({ account, sessions });
    const cloudFormation = createCloudFormation({ stacks, buckets });
    const iam = createIam({
      account,
      createdAt(physicalId) {
        const owner = stacks
          .list()
          .find(({ resources }) => [...resources.values()].some((each) => each.physicalId === physicalId));
        return owner?.creationTime ?? now();
      },
    });
    const controlPlane = createControlPlane({
      account,
      sessions,
      now,
      log,
      services: {
        cognitoIdentity: (operation, body) => cognitoIdentity.handle(operation, body),
        ssm: (operation, body) => parameterStore.handle(operation, body),
        secretsManager: (operation, body) => secretsManager.handle(operation, body),
        sts: (parameters, caller) => sts.handle(parameters, caller),
        cloudFormation: (parameters) => cloudFormation.handle(parameters),
        iam,
        apiGateway: createApiGateway({ account }),
        s3: (request) => s3.handle(request),
      },
    });
    aws = await listenOnLoopback(awsRequestListener(controlPlane, now, log), awsPort, tls);
    return {
      awsUrl: aws.url,
      twitterUrl: twitter.url,
      twitterApp: twitter.app,
      environment: {
        AWS_ENDPOINT_URL: aws.url,
        AWS_ACCESS_KEY_ID: deployer.accessKeyId,
        AWS_SECRET_ACCESS_KEY: deployer.secretAccessKey,
        AWS_REGION: region,
        AWS_DEFAULT_REGION: region,
        // Nobody waits for the metadata service of a machine that is none of Amazon's.
        AWS_EC2_METADATA_DISABLED: "true",
        TWITTER_API_URL: twitterApiUrl,
        TWITTER_CONSUMER_KEY: clientCredentials.key,
        TWITTER_CONSUMER_SECRET: clientCredentials.secret,
        SST_TELEMETRY_DISABLED: "1",
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Of the lengths that X gives out. */
function randomClientCredentials(): { key: string; secret: string } {
  return { key: randomAlphanumeric(25), secret: randomAlphanumeric(50) };
}
