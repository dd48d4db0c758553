import type { Account } from "../account.ts";
import { type JsonObject, requiredString } from "../aws/json-protocol.ts";
import type { Permission } from "../aws/permission.ts";
import { findOperation, ServiceError } from "../aws/service-error.ts";
import type { Stacks } from "../cloudformation/stacks/stacks.ts";
import { existingResources } from "../cloudformation/stacks/stack.ts";

/** Amazon ECR as `cdk gc` needs it: the repositories that CloudFormation records have no images. */
export interface Ecr {
  permissions(operation: string, body: JsonObject): Permission[];
  /** @throws ServiceError RepositoryNotFoundException */
  handle(operation: string, body: JsonObject): Promise<object>;
}

export function createEcr(
  { region, accountId }: Pick<Account, "region" | "accountId">,
  stacks: Pick<Stacks, "list">,
): Ecr {
  const hasRepository = (name: string): boolean =>
    stacks
      .list()
      .flatMap(existingResources)
      .some(({ type, physicalId }) => type === "AWS::ECR::Repository" && physicalId === name);

  /** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListImages.html */
  const operations = {
    ListImages(body: JsonObject): object {
      const name = requiredString(body, "repositoryName");
      if (hasRepository(name)) return { imageIds: [] };
      throw new ServiceError(
        "RepositoryNotFoundException",
        `The repository with name '${name}' does not exist in the registry with id '${accountId}'`,
      );
    },
  };

  return {
    permissions(operation, { repositoryName: name }) {
      const resource =
        typeof name === "string" ? `arn:aws:ecr:${region}:${accountId}:repository/${name}` : "*";
      return [{ action: `ecr:${operation}`, resource }];
    },
    // oxlint-disable-next-line require-await -- an error rejects
    async handle(operation, body) {
      return findOperation(operations, operation, { service: "ECR", code: "UnknownOperationException" })(
        body,
      );
    },
  };
}
