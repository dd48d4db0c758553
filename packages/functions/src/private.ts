import type {
  APIGatewayEventRequestContextV2,
  APIGatewayProxyEventV2WithRequestContext,
  APIGatewayProxyStructuredResultV2,
} from "aws-lambda";

/**
 * The caller of an HTTP API with AWS_IAM, when an identity pool issued its credentials. `@types/aws-lambda` declares
 * `cognitoIdentity` as null, which is true for all other credentials.
 */
interface CognitoIdentity {
  amr: string[];
  /** `us-east-1:<uuid>`. */
  identityId: string;
  identityPoolId: string;
}

/** A route without an authorizer has no `authorizer`. Other authorizers have other shapes. */
type RequestContext = APIGatewayEventRequestContextV2 & {
  authorizer?: { iam?: { cognitoIdentity?: CognitoIdentity | null } };
};

export type PrivateEvent = APIGatewayProxyEventV2WithRequestContext<RequestContext>;

/** `GET /private`: greets the caller by Cognito identity. */
export function handler(event: PrivateEvent): Promise<APIGatewayProxyStructuredResultV2> {
  const identityId = event.requestContext.authorizer?.iam?.cognitoIdentity?.identityId;
  // The types hold only while the route's authorizer is AWS_IAM.
  if (typeof identityId !== "string" || identityId === "") {
    return Promise.resolve({
      statusCode: 500,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        message:
          "The caller has no Cognito identity: the route does not use AWS_IAM, or the credentials are not from an identity pool.",
      }),
    });
  }
  return Promise.resolve({ statusCode: 200, body: `Hello ${identityId}!` });
}
