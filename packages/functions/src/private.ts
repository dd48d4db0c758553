import type {
  APIGatewayEventRequestContextV2,
  APIGatewayProxyEventV2WithRequestContext,
  APIGatewayProxyStructuredResultV2,
} from "aws-lambda";

/**
 * What an HTTP API with AWS_IAM says about a caller who has the credentials of an identity pool. `@types/aws-lambda`
 * declares `cognitoIdentity` as null, which it is for callers with any other credentials.
 */
interface CognitoIdentity {
  amr: string[];
  /** `us-east-1:<uuid>`. */
  identityId: string;
  identityPoolId: string;
}

/** `authorizer` is missing where the route has none, and of another shape where it has another. */
type RequestContext = APIGatewayEventRequestContextV2 & {
  authorizer?: { iam?: { cognitoIdentity?: CognitoIdentity | null } };
};

export type PrivateEvent = APIGatewayProxyEventV2WithRequestContext<RequestContext>;

/** `GET /private`: greets the caller by Cognito identity. */
export function handler(event: PrivateEvent): Promise<APIGatewayProxyStructuredResultV2> {
  const identityId = event.requestContext.authorizer?.iam?.cognitoIdentity?.identityId;
  // The types above are a promise of API Gateway's, kept only as long as the route's authorizer is AWS_IAM.
  if (typeof identityId !== "string" || identityId === "") {
    return Promise.resolve({
      statusCode: 500,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        message:
          "The caller has no Cognito identity: the route is not behind AWS_IAM, or the request was signed with credentials that no identity pool gave.",
      }),
    });
  }
  return Promise.resolve({ statusCode: 200, body: `Hello ${identityId}!` });
}
