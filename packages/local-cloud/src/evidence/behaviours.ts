import { type Evidence, documented, ownLimit, recorded, reported, undocumented } from "./evidence.ts";

/** A limit or another behaviour that refuses no request. */
export interface Behaviour {
  /** A service or resource type. */
  subject: string;
  /** What the local cloud does. */
  does: string;
  evidence: Evidence;
}

/** docs/local-cloud.md lists them, and docs/unknown.md those that no source says. */
export const behaviours: readonly Behaviour[] = [
  {
    subject: "AWS::Lambda::Function",
    does: "Functions for nodejs16.x, nodejs18.x and python3.9 deploy.",
    evidence: undocumented(
      "From when on Lambda creates no functions for nodejs16.x, nodejs18.x and python3.9: AWS postponed it.",
      "aws lambda create-function --function-name x --runtime nodejs18.x --handler index.handler --role ROLE --zip-file fileb://x.zip",
    ),
  },
  {
    subject: "AWS::Lambda::Function",
    does: "All functions run on the Node.js that runs the local cloud, which says so at its start unless it is 22.",
    evidence: ownLimit,
  },
  {
    subject: "AWS::Lambda::Function",
    does: "`MemorySize` ends at 10240 MB for every function.",
    evidence: undocumented(
      "Whether Lambda takes more memory for a function with a `CapacityProviderConfig` only.",
      "aws lambda create-function --function-name x --memory-size 10241 --runtime nodejs22.x --handler index.handler --role ROLE --zip-file fileb://x.zip",
    ),
  },
  {
    subject: "AWS::Lambda::Permission",
    does: "`SourceAccount` and `PrincipalOrgID` are recorded only: there is one account.",
    evidence: ownLimit,
  },
  {
    subject: "AWS::DynamoDB::Table",
    does: "Keys, items, indexes, throughput and billing mode have an effect. Streams, time to live and backups are recorded only.",
    evidence: ownLimit,
  },
  {
    subject: "CloudFormation custom resource",
    does: "A function that fails without a response ends the wait for it. After one that ends without a response, the wait takes 60 seconds, unless `ServiceTimeout` says otherwise. Lambda does not try again.",
    evidence: ownLimit,
  },
  {
    subject: "CloudFormation custom resource",
    does: "A rollback sends `Update` with the old properties, or `Delete` for a new physical id, also after an update that has failed.",
    evidence: undocumented(
      "Which requests a rollback sends to a custom resource whose update has failed or has given another physical id.",
      "aws cloudformation update-stack --stack-name x --template-url https://s3.amazonaws.com/BUCKET/fails-after-custom-resource.json",
    ),
  },
  {
    subject: "CloudFormation custom resource",
    does: "Attributes that `NoEcho` marks are hidden in outputs, and other resources get their values.",
    evidence: undocumented(
      "Whether properties of other resources get the values of a custom resource with `NoEcho`, or asterisks.",
      "aws cloudformation create-stack --stack-name x --template-url https://s3.amazonaws.com/BUCKET/no-echo.json",
    ),
  },
  {
    subject: "CloudFormation nested stack",
    does: "What an update of a nested stack replaces is removed at the end of the parent's update.",
    evidence: documented(
      "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html",
    ),
  },
  {
    subject: "AWS::Events::Rule",
    does: "The targets are functions. The log names all others. Retries and dead-letter queues are recorded only.",
    evidence: ownLimit,
  },
  {
    subject: "AWS::Events::Rule",
    does: "A run that is more than a minute late is left out, for example after the computer slept.",
    evidence: ownLimit,
  },
  {
    subject: "AWS::Events::Rule",
    does: "`Ref` of a rule of another event bus is `<bus>|<rule>`.",
    evidence: reported("https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1131"),
  },
  {
    subject: "AWS::Events::Rule",
    does: "A range of a `cron` expression may go on at the start, as `FRI-MON` does.",
    evidence: undocumented(
      "Whether EventBridge takes a range that goes on at the start, such as `FRI-MON`.",
      'aws events put-rule --name x --schedule-expression "cron(0 12 ? * FRI-MON *)"',
    ),
  },
  {
    subject: "CloudWatch",
    does: "A metric keeps a day of minutes, and the account 2,000 metrics. Percentiles count at most 500 different values of a minute exactly.",
    evidence: ownLimit,
  },
  {
    subject: "CloudWatch",
    does: "Alarms are evaluated each full minute, by a sliding window. Alarms on metric math stay as they are, and composite alarms are recorded only.",
    evidence: ownLimit,
  },
  {
    subject: "CloudWatch",
    does: "An alarm looks back two periods more than its `EvaluationPeriods` for missing data, as in the example of the documentation.",
    evidence: undocumented(
      "How many periods before its `EvaluationPeriods` an alarm looks at when data are missing.",
      "aws cloudwatch describe-alarm-history --alarm-name x --history-item-type StateUpdate",
    ),
  },
  {
    subject: "CloudWatch",
    does: "The actions of alarms are functions. The log names all others.",
    evidence: ownLimit,
  },
  {
    subject: "AWS::IAM::Role",
    does: "`PermissionsBoundary` is recorded only, so a role may do here what its boundary forbids there.",
    evidence: ownLimit,
  },
  {
    subject: "AWS::IAM::Role",
    does: "The refusal of a trust policy for Cognito without `aud` names the condition key that is missing.",
    evidence: undocumented(
      "The words in which IAM refuses a trust policy for Cognito without a condition on `aud`.",
      "aws iam create-role --role-name x --assume-role-policy-document file://trust.json",
    ),
  },
  {
    subject: "AWS::ApiGatewayV2::Api",
    does: "`DisableExecuteApiEndpoint` is recorded only, because an API here has no other endpoint.",
    evidence: ownLimit,
  },
  {
    subject: "AWS::ApiGatewayV2::Route",
    does: "The refusal of a greedy path variable before the end of the path names the variable.",
    evidence: undocumented(
      "The words in which API Gateway refuses `GET /{proxy+}/x`.",
      "aws apigatewayv2 create-route --api-id API --route-key 'GET /{proxy+}/x'",
    ),
  },
  {
    subject: "AWS::ApiGatewayV2::Route",
    does: "`GET /{a}` and `GET /{b}` deploy together, and the one that was created first takes the requests.",
    evidence: undocumented(
      "Whether API Gateway refuses two routes that differ in the name of a variable only.",
      "aws apigatewayv2 create-route --api-id API --route-key 'GET /{b}'",
    ),
  },
  {
    subject: "X",
    does: "A protocol parameter in the header and again in the query or body is taken once, in the base string too. The last one counts.",
    evidence: reported("https://github.com/twitter/joauth"),
  },
  {
    subject: "X",
    does: "`oauth_version` may be `1.0`, `1.0a`, `1.0A`, empty or missing.",
    evidence: reported("https://github.com/twitter/joauth"),
  },
  {
    subject: "X",
    does: "`oauth_signature_method` may be HMAC-SHA256.",
    evidence: reported("https://github.com/twitter/joauth"),
  },
  {
    subject: "X",
    does: "`request_token` and `access_token` may be called by GET.",
    evidence: reported("https://github.com/ryanmcgrath/twython"),
  },
  {
    subject: "X",
    does: "`access_token` needs no signature, only the request token and its verifier.",
    evidence: documented("https://docs.x.com/resources/fundamentals/authentication/api-reference"),
  },
  {
    subject: "X",
    does: "`access_token` verifies a signature that is sent.",
    evidence: undocumented(
      "Whether `access_token`, which needs no signature, verifies one that is sent.",
      'curl -X POST -H "Authorization: OAuth oauth_consumer_key=\\"$KEY\\", oauth_token=\\"$TOKEN\\", oauth_signature_method=\\"HMAC-SHA1\\", oauth_timestamp=\\"$(date +%s)\\", oauth_nonce=\\"1\\", oauth_signature=\\"wrong\\"" "https://api.x.com/oauth/access_token?oauth_verifier=$PIN"',
    ),
  },
  {
    subject: "X",
    does: "An account without credits gets 402 for OAuth requests too.",
    evidence: undocumented(
      "Whether OAuth requests of an account without credits get 402, as those of X's API v2 do.",
      "auth-cli login --no-browser",
    ),
  },
  {
    subject: "X",
    does: "`access_token` may be signed with the consumer secret alone.",
    evidence: reported("https://github.com/draftbit/twitter-lite"),
  },
  {
    subject: "X",
    does: "An empty `x_auth_access_type` counts as none.",
    evidence: reported("https://www.npmjs.com/package/node-twitter-api"),
  },
  {
    subject: "X",
    does: "A request token expires after 15 minutes and after 5 wrong PINs.",
    evidence: undocumented(
      "How long a request token lives, and how many wrong PINs it survives.",
      "auth-cli login --no-browser",
    ),
  },
  {
    subject: "Cognito Identity",
    does: "The third `amr` value of an OpenID Connect login has the form of Twitter's.",
    evidence: undocumented(
      "The third `amr` value of an OpenID Connect login.",
      "aws cognito-identity get-open-id-token --identity-id ID --logins PROVIDER=ID_TOKEN --query Token --output text | cut -d. -f2 | base64 -d",
    ),
  },
  {
    subject: "Cognito Identity",
    does: "The `amr` values are those of the request's logins, not of all logins of the identity.",
    evidence: undocumented(
      "The `amr` values of an identity with several logins when the request has one of them.",
      "aws cognito-identity get-open-id-token --identity-id ID --logins PROVIDER=ID_TOKEN --query Token --output text | cut -d. -f2 | base64 -d",
    ),
  },
  {
    subject: "Cognito Identity",
    does: "A rule or principal tag compares each item of a claim that is a list, such as `cognito:groups`.",
    evidence: undocumented(
      "How a role mapping rule compares a claim that is a list.",
      "aws cognito-identity get-credentials-for-identity --identity-id ID --logins 'USER_POOL=ID_TOKEN'",
    ),
  },
  {
    subject: "Cognito Identity",
    does: "A pool without `AllowClassicFlow` allows the classic flow.",
    evidence: reported("https://github.com/aws/aws-cli/issues/7652"),
  },
  {
    subject: "Cognito Identity",
    does: "The default principal tags are `client` from `aud` and `username` from `sub`. The role must trust `sts:TagSession`.",
    evidence: documented("https://docs.aws.amazon.com/cognito/latest/developerguide/provider-mappings.html"),
  },
  {
    subject: "Cognito Identity",
    does: "A guest of the enhanced flow has two session policies in addition to its role. They allow `execute-api`.",
    evidence: documented(
      "https://docs.aws.amazon.com/cognito/latest/developerguide/iam-roles.html#access-policies-scope-down-services",
    ),
  },
  {
    subject: "Cognito Identity",
    does: "Every page may read a response, and an error with `x-amzn-errortype` and `x-amzn-errormessage`.",
    evidence: recorded("https://github.com/aws-amplify/amplify-js/issues/2443"),
  },
  {
    subject: "STS",
    does: "Every page may read a response.",
    evidence: reported("https://github.com/aws-observability/aws-rum-web"),
  },
  {
    subject: "STS",
    does: "An HTTP API gives a Lambda function the identity of a session of the classic flow.",
    evidence: undocumented(
      "Whether `cognitoIdentity` in the event is there for a session of AssumeRoleWithWebIdentity.",
      'curl -i --aws-sigv4 aws:amz:us-east-1:execute-api --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" -H "x-amz-security-token: $AWS_SESSION_TOKEN" $API_URL/private',
    ),
  },
  {
    subject: "HTTP APIs",
    does: "A session token may be sent unsigned, in a header or in the query.",
    evidence: reported("https://github.com/kndt84/aws-api-gateway-client"),
  },
  {
    subject: "HTTP APIs",
    does: "A presigned URL without `X-Amz-Expires` is refused. `auth-cli local --presign-expires 5m` accepts it for five minutes.",
    evidence: undocumented(
      "Whether a presigned URL needs `X-Amz-Expires`, and how long it is valid without.",
      'curl -i "$PRESIGNED_URL"',
    ),
  },
  {
    subject: "HTTP APIs",
    does: "Query bytes that are not UTF-8 are signed as they are.",
    evidence: documented(
      "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html",
    ),
  },
  {
    subject: "HTTP APIs",
    does: "Two `Cookie` headers are joined by `; `, for the signature too.",
    evidence: documented("https://www.rfc-editor.org/rfc/rfc9113.html#section-8.2.3"),
  },
  {
    subject: "HTTP APIs",
    does: "An event that is too large for Lambda answers 413, and a result that is too large 500.",
    evidence: undocumented(
      "The answers to an event or a result that is too large for Lambda.",
      "head -c 7000000 /dev/zero | curl -i --data-binary @- $API_URL/public",
    ),
  },
  {
    subject: "HTTP APIs",
    does: "What a streaming handler writes is the result as a whole. It answers 500 unless it is JSON.",
    evidence: undocumented(
      "The answer to a streaming handler that writes other than JSON.",
      "curl -i $API_URL/streaming",
    ),
  },
  {
    subject: "HTTP APIs",
    does: "CORS answers a preflight only after the authorizer of the route, `ANY`, `$default` or `OPTIONS`.",
    evidence: reported("https://github.com/anomalyco/sst/issues/5493"),
  },
  {
    subject: "HTTP APIs",
    does: "A body is text for `text/*` and JSON, XML or JavaScript in `application/`. All others, and one without a type, are base64.",
    evidence: reported("https://github.com/ministackorg/ministack/pull/766"),
  },
  {
    subject: "HTTP APIs",
    does: "In a response, `cookies` come before a `set-cookie` header.",
    evidence: reported("https://github.com/ministackorg/ministack/pull/758"),
  },
  {
    subject: "HTTP APIs",
    does: 'An unknown key, an expired token and a denied policy answer 403 `{"message":"Forbidden"}`.',
    evidence: undocumented(
      "The exact body of a 403 for an unknown key, an expired token or a denied policy.",
      "curl -i --aws-sigv4 aws:amz:us-east-1:execute-api --user AKIAIOSFODNN7EXAMPLE:secret $API_URL/private",
    ),
  },
  {
    subject: "HTTP APIs",
    does: "Throttling counts every request that matches a route, before authorization.",
    evidence: undocumented(
      "Whether throttling counts requests that the authorizer refuses.",
      "for i in $(seq 100); do curl -so /dev/null -w '%{http_code}\\n' $API_URL/private; done",
    ),
  },
  {
    subject: "HTTP APIs",
    does: "An integration that exceeds its timeout answers 503 `Service Unavailable`.",
    evidence: reported("https://github.com/anomalyco/sst/issues/2232"),
  },
  {
    subject: "Lambda",
    does: "A result of more than 6,291,556 bytes as JSON is `Function.ResponseSizeTooLarge`.",
    evidence: recorded("https://github.com/DataBiosphere/azul/issues/8258"),
  },
  {
    subject: "Lambda",
    does: "The working directory is the folder of the unpacked bundle, which `LAMBDA_TASK_ROOT` names. It is not `/var/task`.",
    evidence: documented("https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"),
  },
  {
    subject: "Lambda",
    does: "A function whose role lacks `logs:CreateLogStream` or `logs:PutLogEvents` on its log runs, and its embedded metrics are lost. The terminal shows what it prints, and says so. `logs:CreateLogGroup` is not checked.",
    evidence: documented("https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html"),
  },
  {
    subject: "Lambda",
    does: "Functions have the runtime's variables, and `_X_AMZN_TRACE_ID` of each request. Nothing listens at `AWS_LAMBDA_RUNTIME_API` and `AWS_XRAY_DAEMON_ADDRESS`.",
    evidence: documented("https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"),
  },
  {
    subject: "Lambda",
    does: "`awslambda.streamifyResponse` and `awslambda.HttpResponseStream` exist.",
    evidence: documented("https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html"),
  },
  {
    subject: "AWS IoT",
    does: "A client whose policies do not allow what it does is disconnected without a reply.",
    evidence: reported("https://github.com/aws/aws-iot-device-sdk-js/issues/125"),
  },
  {
    subject: "AWS IoT",
    does: "A message that a client's policies do not allow it to receive is not delivered. The connection stays.",
    evidence: reported("https://www.raviyenduri.com/blog/aws-iot-receive-subscribe"),
  },
  {
    subject: "AWS IoT",
    does: "The session token of a WebSocket URL is added after signing.",
    evidence: documented("https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html"),
  },
  {
    subject: "AWS IoT",
    does: "A WebSocket URL without `X-Amz-Expires` is valid for five minutes.",
    evidence: undocumented(
      "How long a WebSocket URL without `X-Amz-Expires` is valid.",
      'sleep 360; curl -i -H "Connection: Upgrade" -H "Upgrade: websocket" "$WEBSOCKET_URL"',
    ),
  },
  {
    subject: "AWS IoT",
    does: "A message has up to 1 MiB. AWS allows 128 KB.",
    evidence: ownLimit,
  },
  {
    subject: "AWS IoT",
    does: "A packet at QoS 2 ends the connection. AWS does not answer it.",
    evidence: ownLimit,
  },
  {
    subject: "AWS IoT",
    does: "The keepalive of a client is not enforced.",
    evidence: ownLimit,
  },
  {
    subject: "Function URLs",
    does: "An unsigned request and a caller without permission get 403 `Forbidden. For troubleshooting …`.",
    evidence: reported("https://github.com/aws/agent-toolkit-for-aws/pull/250"),
  },
  {
    subject: "Function URLs",
    does: "A caller needs `lambda:InvokeFunctionUrl` and `lambda:InvokeFunction`.",
    evidence: documented("https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"),
  },
  {
    subject: "Function URLs",
    does: "A signature for another service or region is refused as `InvalidSignatureException`, with the right service.",
    evidence: undocumented(
      "The words of a function URL for a signature with the wrong service or region.",
      "auth-cli call / --endpoint $FUNCTION_URL --service execute-api",
    ),
  },
  {
    subject: "Function URLs",
    does: "A function that throws, times out or returns no response answers 502 `Internal Server Error`.",
    evidence: undocumented(
      "The status and body of a function URL whose function times out.",
      "auth-cli call / --endpoint $FUNCTION_URL --include",
    ),
  },
  {
    subject: "AppSync",
    does: "Unknown credentials are refused as `UnrecognizedClientException`.",
    evidence: reported("https://github.com/aws-amplify/amplify-js/issues/3447"),
  },
  {
    subject: "AppSync",
    does: "A field that no policy allows answers 401 `Permission denied`; a request without a signature 401 `Valid authorization header not provided.`",
    evidence: undocumented(
      "The status and words of AppSync over HTTP for a denied `appsync:GraphQL` and for an unsigned request.",
      'auth-cli call /graphql -d \'{"query": "{ __typename }"}\' --endpoint $GRAPHQL_URL --unsigned',
    ),
  },
];
