import { beforeEach, expect, it } from "vitest";
import { deployFunction } from "../../test/account-fixture.ts";
import { type Account, createAccount, type LambdaFunction } from "../account.ts";
import { createLambdaApi } from "./lambda-api.ts";

let account: Account;
let deployed: LambdaFunction;

beforeEach(() => {
  account = createAccount("000000000000", "us-east-1");
  deployed = deployFunction(account, "f", "", { environment: { A: "1" } });
});

function ask(method: string, path: string, body: object = {}) {
  const request = {
    method,
    path,
    query: "",
    headers: {},
    body: Buffer.from(JSON.stringify(body)),
    requestId: "",
  };
  return createLambdaApi(account).find(request as never);
}

it.each(["f", encodeURIComponent("arn:aws:lambda:us-east-1:000000000000:function:f")])(
  "describes a function by name or ARN: %s",
  async (name) => {
    const operation = ask("GET", `/2015-03-31/functions/${name}/configuration`);
    expect([operation.action, operation.resource]).toEqual(["lambda:GetFunctionConfiguration", deployed.arn]);
    await expect(operation.run()).resolves.toMatchObject({
      FunctionArn: deployed.arn,
      Environment: { Variables: { A: "1" } },
    });
  },
);

it("replaces the variables of a function, and nothing else", async () => {
  const path = "/2015-03-31/functions/f/configuration";
  const operation = ask("PUT", path, { Environment: { Variables: { B: "2" } } });
  expect(operation.action).toBe("lambda:UpdateFunctionConfiguration");
  await operation.run();
  expect(deployed.environment).toEqual({ B: "2" });
  await expect(ask("PUT", path, { MemorySize: 256 }).run()).rejects.toThrow("does not change MemorySize");
});

it("refuses a function that does not exist, and other operations", async () => {
  await expect(ask("GET", "/2015-03-31/functions/ghost").run()).rejects.toMatchObject({
    code: "ResourceNotFoundException",
    message: "Function not found: arn:aws:lambda:us-east-1:000000000000:function:ghost",
    status: 404,
  });
  expect(() => ask("POST", "/2015-03-31/functions/f/invocations")).toThrow("does not support POST");
});
