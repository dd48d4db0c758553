import type * as sdk from "@aws-sdk/client-cloudformation";
import type { Account } from "../account.ts";
import type { QueryParameters, QueryRequest } from "../aws/query-protocol.ts";
import { findOperation, ServiceError } from "../aws/service-error.ts";
import type { Buckets } from "../s3/buckets.ts";
import type { ParameterInput } from "./template/parameters.ts";
import type { ChangeSet } from "./stacks/change-sets.ts";
import type { Stack, StackInput, StackResource, Tag } from "./stacks/stack.ts";
import type { Stacks } from "./stacks/stacks.ts";
import {
  describeChangeSet,
  describeEvent,
  describeResource,
  describeStack,
  summarizeChangeSet,
  summarizeStack,
  summarizeTemplate,
} from "./describe.ts";
import { validationError } from "./validation-error.ts";

export const cloudFormationNamespace = "http://cloudformation.amazonaws.com/doc/2010-05-15/";

type Action = (parameters: QueryParameters) => object;

/**
 * The CloudFormation actions that sst, cdk and the aws CLI use.
 * {@link https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html}
 */
export function createCloudFormation({
  account: { region, accountId },
  stacks,
  buckets,
}: {
  account: Pick<Account, "region" | "accountId">;
  stacks: Stacks;
  buckets: Buckets;
}): {
  handle(parameters: QueryParameters): Promise<object>;
  /** The stack that policies for a request name. */
  resourceArn(parameters: QueryParameters): string;
} {
  const templateBody = (parameters: QueryParameters<"TemplateURL" | "TemplateBody">): string | undefined => {
    const url = parameters.text("TemplateURL");
    return url === undefined ? parameters.text("TemplateBody") : readTemplate(url, buckets);
  };

  const stackInput = (
    parameters: QueryRequest<sdk.CreateStackInput & sdk.UpdateStackInput & sdk.CreateChangeSetInput>,
  ): StackInput => {
    const body = templateBody(parameters);
    if (body === undefined && !parameters.flag("UsePreviousTemplate")) {
      throw validationError("Either Template URL or Template Body must be specified.");
    }
    return {
      stackName: required(parameters, "StackName"),
      templateBody: body,
      parameters: parameters.records("Parameters").map((record): ParameterInput => ({
        key: record["ParameterKey"] ?? "",
        value: record["ParameterValue"],
        usePreviousValue: record["UsePreviousValue"] === "true",
      })),
      tags: parameters.has("Tags")
        ? parameters
            .records("Tags")
            .map((record): Tag => ({ key: record["Key"] ?? "", value: record["Value"] ?? "" }))
        : undefined,
      capabilities: parameters.list("Capabilities"),
      roleArn: parameters.text("RoleARN"),
      clientRequestToken: parameters.text("ClientRequestToken"),
    };
  };

  const changeSetOf = (parameters: QueryParameters<"ChangeSetName" | "StackName">): ChangeSet =>
    stacks.getChangeSet(required(parameters, "ChangeSetName"), parameters.text("StackName"));

  const actions: Record<string, Action> = {
    CreateStack: async (parameters: QueryRequest<sdk.CreateStackInput>): Promise<sdk.CreateStackOutput> => {
      const onFailure = parameters.text("OnFailure");
      const stack = await stacks.create(stackInput(parameters), {
        disableRollback: parameters.flag("DisableRollback") || onFailure === "DO_NOTHING",
        deleteOnFailure: onFailure === "DELETE",
      });
      return { StackId: stack.stackId };
    },
    UpdateStack: async (parameters: QueryRequest<sdk.UpdateStackInput>): Promise<sdk.UpdateStackOutput> => ({
      StackId: (
        await stacks.update(stackInput(parameters), {
          disableRollback: parameters.flag("DisableRollback"),
        })
      ).stackId,
    }),
    RollbackStack: async (
      parameters: QueryRequest<sdk.RollbackStackInput>,
    ): Promise<sdk.RollbackStackOutput> => ({
      StackId: (await stacks.rollBack(required(parameters, "StackName"))).stackId,
    }),
    DetectStackDrift: (parameters: QueryRequest<sdk.DetectStackDriftInput>): sdk.DetectStackDriftOutput => ({
      StackDriftDetectionId: stacks.drift.detect(stacks.get(required(parameters, "StackName"))),
    }),
    DescribeStackDriftDetectionStatus: (
      parameters: QueryRequest<sdk.DescribeStackDriftDetectionStatusInput>,
    ): sdk.DescribeStackDriftDetectionStatusOutput => {
      const drift = stacks.drift.get(required(parameters, "StackDriftDetectionId"));
      const drifted = drift.resources.filter(({ status }) => status === "MODIFIED" || status === "DELETED");
      return {
        StackId: drift.stack.stackId,
        StackDriftDetectionId: drift.id,
        StackDriftStatus: drifted.length === 0 ? "IN_SYNC" : "DRIFTED",
        DetectionStatus: "DETECTION_COMPLETE",
        DriftedStackResourceCount: drifted.length,
        Timestamp: drift.timestamp,
      };
    },
    DescribeStackResourceDrifts: (
      parameters: QueryRequest<sdk.DescribeStackResourceDriftsInput>,
    ): sdk.DescribeStackResourceDriftsOutput => {
      const stack = stacks.get(required(parameters, "StackName"));
      const wanted = parameters.list("StackResourceDriftStatusFilters");
      const drift = stacks.drift.last(stack);
      return {
        StackResourceDrifts: (drift?.resources ?? [])
          .filter(({ status }) => wanted.length === 0 || wanted.includes(status))
          .map(({ resource, status, differences }) => ({
            StackId: stack.stackId,
            LogicalResourceId: resource.logicalId,
            PhysicalResourceId: resource.physicalId,
            ResourceType: resource.type,
            StackResourceDriftStatus: status,
            Timestamp: drift?.timestamp,
            PropertyDifferences: differences.map(({ path, expected, actual }) => ({
              PropertyPath: path,
              ExpectedValue: JSON.stringify(expected),
              ActualValue: JSON.stringify(actual),
              DifferenceType: "NOT_EQUAL",
            })),
          })),
      };
    },
    DeleteStack: async (parameters: QueryRequest<sdk.DeleteStackInput>): Promise<object> => {
      await stacks.remove(
        required(parameters, "StackName"),
        parameters.list("RetainResources"),
        parameters.text("ClientRequestToken"),
      );
      return {};
    },
    DescribeStacks: (parameters: QueryRequest<sdk.DescribeStacksInput>): sdk.DescribeStacksOutput => {
      const name = parameters.text("StackName");
      const found =
        name === undefined
          ? stacks.list().filter(({ status }) => status !== "DELETE_COMPLETE")
          : [stacks.get(name)];
      return { Stacks: found.map(describeStack) };
    },
    ListStacks: (parameters: QueryRequest<sdk.ListStacksInput>): sdk.ListStacksOutput => {
      const wanted = parameters.list("StackStatusFilter");
      const found = stacks.list().filter(({ status }) => wanted.length === 0 || wanted.includes(status));
      return { StackSummaries: found.map(summarizeStack) };
    },
    DescribeStackEvents: (
      parameters: QueryRequest<sdk.DescribeStackEventsInput>,
    ): sdk.DescribeStackEventsOutput => {
      const name = required(parameters, "StackName");
      const stack = stacks.find(name);
      // Each action words this error differently.
      if (stack === undefined) throw validationError(`Stack [${name}] does not exist`);
      return { StackEvents: stack.events.map((event) => describeEvent(stack, event)) };
    },
    DescribeStackResources: (
      parameters: QueryRequest<sdk.DescribeStackResourcesInput>,
    ): sdk.DescribeStackResourcesOutput => {
      const physicalId = parameters.text("PhysicalResourceId");
      const name = parameters.text("StackName");
      const stack =
        name === undefined
          ? stacks
              .list()
              .find(({ resources }) => [...resources.values()].some((r) => r.physicalId === physicalId))
          : stacks.get(name);
      if (stack === undefined) throw validationError(`Stack for ${physicalId ?? ""} does not exist`);
      const logicalId = parameters.text("LogicalResourceId");
      const found = [...stack.resources.values()].filter(
        (resource) => logicalId === undefined || resource.logicalId === logicalId,
      );
      return {
        StackResources: found.map((resource) => ({
          ...describeResource(stack, resource),
          Timestamp: resource.lastUpdated,
        })),
      };
    },
    DescribeStackResource: (
      parameters: QueryRequest<sdk.DescribeStackResourceInput>,
    ): sdk.DescribeStackResourceOutput => {
      const stack = stacks.get(required(parameters, "StackName"));
      const resource = resourceOf(stack, required(parameters, "LogicalResourceId"));
      return {
        StackResourceDetail: {
          ...describeResource(stack, resource),
          LastUpdatedTimestamp: resource.lastUpdated,
          Metadata: resource.metadata === undefined ? undefined : JSON.stringify(resource.metadata),
        },
      };
    },
    ListStackResources: (
      parameters: QueryRequest<sdk.ListStackResourcesInput>,
    ): sdk.ListStackResourcesOutput => {
      const stack = stacks.get(required(parameters, "StackName"));
      return {
        StackResourceSummaries: [...stack.resources.values()].map((resource) => ({
          ...describeResource(stack, resource),
          LastUpdatedTimestamp: resource.lastUpdated,
        })),
      };
    },
    GetTemplate: (parameters: QueryRequest<sdk.GetTemplateInput>): sdk.GetTemplateOutput => {
      const changeSetName = parameters.text("ChangeSetName");
      const request =
        changeSetName === undefined
          ? stacks.get(required(parameters, "StackName")).request
          : stacks.getChangeSet(changeSetName, parameters.text("StackName")).request;
      return {
        TemplateBody: request?.template.body ?? "{}",
        StagesAvailable: ["Original", "Processed"],
      };
    },
    GetTemplateSummary: async (
      parameters: QueryRequest<sdk.GetTemplateSummaryInput>,
    ): Promise<sdk.GetTemplateSummaryOutput> => {
      const name = parameters.text("StackName");
      const body = name === undefined ? templateBody(parameters) : stacks.get(name).request?.template.body;
      if (body === undefined)
        throw validationError("Either Template URL or Template Body must be specified.");
      return summarizeTemplate(body);
    },
    ValidateTemplate: async (
      parameters: QueryRequest<sdk.ValidateTemplateInput>,
    ): Promise<sdk.ValidateTemplateOutput> => {
      const body = templateBody(parameters);
      if (body === undefined)
        throw validationError("Either Template URL or Template Body must be specified.");
      return summarizeTemplate(body);
    },
    ListExports: (): sdk.ListExportsOutput => ({
      Exports: stacks.exports().map(({ name, value, exportingStackId }) => ({
        ExportingStackId: exportingStackId,
        Name: name,
        Value: value,
      })),
    }),
    ListImports: (parameters: QueryRequest<sdk.ListImportsInput>): sdk.ListImportsOutput => {
      const name = required(parameters, "ExportName");
      const imports = stacks.importsOf(name);
      if (imports.length === 0) throw validationError(`Export '${name}' is not imported by any stack.`);
      return { Imports: imports };
    },
    UpdateTerminationProtection: (
      parameters: QueryRequest<sdk.UpdateTerminationProtectionInput>,
    ): sdk.UpdateTerminationProtectionOutput => {
      const stack = stacks.get(required(parameters, "StackName"));
      stack.terminationProtection = parameters.flag("EnableTerminationProtection");
      return { StackId: stack.stackId };
    },
    CreateChangeSet: async (
      parameters: QueryRequest<sdk.CreateChangeSetInput>,
    ): Promise<sdk.CreateChangeSetOutput> => {
      const type = parameters.text("ChangeSetType") ?? "UPDATE";
      if (type !== "CREATE" && type !== "UPDATE") {
        throw validationError(`The local cloud supports change sets of type CREATE and UPDATE, not ${type}.`);
      }
      const changeSet = await stacks.createChangeSet(stackInput(parameters), {
        changeSetName: required(parameters, "ChangeSetName"),
        type,
        description: parameters.text("Description"),
      });
      return { Id: changeSet.changeSetId, StackId: changeSet.stack.stackId };
    },
    DescribeChangeSet: (parameters: QueryRequest<sdk.DescribeChangeSetInput>): sdk.DescribeChangeSetOutput =>
      describeChangeSet(changeSetOf(parameters)),
    ListChangeSets: (parameters: QueryRequest<sdk.ListChangeSetsInput>): sdk.ListChangeSetsOutput => ({
      Summaries: stacks.changeSetsOf(stacks.get(required(parameters, "StackName"))).map(summarizeChangeSet),
    }),
    ExecuteChangeSet: async (
      parameters: QueryRequest<sdk.ExecuteChangeSetInput>,
    ): Promise<sdk.ExecuteChangeSetOutput> => {
      await stacks.executeChangeSet(changeSetOf(parameters), {
        disableRollback: parameters.flag("DisableRollback"),
      });
      return {};
    },
    DeleteChangeSet: (parameters: QueryRequest<sdk.DeleteChangeSetInput>): sdk.DeleteChangeSetOutput => {
      try {
        stacks.deleteChangeSet(changeSetOf(parameters));
      } catch (error) {
        // Like AWS, ignores a missing change set of an existing stack.
        if (!(error instanceof ServiceError) || error.code !== "ChangeSetNotFound") throw error;
      }
      return {};
    },
  };

  return {
    resourceArn(parameters) {
      const name = (parameters as QueryRequest<sdk.DescribeStacksInput>).text("StackName");
      if (name === undefined || name.startsWith("arn:")) return name ?? "*";
      return stacks.find(name)?.stackId ?? `arn:aws:cloudformation:${region}:${accountId}:stack/${name}/*`;
    },
    async handle(parameters) {
      const run = findOperation(actions, parameters.action ?? "", {
        service: "CloudFormation",
        code: "InvalidAction",
      });
      return run(parameters);
    },
  };
}

