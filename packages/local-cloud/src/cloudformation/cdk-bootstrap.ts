import type { Stacks } from "./stacks/stacks.ts";

/** The CDK's default qualifier. */
const qualifier = "hnb659fds";

/** The version of the bootstrap template of aws-cdk 2.1148. */
const bootstrapVersion = "33";

/** The roles by their logical ids in the bootstrap template, which `cdk bootstrap` updates. */
const deployers = {
  CloudFormationExecutionRole: "cfn-exec",
  DeploymentActionRole: "deploy",
  FilePublishingRole: "file-publishing",
  ImagePublishingRole: "image-publishing",
  LookupRole: "lookup",
} as const;

/**
 * Deploys the stack CDKToolkit as `cdk bootstrap` does: the assets bucket, the version parameter and the roles that sst
 * and cdk assume. The roles have AdministratorAccess. The registry for image assets is missing, since the local cloud
 * runs zip archives only.
 * {@link https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html}
 */
export async function bootstrapAccount(
  stacks: Stacks,
  { accountId, region }: { accountId: string; region: string },
): Promise<void> {
  const assetsBucket = `cdk-${qualifier}-assets-${accountId}-${region}`;
  const template = {
    Description: "This stack includes resources needed to deploy AWS CDK apps into this environment",
    Resources: {
      StagingBucket: {
        Type: "AWS::S3::Bucket",
        Properties: { BucketName: assetsBucket },
        DeletionPolicy: "Retain",
        UpdateReplacePolicy: "Retain",
      },
      CdkBootstrapVersion: {
        Type: "AWS::SSM::Parameter",
        Properties: { Name: `/cdk-bootstrap/${qualifier}/version`, Type: "String", Value: bootstrapVersion },
      },
      ...Object.fromEntries(
        Object.entries(deployers).map(([logicalId, name]) => [
          logicalId,
          {
            Type: "AWS::IAM::Role",
            Properties: {
              RoleName: `cdk-${qualifier}-${name}-role-${accountId}-${region}`,
              AssumeRolePolicyDocument: {
                Version: "2012-10-17",
                Statement: [
                  {
                    Effect: "Allow",
                    Action: "sts:AssumeRole",
                    Principal:
                      name === "cfn-exec"
                        ? { Service: "cloudformation.amazonaws.com" }
                        : { AWS: `arn:aws:iam::${accountId}:root` },
                  },
                ],
              },
              ManagedPolicyArns: ["arn:aws:iam::aws:policy/AdministratorAccess"],
            },
          },
        ]),
      ),
    },
    Outputs: {
      BucketName: { Value: { Ref: "StagingBucket" } },
      BucketDomainName: { Value: { "Fn::GetAtt": ["StagingBucket", "RegionalDomainName"] } },
      BootstrapVersion: { Value: { "Fn::GetAtt": ["CdkBootstrapVersion", "Value"] } },
    },
  };
  const stack = await stacks.create({
    stackName: "CDKToolkit",
    templateBody: JSON.stringify(template),
    parameters: [],
    tags: [],
    capabilities: ["CAPABILITY_NAMED_IAM"],
    roleArn: undefined,
    clientRequestToken: undefined,
  });
  await stacks.settled();
  if (stack.status !== "CREATE_COMPLETE") {
    throw new Error(`CDKToolkit is ${stack.status}: ${stack.statusReason ?? "no reason"}`);
  }
}
