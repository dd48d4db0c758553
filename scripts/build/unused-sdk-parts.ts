/**
 * Takes the place of the SDK's parts that auth-cli does not need: its requests to Cognito are unsigned, and auth-cli sends
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

/** `@smithy/node-http-handler`. auth-cli has a request handler of its own, which returns bodies as bytes. */
export const NodeHttpHandler = { create: <T>(handler: T): T => handler };
export const streamCollector = unused;

/** Middleware for logs, for the user agent, which auth-cli sets itself, and for calls between Lambda functions. */
const plugin = () => ({ applyToStack() {} });
export const getLoggerPlugin = plugin;
export const getRecursionDetectionPlugin = plugin;
export const getUserAgentPlugin = plugin;
export const resolveUserAgentConfig = <T>(config: T): T => config;
export const createDefaultUserAgentProvider = plugin;
export const NODE_APP_ID_CONFIG_OPTIONS = {};

/** `@smithy/node-config-provider`, without the deployer's AWS files: they must not choose where a login's token goes. */
export const loadConfig =
  ({ environmentVariableSelector: select, default: value }: ConfigSelectors) =>
  async (): Promise<unknown> =>
    select(process.env) ?? (typeof value === "function" ? (value as () => unknown)() : value);

interface ConfigSelectors {
  environmentVariableSelector: (variables: NodeJS.ProcessEnv) => unknown;
  /** A value, or a function that returns it. */
  default: unknown;
}
