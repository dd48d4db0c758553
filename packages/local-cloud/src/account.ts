/**
 * The account and its deployed resources. CloudFormation writes them, and every service reads its own. Names follow the
 * CloudFormation resource types, with intrinsic functions resolved.
 */

/** An IAM policy document, as written in the template. */
export type PolicyDocument = Record<string, unknown>;

/** AWS::IAM::Role with its policies. */
export interface Role {
  arn: string;
  roleName: string;
  /** `AROA…`, the start of a session's `callerId`. */
  roleId: string;
  assumeRolePolicyDocument: PolicyDocument;
  /** Inline policies by name, including those of AWS::IAM::Policy. */
  policies: Map<string, PolicyDocument>;
  /** ARNs of AWS managed policies and of policies in `Account.managedPolicies`. */
  managedPolicyArns: string[];
}

/** AWS::IAM::ManagedPolicy. */
interface ManagedPolicy {
  arn: string;
  policyName: string;
  policyDocument: PolicyDocument;
}

/** AWS::Lambda::Function. */
export interface LambdaFunction {
  arn: string;
  functionName: string;
  /** `path/to/file.export` in the bundle. */
  handler: string;
  runtime: string;
  timeoutSeconds: number;
  memoryMb: number;
  environment: Record<string, string>;
  roleArn: string;
  /** The log group of the function. Default: `/aws/lambda/<name>`. */
  logGroup?: string | undefined;
  /** The zip archive. A new array means new code. */
  code: Uint8Array;
  /** AWS::Lambda::Permission statements by physical id. */
  permissions: Map<string, LambdaPermission>;
}

/** AWS::Lambda::Permission. */
export interface LambdaPermission {
  action: string;
  principal: string;
  /** ARN pattern with `*`; absent means any source. */
  sourceArn: string | undefined;
  /** `AWS_IAM` or `NONE`; absent means any. */
  functionUrlAuthType?: string | undefined;
  /** Only requests to the function's URL. */
  invokedViaFunctionUrl?: boolean | undefined;
}

/** AWS::Events::Rule. */
export interface EventRule {
  arn: string;
  name: string;
  /** `default`, or the name of another event bus, which nothing sends events to. */
  bus: string;
  /** Undefined for a rule that is disabled or has a schedule only. */
  pattern: Record<string, unknown> | undefined;
  /** Undefined for a rule that is disabled or has a pattern only. */
  schedule: RuleSchedule | undefined;
  targets: EventTarget[];
}

interface RuleSchedule {
  /** `rate(5 minutes)` or `cron(0 10 * * ? *)`. */
  expression: string;
  /** When the rule got it. */
  since: Date;
  /** When it is due next. */
  due: Date | undefined;
}

/** A target of a rule. It gets the event, or what one of the other members makes of it. */
export interface EventTarget {
  arn: string;
  /** JSON. */
  input?: string | undefined;
  /** `$.detail`. */
  inputPath?: string | undefined;
  inputTransformer?: { paths: Record<string, string>; template: string } | undefined;
}

/** AWS::Lambda::Url. */
export interface FunctionUrl {
  /** 32 letters and digits. */
  urlId: string;
  functionArn: string;
  authType: "AWS_IAM" | "NONE";
  corsConfiguration: CorsConfiguration | undefined;
}

/** AWS::ApiGatewayV2::Api, protocol HTTP. */
export interface HttpApi {
  apiId: string;
  name: string;
  /** Origin without a trailing slash: the attribute `ApiEndpoint`. */
  endpoint: string;
  corsConfiguration: CorsConfiguration | undefined;
  routes: Map<string, HttpRoute>;
  integrations: Map<string, HttpIntegration>;
  authorizers: Map<string, HttpAuthorizer>;
  /** By name. An API without a stage answers 404. */
  stages: Map<string, HttpStage>;
}

/** AWS::ApiGatewayV2::Stage. */
export interface HttpStage {
  /** DefaultRouteSettings: the limits of routes without their own. */
  defaultThrottle: Throttle;
  /** RouteSettings, by route key. */
  routeThrottles: Map<string, Throttle>;
}

/** The limits of a token bucket; Infinity for no limit. */
export interface Throttle {
  /** ThrottlingBurstLimit: the capacity of the bucket, in requests. */
  burst: number;
  /** ThrottlingRateLimit: requests a second that refill the bucket. */
  rate: number;
}

export const unthrottled: Throttle = { burst: Infinity, rate: Infinity };

export interface CorsConfiguration {
  AllowCredentials?: boolean;
  AllowHeaders?: string[];
  AllowMethods?: string[];
  AllowOrigins?: string[];
  ExposeHeaders?: string[];
  MaxAge?: number;
}

/** AWS::ApiGatewayV2::Route. */
export interface HttpRoute {
  routeId: string;
  /** `GET /private`, `ANY /{proxy+}` or `$default`. */
  routeKey: string;
  /** `NONE`, `AWS_IAM`, `JWT` or `CUSTOM`. */
  authorizationType: string;
  /** From `Target`, `integrations/<id>`. */
  integrationId: string | undefined;
  /** The authorizer of a `JWT` or `CUSTOM` route. */
  authorizerId: string | undefined;
  authorizationScopes: string[];
}

/** AWS::ApiGatewayV2::Authorizer. */
export interface HttpAuthorizer {
  authorizerId: string;
  name: string;
  /** `JWT` or `REQUEST`. */
  authorizerType: string;
  identitySource: string[];
  jwtConfiguration: { issuer: string; audience: string[] } | undefined;
  /** The Lambda authorizer's invocation ARN. */
  authorizerUri: string | undefined;
}

