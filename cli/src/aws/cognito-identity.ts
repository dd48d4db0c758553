import {
  CognitoIdentityClient,
  GetCredentialsForIdentityCommand,
  GetIdCommand,
} from "@aws-sdk/client-cognito-identity";
import { AuthCliError } from "../errors.ts";
import { cognitoError } from "./cognito-identity-errors.ts";
import type { Send } from "../http.ts";
import { type SdkRequest, sendForSdk } from "../sdk-transport.ts";
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
    operation: (options: CallOptions) => Promise<T>,
  ): Promise<T> => {
    try {
      return await operation({ step, send: context.send });
    } catch (error) {
      throw cognitoError(step, error, logins);
    }
  };
  return {
    getId: (identityPoolId, logins) =>
      call("cognito.get-id", logins, async (options) => {
        const input = { IdentityPoolId: identityPoolId, Logins: { ...logins } };
        const { IdentityId } = await client.send(new GetIdCommand(input), options);
        if (IdentityId === undefined || !/^[\w-]+:[0-9a-f-]+$/.test(IdentityId)) {
          throw unexpected("cognito.get-id", "an IdentityId");
        }
        return IdentityId;
      }),
    getCredentialsForIdentity: (identityId, logins) =>
      call("cognito.get-credentials", logins, async (options) => {
        const command = new GetCredentialsForIdentityCommand({
          IdentityId: identityId,
          Logins: { ...logins },
        });
        const { Credentials: credentials } = await client.send(command, options);
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
  const client =
    clients.get(key) ??
    new CognitoIdentityClient({
      region,
      ...(endpoint === undefined ? {} : { endpoint }),
      maxAttempts: 3,
      requestHandler: {
        handle: (request: SdkRequest, options: unknown) => {
          const { send, step } = options as CallOptions;
          return sendForSdk(send, request, { step });
        },
      },
    });
  clients.set(key, client);
  return client;
}

/** The SDK hands the options of a call to the request handler. */
type CallOptions = Parameters<CognitoIdentityClient["send"]>[1] & { send: Send; step: string };
