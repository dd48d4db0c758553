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
  const lambda = { invoke: () => Promise.resolve({ ok: true, payload: "null" } as const) };
  return createLambdaApi({ account, lambda, isQualified: (arn) => arn.endsWith(":live") }).find(
    request as never,
  );
}

it.each([
  "f",
  "000000000000:function:f",
  encodeURIComponent("arn:aws:lambda:us-east-1:000000000000:function:f"),
])("describes a function by name or ARN: %s", async (name) => {
  const operation = ask("GET", `/2015-03-31/functions/${name}/configuration`);
  expect([operation.action, operation.resource]).toEqual(["lambda:GetFunctionConfiguration", deployed.arn]);
  expect(JSON.parse(String((await operation.run()).body))).toMatchObject({
    FunctionArn: deployed.arn,
    Environment: { Variables: { A: "1" } },
  });
});

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
  expect(() => ask("DELETE", "/2015-03-31/functions/f")).toThrow("does not support DELETE");
});

it("finds the versions and aliases that are deployed", async () => {
  await expect(ask("GET", "/2015-03-31/functions/f:live").run()).resolves.toMatchObject({ status: 200 });
  await expect(ask("GET", "/2015-03-31/functions/f:$LATEST").run()).resolves.toMatchObject({ status: 200 });
  await expect(ask("GET", "/2015-03-31/functions/f:old").run()).rejects.toThrow("Function not found");
});
