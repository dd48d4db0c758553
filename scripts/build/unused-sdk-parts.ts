/**
 * Takes the place of the SDK's parts that auth-cli does not run: its requests to Cognito are unsigned, and auth-cli sends
 * them itself.
 */
const unused = (): never => {
  throw new Error("auth-cli signs and sends no request with the AWS SDK");
};

/** `@aws-sdk/credential-provider-node` */
export const defaultProvider = () => unused;

/** `@smithy/signature-v4` */
export const SignatureV4 = unused;

/** `@smithy/credential-provider-imds` */
export const getInstanceMetadataEndpoint = unused;
export const httpRequest = unused;

/** `@smithy/node-http-handler`. The client always has a handler and returns bodies as bytes. */
export const NodeHttpHandler = { create: <T>(handler: T): T => handler };
export const streamCollector = unused;
