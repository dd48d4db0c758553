import { lambdaRole } from "@api-auth-twitter/test-support/templates";
import type { resourceRefusals } from "../../src/cloudformation/resource-types/resource-refusals.ts";
import type { stackRefusals, templateRefusals } from "../../src/cloudformation/stack-refusals.ts";
import type { StackInput } from "../../src/cloudformation/stacks/stack.ts";
import { createStacksFixture, type StacksFixture } from "../stacks-fixture.ts";
import { refusedTemplate, type RefusalCase, type RefusalCases } from "./refusal-case.ts";

const parameter = (properties: object = {}) => ({
  Type: "AWS::SSM::Parameter",
  Properties: { Type: "String", Value: "value", ...properties },
});
const Resources = { Parameter: parameter() };
const role = lambdaRole();

/** A request that is refused after others. */
const refused = (says: string, run: (fixture: StacksFixture) => unknown): RefusalCase => ({
  says,
  run: () => run(createStacksFixture()),
});
const refusedStack = (says: string, template: object, input: Partial<StackInput> = {}): RefusalCase =>
  refused(says, async (fixture) => fixture.events(await fixture.deploy(template, input)).join("\n"));

const exporting = (name: string, value = "one") => ({
  Resources,
  Outputs: { Out: { Value: value, Export: { Name: name } } },
});
const importing = { Resources: { Parameter: parameter({ Value: { "Fn::ImportValue": "shared" } }) } };

export const stackCases: RefusalCases<typeof stackRefusals> = {
  stackName: refusedStack(
    "Value 'a_b' at 'stackName' failed to satisfy constraint",
    { Resources },
    {
      stackName: "a_b",
    },
  ),
  nameTaken: refused("Stack [test] already exists", async (fixture) => {
    const input: StackInput = {
      stackName: "test",
      templateBody: JSON.stringify({ Resources }),
      parameters: [],
      tags: undefined,
      capabilities: [],
      roleArn: undefined,
      clientRequestToken: undefined,
    };
    await fixture.stacks.create(input);
    await fixture.stacks.settled();
    await fixture.stacks.create(input);
  }),
  missing: refused("Stack with id gone does not exist", ({ stacks }) => stacks.get("gone").stackName),
  noUpdates: refused("No updates are to be performed.", async (fixture) => {
    await fixture.deploy({ Resources });
    await fixture.deploy({ Resources });
  }),
  state: refused("is in ROLLBACK_COMPLETE state and can not be updated.", async (fixture) => {
    await fixture.deploy({ Resources: { Parameter: parameter({ Type: "SecureString" }) } });
    await fixture.deploy({ Resources });
  }),
  rollback: refused("not supported for stack [test] in status [CREATE_COMPLETE]", async (fixture) => {
    await fixture.deploy({ Resources });
    await fixture.stacks.rollBack("test");
  }),
  protection: refused(
    "Stack [test] cannot be deleted while TerminationProtection is enabled",
    async (fixture) => {
      const stack = await fixture.deploy({ Resources });
      stack.terminationProtection = true;
      await fixture.stacks.remove("test", [], undefined);
    },
  ),
  capabilities: refusedStack(
    "Requires capabilities : [CAPABILITY_IAM]",
    { Resources: { Role: role } },
    {
      capabilities: [],
    },
  ),
  exportTaken: refused("Export with name shared is already exported by stack other", async (fixture) => {
    await fixture.deploy(exporting("shared"), { stackName: "other" });
    return fixture.events(await fixture.deploy(exporting("shared"))).join("\n");
  }),
  exportInUse: refused("Export shared cannot be updated as it is in use by importer", async (fixture) => {
    await fixture.deploy(exporting("shared"));
    await fixture.deploy(importing, { stackName: "importer" });
    return fixture.events(await fixture.deploy(exporting("shared", "two"))).join("\n");
  }),
  noExport: refusedStack("No export named shared found.", importing),
  unknownParameters: refusedStack(
    "Parameters: [Unknown] do not exist in the template",
    { Resources },
    {
      parameters: [{ key: "Unknown", value: "", usePreviousValue: false }],
    },
  ),
  missingParameters: refusedStack("Parameters: [Name] must have values", {
    Parameters: { Name: { Type: "String" } },
    Resources,
  }),
};