/** AWS::ApiGatewayV2::Integration. */
export interface HttpIntegration {
  integrationId: string;
  integrationType: string;
  /** The function's ARN for AWS_PROXY. */
  integrationUri: string;
  payloadFormatVersion: string;
  timeoutMs: number;
}

/** AWS::ApiGateway::RestApi with its resources and methods. */
export interface RestApi {
  apiId: string;
  name: string;
  /** Origin without a trailing slash. */
  endpoint: string;
  /** The resource `/`. */
  rootResourceId: string;
  /** By id, without the root. */
  resources: Map<string, { parentId: string; pathPart: string }>;
  /** By id. */
  methods: Map<string, RestMethod>;
  /** By id. Changes of methods do not reach them. */
  deployments: Map<string, RestDeployment>;
  /** The id of the deployment, by the stage's name. */
  stages: Map<string, string>;
}

/** AWS::ApiGateway::Method. */
export interface RestMethod {
  resourceId: string;
  /** `GET`, or `ANY`. */
  httpMethod: string;
  authorizationType: string;
  integration: HttpIntegration;
}

/** AWS::ApiGateway::Deployment: the routes as they were when it was created. */
export type RestDeployment = Pick<HttpApi, "routes" | "integrations">;

/** AWS::AppSync::GraphQLApi with its schema, data sources and resolvers. */
export interface GraphqlApi {
  apiId: string;
  name: string;
  /** `AWS_IAM`, `API_KEY`, …: the default one and the additional ones. */
  authenticationTypes: string[];
  /** In the schema definition language; undefined until a schema is deployed. */
  definition: string | undefined;
  /** The ARN of the function, by the data source's name. Undefined for a source without a function. */
  dataSources: Map<string, string | undefined>;
  /** The data source's name, by `Query.notes`. */
  resolvers: Map<string, string>;
}

/** AWS::IAM::OIDCProvider. */
export interface OidcProvider {
  arn: string;
  /** The issuer without `https://`: `my-tenant.eu.auth0.com`. */
  providerName: string;
  clientIds: string[];
  /** Stored but not verified: the provider on loopback has another certificate. */
  thumbprints: string[];
}

/** An app client of a user pool, in an identity pool. */
interface UserPoolProvider {
  /** `cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI`. */
  providerName: string;
  clientId: string;
  serverSideTokenCheck?: boolean;
}

/** How the claims of a provider's users choose their role: RoleMappings of AWS::Cognito::IdentityPoolRoleAttachment. */
export interface RoleMapping {
  type: "Token" | "Rules";
  /** The role when the claims choose none. */
  ambiguousRoleResolution: "AuthenticatedRole" | "Deny";
  /** In order; the first that matches counts. Empty for `Token`. */
  rules: MappingRule[];
}

export interface MappingRule {
  claim: string;
  matchType: "Equals" | "Contains" | "StartsWith" | "NotEqual";
  value: string;
  roleArn: string;
}

/** AWS::Cognito::IdentityPoolPrincipalTag: the claims that become session tags. */
export interface PrincipalTagMap {
  useDefaults: boolean;
  /** Claim by tag key. */
  principalTags: Record<string, string>;
}

/** AWS::Cognito::IdentityPool, as Create- and UpdateIdentityPool set it. */
export interface IdentityPoolSettings {
  identityPoolName: string;
  allowUnauthenticatedIdentities: boolean;
  /** Undefined when it was never set. GetOpenIdToken then works. */
  allowClassicFlow?: boolean | undefined;
  /** `{"api.twitter.com": "<consumer key>;<consumer secret>"}`, dynamic references resolved. */
  supportedLoginProviders: Record<string, string>;
  openIdConnectProviderArns: string[];
  /** User pools. */
  cognitoIdentityProviders: UserPoolProvider[];
  /** Recorded: logins of a developer's provider or of SAML are refused. */
  developerProviderName?: string | undefined;
  samlProviderArns?: string[];
}

/** An identity pool with its AWS::Cognito::IdentityPoolRoleAttachment. */
export interface IdentityPool extends IdentityPoolSettings {
  /** `us-east-1:<uuid>`. */
  identityPoolId: string;
  /** Role ARNs by `authenticated` and `unauthenticated`; undefined until a role attachment is deployed. */
  roles: Record<string, string> | undefined;
  /** By provider: `accounts.google.com`, `<user pool>:<app client>` or the ARN of an IAM provider. */
  roleMappings?: Record<string, RoleMapping>;
  /** By provider. */
  principalTagMaps?: Record<string, PrincipalTagMap>;
}

/** The account and its deployed resources. */
export interface Account {
  /** Twelve digits. */
  accountId: string;
  region: string;
  /** By ARN. */
  roles: Map<string, Role>;
  /** By ARN. */
  managedPolicies: Map<string, ManagedPolicy>;
  /** By ARN. */
  functions: Map<string, LambdaFunction>;
  /** By function ARN. */
  functionUrls: Map<string, FunctionUrl>;
  /** By ARN. */
  eventRules: Map<string, EventRule>;
  /** By API id. */
  httpApis: Map<string, HttpApi>;
  /** By API id. */
  restApis: Map<string, RestApi>;
  /** By API id. */
  graphqlApis: Map<string, GraphqlApi>;
  /** By pool id. */
  identityPools: Map<string, IdentityPool>;
  /** By ARN. */
  oidcProviders: Map<string, OidcProvider>;
}

export function createAccount(accountId: string, region: string): Account {
  return {
    accountId,
    region,
    roles: new Map(),
    managedPolicies: new Map(),
    functions: new Map(),
    functionUrls: new Map(),
    eventRules: new Map(),
    httpApis: new Map(),
    restApis: new Map(),
    graphqlApis: new Map(),
    identityPools: new Map(),
    oidcProviders: new Map(),
  };
}
