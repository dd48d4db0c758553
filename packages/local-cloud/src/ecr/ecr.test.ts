import { beforeEach, expect, it } from "vitest";
import { createStacksFixture, type StacksFixture } from "../../test/stacks-fixture.ts";
import { createRecorder } from "../cloudformation/resource-types/recorded-resource.ts";
import { createEcr, type Ecr } from "./ecr.ts";

let fixture: StacksFixture;
let ecr: Ecr;

beforeEach(() => {
  fixture = createStacksFixture(undefined, {
    recorder: (...resource) => createRecorder({ account: fixture.account, endpoint: () => "" })(...resource),
  });
  ecr = createEcr(fixture.account, fixture.stacks);
});

it("has no images in a repository that is deployed, and no other repository", async () => {
  const Properties = { RepositoryName: "assets" };
  await fixture.deploy({ Resources: { Repository: { Type: "AWS::ECR::Repository", Properties } } });
  expect(await ecr.handle("ListImages", { repositoryName: "assets" })).toEqual({ imageIds: [] });
  await expect(ecr.handle("ListImages", { repositoryName: "other" })).rejects.toMatchObject({
    code: "RepositoryNotFoundException",
  });
});

it("needs a permission for the repository, and refuses other operations", async () => {
  expect(ecr.permissions("ListImages", { repositoryName: "assets" })).toEqual([
    { action: "ecr:ListImages", resource: "arn:aws:ecr:us-east-1:000000000000:repository/assets" },
  ]);
  await expect(ecr.handle("PutImage", {})).rejects.toThrow("does not support PutImage of ECR");
});
