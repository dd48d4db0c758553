import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { type IncomingMessage, request as openHttp } from "node:http";
import { request as openHttps } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { AwsClient } from "aws4fetch";
import { cacheFolder, placeholders, type SynthesizedStack } from "./synthesized-stack.ts";

type Variables = Record<string, string | undefined>;

/**
 * Deploys a synthesized stack as `sst deploy` does, by PutObject and CreateStack or UpdateStack, and writes the outputs
 * where SST writes them.
 *
 * @param environment the local cloud's: `AWS_ENDPOINT_URL`, the deployer's keys, consumer key and secret, and
 *   `NODE_EXTRA_CA_CERTS`
 * @param folder the app's
 * @throws Error with the stack's status when it is not deployed in the end
 */
export async function replayStack(
  stack: SynthesizedStack,
  environment: Variables,
  folder: string,
): Promise<void> {
  const client = createClient(environment);
  let { template } = stack;
  for (const [name, placeholder] of Object.entries(placeholders)) {
    template = template.replaceAll(placeholder, environment[name] ?? placeholder);
  }
  for (const key of stack.assets) {
    await client.put(`/${stack.bucket}/${key}`, await readFile(join(cacheFolder, key)));
  }
  await client.put(`/${stack.bucket}/${stack.templateKey}`, template);
  const { stackName } = stack;
  const before = statusOf(await client.query("DescribeStacks", { StackName: stackName }));
  const tags = Object.entries(stack.tags).flatMap(([key, value], index) => [
    [`Tags.member.${index + 1}.Key`, key],
    [`Tags.member.${index + 1}.Value`, value],
  ]);
  const capabilities = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"];
  const deployed = await client.query(before === undefined ? "CreateStack" : "UpdateStack", {
    StackName: stackName,
    TemplateURL: `https://s3.us-east-1.amazonaws.com/${stack.bucket}/${stack.templateKey}`,
    RoleARN: stack.executionRoleArn,
    ...Object.fromEntries(capabilities.map((name, index) => [`Capabilities.member.${index + 1}`, name])),
    ...Object.fromEntries(tags),
  });
  if (deployed.includes("<ErrorResponse") && !deployed.includes("No updates are to be performed"))
    throw new Error(deployed);
  const description = await client.settled(stackName);
  const status = statusOf(description);
  if (status !== "CREATE_COMPLETE" && status !== "UPDATE_COMPLETE")
    throw new Error(
      `${stackName} is ${status}\n${await client.query("DescribeStackEvents", { StackName: stackName })}`,
    );
  const dist = join(folder, ".sst/dist");
  await mkdir(dist, { recursive: true });
  await writeFile(join(dist, "manifest.json"), stack.manifest);
  await writeFile(join(dist, `${stackName}.template.json`), template);
  await writeFile(
    join(folder, ".sst/outputs.json"),
    JSON.stringify({ [stackName]: outputsOf(description) }, null, 2),
  );
}

/**
 * Creates a stack from a template without assets.
 * @param environment the local cloud's
 * @returns its outputs
 */
export async function deployTemplate(
  stackName: string,
  template: object,
  environment: Variables,
): Promise<Record<string, string>> {
  const client = createClient(environment);
  const created = await client.query("CreateStack", {
    StackName: stackName,
    TemplateBody: JSON.stringify(template),
    "Capabilities.member.1": "CAPABILITY_NAMED_IAM",
  });
  if (created.includes("<ErrorResponse")) throw new Error(created);
  const description = await client.settled(stackName);
  if (statusOf(description) !== "CREATE_COMPLETE")
    throw new Error(await client.query("DescribeStackEvents", { StackName: stackName }));
  return outputsOf(description);
}

/** Deletes a deployed stack, as `sst remove` does. */
export async function deleteStack(stackName: string, environment: Variables): Promise<void> {
  const client = createClient(environment);
  await client.query("DeleteStack", { StackName: stackName });
  const status = statusOf(await client.settled(stackName));
  if (status !== undefined) throw new Error(`${stackName} is ${status}`);
}

/** @returns the stack's status once nothing of it is in progress, undefined without a stack */
export async function untilSettled(stackName: string, environment: Variables): Promise<string | undefined> {
  return statusOf(await createClient(environment).settled(stackName));
}

interface Client {
  put(path: string, body: string | Buffer): Promise<void>;
  /** @returns the response, an error's too */
  query(action: string, parameters: Record<string, string>): Promise<string>;
  /** @returns what DescribeStacks answers once nothing is in progress */
  settled(stackName: string): Promise<string>;
}

function createClient(environment: Variables): Client {
  const url = environment["AWS_ENDPOINT_URL"] ?? "";
  const aws = new AwsClient({
    accessKeyId: environment["AWS_ACCESS_KEY_ID"] ?? "",
    secretAccessKey: environment["AWS_SECRET_ACCESS_KEY"] ?? "",
    region: environment["AWS_REGION"] ?? "us-east-1",
    retries: 0,
  });
  const ca = environment["NODE_EXTRA_CA_CERTS"];
  const send = async (service: string, method: string, address: string, body: string | Buffer) => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const signed = await aws.sign(address, { method, headers, body, aws: { service } });
    return request(signed, body, ca === undefined ? undefined : await readFile(ca));
  };
  const client: Client = {
    async put(path, body) {
      const response = await send("s3", "PUT", url + path, body);
      if (response !== "") throw new Error(`PutObject ${path}: ${response}`);
    },
    query(action, parameters) {
      const form = new URLSearchParams({ Action: action, Version: "2010-05-15", ...parameters });
      return send("cloudformation", "POST", url, form.toString());
    },
    async settled(stackName) {
      for (;;) {
        const description = await client.query("DescribeStacks", { StackName: stackName });
        // A change set that is not executed waits for ever.
        if (!/(?<!REVIEW)_IN_PROGRESS$/.test(statusOf(description) ?? "")) return description;
        await sleep(5);
      }
    },
  };
  return client;
}

/** Sends a signed request. `fetch` cannot be told of an authority. @returns the body */
async function request(signed: Request, body: string | Buffer, ca: Buffer | undefined): Promise<string> {
  const options = { method: signed.method, headers: Object.fromEntries(signed.headers) };
  const outgoing = signed.url.startsWith("https:")
    ? openHttps(signed.url, { ...options, ca })
    : openHttp(signed.url, options);
  outgoing.end(body);
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  return text(incoming);
}

function statusOf(description: string): string | undefined {
  return /<StackStatus>(\w+)<\/StackStatus>/.exec(description)?.[1];
}

/** All but what SST keeps to itself. */
function outputsOf(description: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  for (const [member] of description.matchAll(/<member>(?:(?!<member>).)*?<OutputKey>.*?<\/member>/gs)) {
    const [, key = ""] = /<OutputKey>(.*?)<\/OutputKey>/s.exec(member) ?? [];
    const [, value = ""] = /<OutputValue>(.*?)<\/OutputValue>/s.exec(member) ?? [];
    if (!key.startsWith("Export") && key !== "SSTMetadata") outputs[key] = value.replaceAll("&amp;", "&");
  }
  return outputs;
}
