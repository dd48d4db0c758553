import {
  CognitoIdentityClient,
  GetCredentialsForIdentityCommand,
  GetIdCommand,
} from "@aws-sdk/client-cognito-identity";
import { AuthCliError } from "../errors.ts";
import { cognitoError } from "./cognito-identity-errors.ts";
import { exchange, type Header, type HttpRequest, type Send } from "../http.ts";
import type { LoginsMap } from "./logins.ts";
import { type AwsCredentials, hasAwsCharacters } from "./sigv4.ts";

export interface CognitoContext {
  region: string;
  /** Replaces `https://cognito-identity.<region>.amazonaws.com`. */
  endpoint: string | undefined;
  send: Send;
}

/** The two calls of the enhanced authflow. AWS wants both unsigned. */
export interface CognitoIdentity {
  /**
   * The identity of a login. The same login always gets the same identity id.
   * @see https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetId.html
   */
  getId(identityPoolId: string, logins: LoginsMap): Promise<string>;
  /**
   * Temporary credentials of the identity's role, valid for one hour.
   * @see https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetCredentialsForIdentity.html
   */
  getCredentialsForIdentity(identityId: string, logins: LoginsMap): Promise<AwsCredentials>;
}

export function createCognitoIdentity(context: CognitoContext): CognitoIdentity {
  const client = clientFor(context);
  const call = async <T>(
    step: string,
    logins: LoginsMap,
    operation: (route: Route) => Promise<T>,
  ): Promise<T> => {
    try {
      return await operation({ step, send: context.send });
    } catch (error) {
      throw cognitoError(step, error, logins);
    }
  };
  return {
    getId: (identityPoolId, logins) =>
      call("cognito.get-id", logins, async (route) => {
        const input = { IdentityPoolId: identityPoolId, Logins: { ...logins } };
        routes.set(input, route);
        const { IdentityId } = await client.send(new GetIdCommand(input));
        if (IdentityId === undefined || !/^[\w-]+:[0-9a-f-]+$/.test(IdentityId)) {
          throw unexpected("cognito.get-id", "an IdentityId");
        }
        return IdentityId;
      }),
    getCredentialsForIdentity: (identityId, logins) =>
      call("cognito.get-credentials", logins, async (route) => {
        const input = { IdentityId: identityId, Logins: { ...logins } };
        routes.set(input, route);
        const { Credentials: credentials } = await client.send(new GetCredentialsForIdentityCommand(input));
        // The wire says SecretKey where every other AWS API says SecretAccessKey.
        const { AccessKeyId, SecretKey, SessionToken, Expiration } = credentials ?? {};
        if (!AccessKeyId || !SecretKey || !SessionToken || !(Expiration instanceof Date)) {
          throw unexpected("cognito.get-credentials", "AccessKeyId, SecretKey, SessionToken and Expiration");
        }
        const keys = { accessKeyId: AccessKeyId, secretAccessKey: SecretKey, sessionToken: SessionToken };
        if (!hasAwsCharacters(keys)) {
          // The message leaves out the values, which are secrets.
          throw unexpected("cognito.get-credentials", "credentials in characters that AWS uses");
        }
        return { ...keys, expiration: Expiration.toISOString() };
      }),
  };
}

function unexpected(step: string, wanted: string): AuthCliError {
  return new AuthCliError("unexpected-reply", {
    step,
    message: `the reply lacks ${wanted}`,
    cause: "a server other than Cognito Identity may answer at this address",
    fix: "check AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_COGNITO_IDENTITY, and any proxy",
  });
}

/** By region and endpoint. Making a client costs more than its request, and a run can ask for fifty stages. */
const clients = new Map<string, CognitoIdentityClient>();

function clientFor({ region, endpoint }: CognitoContext): CognitoIdentityClient {
  const key = `${region} ${endpoint ?? ""}`;
  const known = clients.get(key);
  if (known !== undefined) return known;
  const client = new CognitoIdentityClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts: 3,
    cacheMiddleware: true,
  });
  // In place of the SDK's own transport, so that all services share time limits, trace and redaction.
  client.middlewareStack.add(
    () =>
      async ({ input, request }) => ({
        response: await sendForSdk(request as SdkRequest, routes.get(input) as Route),
      }),
    { step: "deserialize", priority: "low" },
  );
  clients.set(key, client);
  return client;
}

/** How to send a command. */
interface Route {
  step: string;
  send: Send;
}

/** By input. As options of a command they would cost: the SDK then makes its chain of middleware for each command. */
const routes = new WeakMap<object, Route>();

async function sendForSdk(request: SdkRequest, { step, send }: Route): Promise<SdkResponse> {
  const port = request.port === undefined ? "" : `:${request.port}`;
  const url = new URL(`${request.protocol}//${request.hostname}${port}${request.path}`);
  const headers: Header[] = Object.entries(request.headers).filter(
    ([name]) => !["host", "content-length"].includes(name.toLowerCase()),
  );
  const reply = await exchange(send, {
    step,
    method: request.method,
    url,
    headers,
    body: typeof request.body === "string" ? Buffer.from(request.body) : request.body,
  } satisfies HttpRequest);
  return {
    statusCode: reply.status,
    reason: reply.statusText,
    headers: Object.fromEntries(reply.headers.map(([name, value]) => [name.toLowerCase(), value])),
    body: reply.body,
  };
}

interface SdkResponse {
  statusCode: number;
  reason: string;
  headers: Record<string, string>;
  body: Uint8Array;
}

/** The fields of `@smithy/types` HttpRequest that are used here. */
interface SdkRequest {
  method: string;
  protocol: string;
  hostname: string;
  port?: number;
  path: string;
  headers: Record<string, string>;
  body?: string | Uint8Array;
}
