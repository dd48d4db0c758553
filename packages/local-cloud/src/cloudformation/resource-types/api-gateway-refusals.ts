import { documented, ownLimit, recorded, reported } from "../../evidence/evidence.ts";
import { defineRefusals } from "../../evidence/refusal.ts";
import { ResourceError } from "./resource-error.ts";

const reference = "https://docs.aws.amazon.com/apigateway/latest/api";

const conflict = (message: string): ResourceError =>
  new ResourceError(`${message} (Service: ApiGateway, Status Code: 409)`);

export const restApiRefusals = defineRefusals("AWS::ApiGateway::RestApi", {
  property: {
    refuses: "`Body`, `BodyS3Location`, `CloneFrom` and `Policy`",
    evidence: ownLimit,
    error: (name: string) =>
      new ResourceError(`The local cloud does not support the property ${name} of AWS::ApiGateway::RestApi.`),
  },
  missing: {
    refuses: "a resource, method, deployment or stage of an API that does not exist",
    evidence: documented(`${reference}/API_GetRestApi.html`),
    error: () =>
      new ResourceError("Invalid API identifier specified (Service: ApiGateway, Status Code: 404)"),
  },
});

export const restResourceRefusals = defineRefusals("AWS::ApiGateway::Resource", {
  pathPart: {
    refuses:
      "a `PathPart` with other characters than letters, digits and `._-:`, and braces around a parameter",
    evidence: reported("https://github.com/awslabs/aws-api-gateway-developer-portal/issues/424"),
    error: () =>
      new ResourceError(
        "Resource's path part only allow a-zA-Z0-9._-: and curly braces at the beginning and the end. (Service: ApiGateway, Status Code: 400)",
      ),
  },
  taken: {
    refuses: "a `PathPart` that another resource of the parent has",
    evidence: reported("https://github.com/serverless/serverless/issues/2730"),
    error: (pathPart: string) =>
      conflict(`Another resource with the same parent already has this name: ${pathPart}`),
  },
  sibling: {
    refuses: "two parameters below one parent, such as `{id}` and `{name}`",
    evidence: recorded("https://github.com/serverless-nextjs/serverless-next.js/issues/206"),
    error: (sibling: string) =>
      new ResourceError(
        `A sibling (${sibling}) of this resource already has a variable path part -- only one is allowed (Service: ApiGateway, Status Code: 400)`,
      ),
  },
});

export const restDeploymentRefusals = defineRefusals("AWS::ApiGateway::Deployment", {
  empty: {
    refuses: "a deployment of an API without methods",
    evidence: reported("https://github.com/aws-amplify/amplify-flutter/issues/5913"),
    error: () =>
      new ResourceError("The REST API doesn't contain any methods (Service: ApiGateway, Status Code: 400)"),
  },
});

export const restStageRefusals = defineRefusals("AWS::ApiGateway::Stage", {
  taken: {
    refuses: "a `StageName` that the API has",
    evidence: documented(`${reference}/API_CreateStage.html`),
    error: () => conflict("Stage already exists"),
  },
});
