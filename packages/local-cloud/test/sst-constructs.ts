/** A construct of SST 2.49.8, as an app uses it, and the types that the local cloud records for it. */
export interface SstConstruct {
  name: string;
  /** In the scope of a stack, with `sst` for SST's constructs and `handler` for a function. */
  code: string;
  /** In alphabetical order. Their names in the warning, without how many there are. */
  recorded: readonly string[];
}

const mapping = "AWS::Lambda::EventSourceMapping";

/** docs/local-cloud.md lists them, and sst-constructs.e2e.test.ts deploys them. */
export const sstConstructs: readonly SstConstruct[] = [
  {
    name: "ApiGatewayV1Api",
    code: 'new sst.ApiGatewayV1Api(stack, "Rest", { routes: { "GET /a": handler } });',
    recorded: [],
  },
  {
    name: "AppSyncApi",
    code: 'new sst.AppSyncApi(stack, "Graph", { schema: "schema.graphql", resolvers: { "Query hello": handler } });',
    recorded: [],
  },
  {
    name: "Auth",
    code: 'new sst.Auth(stack, "Login", { authenticator: { handler } }).attach(stack, { api: new sst.Api(stack, "LoginApi") });',
    recorded: [],
  },
  {
    name: "Bucket",
    code: 'new sst.Bucket(stack, "Files", { notifications: { added: { function: handler, events: ["object_created"] } } });',
    recorded: ["Custom::S3BucketNotifications"],
  },
  {
    name: "Config",
    code: 'new sst.Config.Parameter(stack, "Setting", { value: "x" }); new sst.Config.Secret(stack, "Hidden");',
    recorded: [],
  },
  {
    name: "Cron",
    code: 'new sst.Cron(stack, "Daily", { schedule: "rate(1 day)", job: handler });',
    recorded: [],
  },
  {
    name: "EventBus",
    code: 'new sst.EventBus(stack, "Bus", { rules: { all: { pattern: { source: ["app"] }, targets: { target: handler } } } });',
    recorded: ["AWS::Events::EventBus"],
  },
  {
    name: "Function",
    code: 'new sst.Function(stack, "Url", { handler, url: true });',
    recorded: [],
  },
  {
    name: "Job",
    code: 'new sst.Job(stack, "Job", { runtime: "nodejs", handler });',
    recorded: ["AWS::CodeBuild::Project"],
  },
  {
    name: "KinesisStream",
    code: 'new sst.KinesisStream(stack, "Stream", { consumers: { consumer: handler } });',
    recorded: ["AWS::Kinesis::Stream", mapping],
  },
  {
    name: "Queue",
    code: 'new sst.Queue(stack, "Queue", { consumer: handler });',
    recorded: [mapping, "AWS::SQS::Queue"],
  },
  {
    name: "RDS",
    code: 'new sst.RDS(stack, "Db", { engine: "postgresql11.13", defaultDatabaseName: "db" });',
    recorded: [
      "AWS::EC2::InternetGateway",
      "AWS::EC2::Route",
      "AWS::EC2::RouteTable",
      "AWS::EC2::SecurityGroup",
      "AWS::EC2::Subnet",
      "AWS::EC2::SubnetRouteTableAssociation",
      "AWS::EC2::VPC",
      "AWS::EC2::VPCGatewayAttachment",
      "AWS::RDS::DBCluster",
      "AWS::RDS::DBSubnetGroup",
      "AWS::SecretsManager::SecretTargetAttachment",
    ],
  },
  {
    name: "Script",
    code: 'new sst.Script(stack, "Script", { onCreate: handler });',
    recorded: [],
  },
  {
    name: "StaticSite",
    code: 'new sst.StaticSite(stack, "Site", { path: "site" });',
    recorded: [
      "AWS::CloudFront::CloudFrontOriginAccessIdentity",
      "AWS::CloudFront::Distribution",
      "AWS::CloudFront::Function",
      "Custom::CloudFrontInvalidator",
    ],
  },
  {
    name: "Table",
    code: 'new sst.Table(stack, "Table", { fields: { id: "string" }, primaryIndex: { partitionKey: "id" }, stream: true, consumers: { consumer: handler } });',
    recorded: [mapping],
  },
  {
    name: "Topic",
    code: 'new sst.Topic(stack, "Topic", { subscribers: { function: handler, queue: new sst.Queue(stack, "Subscriber") } });',
    recorded: ["AWS::SNS::Subscription", "AWS::SNS::Topic", "AWS::SQS::Queue", "AWS::SQS::QueuePolicy"],
  },
  {
    name: "WebSocketApi",
    code: 'new sst.WebSocketApi(stack, "Socket", { routes: { $connect: handler } });',
    recorded: [
      "AWS::ApiGatewayV2::Api",
      "AWS::ApiGatewayV2::Integration",
      "AWS::ApiGatewayV2::Route",
      "AWS::ApiGatewayV2::Stage",
    ],
  },
];