/** The template at `TemplateURL`. Accepts `https://s3.<region>.amazonaws.com/<bucket>/<key>`, `https://<bucket>.s3…` and the local cloud's own URLs. */
export function readTemplate(templateUrl: string, buckets: Buckets): string {
  let url: URL;
  try {
    url = new URL(templateUrl);
  } catch {
    throw validationError(`TemplateURL must be a supported URL: ${templateUrl}`);
  }
  const path = decodeURIComponent(url.pathname).slice(1);
  const hosted = /^(.+)\.s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com$/.exec(url.hostname)?.[1];
  const [bucket = "", ...key] = hosted === undefined ? path.split("/") : [hosted, path];
  try {
    return Buffer.from(buckets.object(bucket, key.join("/")).body).toString("utf8");
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw validationError(
      `S3 error: ${error.message}\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html`,
    );
  }
}

function required<Name extends string>(parameters: QueryParameters<Name>, name: Name): string {
  const value = parameters.text(name);
  if (value === undefined || value === "") {
    const member = name.charAt(0).toLowerCase() + name.slice(1);
    throw validationError(
      `1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null`,
    );
  }
  return value;
}

function resourceOf(stack: Stack, logicalId: string): StackResource {
  const resource = stack.resources.get(logicalId);
  if (resource === undefined) {
    throw validationError(`Resource ${logicalId} does not exist for stack ${stack.stackName}`);
  }
  return resource;
}
