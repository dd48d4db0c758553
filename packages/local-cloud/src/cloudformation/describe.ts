import type {
  Capability,
  ChangeSetSummary,
  DescribeChangeSetOutput,
  GetTemplateSummaryOutput,
  StackSummary,
  Parameter as SdkParameter,
  Stack as SdkStack,
  StackEvent as SdkStackEvent,
  Tag as SdkTag,
} from "@aws-sdk/client-cloudformation";
import type { ChangeSet } from "./stacks/change-sets.ts";
import type { Stack, StackEvent, StackRequest, StackResource } from "./stacks/stack.ts";
import { parseTemplate } from "./template/template.ts";
import { textOf } from "./template/values.ts";

function describeTags(request: StackRequest | undefined): SdkTag[] {
  return (request?.tags ?? []).map(({ key, value }) => ({ Key: key, Value: value }));
}

function describeParameters(request: StackRequest | undefined): SdkParameter[] {
  return [...(request?.parameters ?? [])].map(([key, { value, resolved, hidden, isSsm }]) => ({
    ParameterKey: key,
    ParameterValue: hidden ? "****" : value,
    ResolvedValue: isSsm ? String(resolved) : undefined,
  }));
}

export function describeStack(stack: Stack): SdkStack {
  const { request } = stack;
  return {
    StackId: stack.stackId,
    StackName: stack.stackName,
    ParentId: stack.parentId,
    RootId: stack.rootId,
    Description: request?.template.description,
    Parameters: describeParameters(request),
    CreationTime: stack.creationTime,
    LastUpdatedTime: stack.lastUpdatedTime,
    DeletionTime: stack.deletionTime,
    StackStatus: stack.status,
    StackStatusReason: stack.statusReason,
    DisableRollback: stack.disableRollback,
    NotificationARNs: [],
    Capabilities: [...(request?.capabilities ?? [])] as Capability[],
    Outputs: stack.outputs.map(({ key, value, description, exportName }) => ({
      OutputKey: key,
      OutputValue: value,
      Description: description,
      ExportName: exportName,
    })),
    RoleARN: request?.roleArn,
    Tags: describeTags(request),
    EnableTerminationProtection: stack.terminationProtection,
    DriftInformation: { StackDriftStatus: "NOT_CHECKED" },
  };
}

export function summarizeStack(stack: Stack): StackSummary {
  return {
    StackId: stack.stackId,
    StackName: stack.stackName,
    ParentId: stack.parentId,
    RootId: stack.rootId,
    TemplateDescription: stack.request?.template.description,
    CreationTime: stack.creationTime,
    LastUpdatedTime: stack.lastUpdatedTime,
    DeletionTime: stack.deletionTime,
    StackStatus: stack.status,
    StackStatusReason: stack.statusReason,
    DriftInformation: { StackDriftStatus: "NOT_CHECKED" },
  };
}

export function describeEvent({ stackId, stackName }: Stack, event: StackEvent) {
  return {
    StackId: stackId,
    // The SDK's type lacks it. D: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackEvent.html
    OperationId: event.operationId,
    EventId: event.eventId,
    StackName: stackName,
    LogicalResourceId: event.logicalId,
    PhysicalResourceId: event.physicalId,
    ResourceType: event.resourceType,
    Timestamp: event.timestamp,
    // The SDK's type lacks the statuses of a stack's own events.
    ResourceStatus: event.status as SdkStackEvent["ResourceStatus"],
    ResourceStatusReason: event.statusReason,
    ClientRequestToken: event.clientRequestToken,
  };
}

/** The members that every description of a resource shares. */
export function describeResource({ stackId, stackName }: Stack, resource: StackResource) {
  return {
    StackName: stackName,
    StackId: stackId,
    LogicalResourceId: resource.logicalId,
    PhysicalResourceId: resource.physicalId,
    ResourceType: resource.type,
    ResourceStatus: resource.status,
    ResourceStatusReason: resource.statusReason,
    DriftInformation: { StackResourceDriftStatus: "NOT_CHECKED" as const },
  };
}

export async function summarizeTemplate(body: string): Promise<GetTemplateSummaryOutput> {
  const template = await parseTemplate(body);
  const types = [...template.resources.values()].map(({ type }) => type);
  return {
    Parameters: [...template.parameters].map(([key, { type, definition }]) => ({
      ParameterKey: key,
      DefaultValue: definition["Default"] === undefined ? undefined : textOf(definition["Default"]),
      ParameterType: type,
      NoEcho: definition["NoEcho"] === true || definition["NoEcho"] === "true",
      Description: definition["Description"] === undefined ? undefined : textOf(definition["Description"]),
    })),
    Description: template.description,
    // A text, which ampx parses. https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplateSummary.html
    Metadata: template.metadata === undefined ? undefined : JSON.stringify(template.metadata),
    Capabilities: types.some((type) => type.startsWith("AWS::IAM::")) ? ["CAPABILITY_IAM"] : undefined,
    ResourceTypes: [...new Set(types)],
    Version: "2010-09-09",
  };
}

export function describeChangeSet(changeSet: ChangeSet): DescribeChangeSetOutput {
  return {
    ...summarizeChangeSet(changeSet),
    Parameters: describeParameters(changeSet.request),
    Tags: describeTags(changeSet.request),
    Capabilities: [...(changeSet.request?.capabilities ?? [])] as Capability[],
    NotificationARNs: [],
    Changes: changeSet.changes.map((change) => ({
      Type: "Resource",
      ResourceChange: {
        Action: change.action,
        LogicalResourceId: change.logicalId,
        PhysicalResourceId: change.physicalId,
        ResourceType: change.type,
        Replacement: change.replacement,
        Scope: change.changedProperties.length > 0 ? ["Properties"] : [],
        Details: change.changedProperties.map((name) => ({
          Target: {
            Attribute: "Properties",
            Name: name,
            RequiresRecreation: change.replacement === "True" ? "Always" : "Never",
          },
          Evaluation: "Static",
          ChangeSource: "DirectModification",
        })),
      },
    })),
  };
}

export function summarizeChangeSet(changeSet: ChangeSet): ChangeSetSummary {
  return {
    ChangeSetId: changeSet.changeSetId,
    ChangeSetName: changeSet.changeSetName,
    StackId: changeSet.stack.stackId,
    StackName: changeSet.stack.stackName,
    Description: changeSet.description,
    CreationTime: changeSet.creationTime,
    Status: changeSet.status,
    StatusReason: changeSet.statusReason,
    ExecutionStatus: changeSet.executionStatus,
  };
}