export const templateCases: RefusalCases<typeof templateRefusals> = {
  section: refusedStack("Invalid template property or properties [Resource]", { Resource: {}, Resources }),
  noResources: refusedStack("At least one Resources member must be defined.", { Resources: {} }),
  resourceAttribute: refusedTemplate("Invalid template resource property 'Property' [/Resources/Parameter]", {
    Parameter: { ...parameter(), Property: {} },
  }),
  typeName: refusedTemplate("Unrecognized resource types: [AWS::SSM]", {
    Parameter: { ...parameter(), Type: "AWS::SSM" },
  }),
  references: refusedTemplate("Unresolved resource dependencies [Gone] in the Resources block", {
    Parameter: { ...parameter(), DependsOn: "Gone" },
  }),
  circle: refusedTemplate("Circular dependency between resources: [A, B]", {
    A: { ...parameter(), DependsOn: "B" },
    B: { ...parameter(), DependsOn: "A" },
  }),
  rule: refusedStack("Template validation error: Rule Never: no", {
    Rules: { Never: { Assertions: [{ Assert: { "Fn::Equals": ["a", "b"] }, AssertDescription: "no" }] } },
    Resources,
  }),
  logicalId: refusedTemplate("Resources name a-b is non alphanumeric.", { "a-b": parameter() }),
  noType: refusedTemplate("[/Resources/Parameter] Every Resources object must contain a Type member.", {
    Parameter: { Properties: {} },
  }),
  condition: refusedTemplate("Unresolved condition dependency Gone in the template", {
    Parameter: { ...parameter(), Condition: "Gone" },
  }),
  mapping: refusedTemplate("Unable to get mapping for Map::us-east-1::Name", {
    Parameter: parameter({ Value: { "Fn::FindInMap": ["Map", { Ref: "AWS::Region" }, "Name"] } }),
  }),
  attribute: refusedTemplate("resource First does not support attribute type Name in Fn::GetAtt", {
    First: parameter(),
    Second: parameter({ Value: { "Fn::GetAtt": ["First", "Name"] } }),
  }),
  constraint: refusedStack(
    "Parameter 'Stage' must be one of AllowedValues",
    { Parameters: { Stage: { Type: "String", AllowedValues: ["prod"] } }, Resources },
    { parameters: [{ key: "Stage", value: "dev", usePreviousValue: false }] },
  ),
  function: refusedTemplate("the local cloud does not support Fn::Length", {
    Parameter: parameter({ Value: { "Fn::Length": [] } }),
  }),
  transform: refusedStack("does not support macros: the template has the Transform", {
    Transform: "AWS::Serverless-2016-10-31",
    Resources,
  }),
};

export const resourceCases: RefusalCases<typeof resourceRefusals> = {
  schema: refusedTemplate("#: extraneous key [Values] is not permitted", {
    Parameter: parameter({ Values: "x" }),
  }),
  empty: refusedTemplate("Property Name cannot be empty.", {
    Api: { Type: "AWS::ApiGatewayV2::Api", Properties: { ProtocolType: "HTTP" } },
  }),
  shape: refusedTemplate("Property Policies must be a list of objects.", {
    Role: { ...role, Properties: { ...role.Properties, Policies: ["policy"] } },
  }),
  serviceToken: refusedTemplate("Invalid service token: no function gone exists.", {
    Uploader: { Type: "Custom::SourcemapUploader", Properties: { ServiceToken: "gone" } },
  }),
  nameTaken: refusedTemplate("Log group logs already exists.", {
    First: { Type: "AWS::Logs::LogGroup", Properties: { LogGroupName: "logs" } },
    Second: { Type: "AWS::Logs::LogGroup", Properties: { LogGroupName: "logs" }, DependsOn: "First" },
  }),
  parameterType: refusedTemplate("supports the types String and StringList, not SecureString", {
    Parameter: parameter({ Type: "SecureString" }),
  }),
  secretTemplate: refusedTemplate("must be specified together", {
    R: {
      Type: "AWS::SecretsManager::Secret",
      Properties: { GenerateSecretString: { GenerateStringKey: "password" } },
    },
  }),
  twoSecrets: refusedTemplate("You can't specify both SecretString and GenerateSecretString.", {
    Secret: {
      Type: "AWS::SecretsManager::Secret",
      Properties: { SecretString: "x", GenerateSecretString: {} },
    },
  }),
  type: refusedTemplate("The local cloud does not support the resource type AWS::SQS::Queue.", {
    Queue: { Type: "AWS::SQS::Queue" },
  }),
};
