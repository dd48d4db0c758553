/**
 * A process that synthesizes one variant of the app after another with SST's own modules, as `sst build` does. One process
 * for all of them: SST needs seconds to load, and a fraction of one for a variant.
 */
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { listen } from "./listen.ts";
import { zipSync, type Zippable } from "fflate";
import { quickNpmPath } from "./quick-npm.ts";
import { repository } from "./repository.ts";
import {
  appInputs,
  cacheFolder,
  placeholders,
  type SynthesisRequest,
  type SynthesizedStack,
} from "./synthesized-stack.ts";

/** What SST asks AWS for while it synthesizes: the account, and whether the bootstrap stacks are up to date. */
const answers = {
  GetCallerIdentity: "<Account>000000000000</Account>",
  CDKToolkit: describeStack({
    BootstrapVersion: "21",
    BucketName: "cdk-hnb659fds-assets-000000000000-us-east-1",
  }),
  SSTBootstrap: describeStack({ Version: "7.4", BucketName: "sstbootstrap" }),
};

async function answerQuery(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const body = await text(incoming);
  const action = new URLSearchParams(body).get("Action") ?? "";
  const [, result] = Object.entries(answers).find(([name]) => body.includes(name)) ?? [];
  outgoing.writeHead(result === undefined ? 400 : 200, { "content-type": "text/xml" });
  outgoing.end(`<Response><${action}Result>${result ?? ""}</${action}Result></Response>`);
}

function describeStack(outputs: Record<string, string>): string {
  const members = Object.entries(outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  const stack = `<StackStatus>CREATE_COMPLETE</StackStatus><Outputs>${members.join("")}</Outputs>`;
  return `<Stacks><member>${stack}</member></Stacks>`;
}

const root = await mkdtemp(join(tmpdir(), "synthesize-stacks-"));
const aws = createServer((incoming, outgoing) => void answerQuery(incoming, outgoing));
const port = await listen(aws);
await symlink(join(repository, "node_modules"), join(root, "node_modules"), "junction");
process.chdir(root);

const environment: Record<string, string> = {
  PATH: await quickNpmPath(join(root, "bin")),
  HOME: root,
  SST_TELEMETRY_DISABLED: "1",
  AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
  AWS_ACCESS_KEY_ID: "AKIADEPLOYER",
  AWS_SECRET_ACCESS_KEY: "deployer",
  AWS_REGION: "us-east-1",
};

async function synthesize({
  folder,
  stage,
  variables,
  mode = "deploy",
  file,
}: SynthesisRequest): Promise<void> {
  await copyApp(folder);
  // SST puts what the app's `.env` files say into the environment of its process.
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, environment, placeholders, variables);
  const { AssetStaging } = await import("aws-cdk-lib/core");
  const { initProject, useProject } = await import("sst/project.js");
  const { Stacks } = await import("sst/stacks/index.js");
  // CDK takes a folder that it has seen for unchanged.
  AssetStaging.clearAssetHashCache();
  await initProject({ stage, root });
  const [, config] = await Stacks.load(useProject().paths.config);
  const { stacks, directory } = await Stacks.synth({ fn: config.stacks, mode });
  const [stack] = stacks;
  if (stack === undefined || stacks.length > 1) throw new Error(`${stacks.length} stacks, not one`);
  await writeAtomically(file, JSON.stringify(await record(stack, directory)));
}

/** SST keeps a project's folder in mind, so that each app is copied into the same. */
async function copyApp(folder: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (name !== "node_modules" && name !== "bin") await rm(join(root, name), { recursive: true });
  }
  for (const name of await appInputs(folder)) {
    await cp(join(folder, name), join(root, name), { recursive: true });
  }
}

interface AssetManifest {
  files: Record<
    string,
    {
      source: { path: string; packaging: "zip" | "file" };
      destinations: Record<string, { bucketName: string; objectKey: string }>;
    }
  >;
}

interface StackArtifact {
  stackName: string;
  tags: Record<string, string>;
  templateFile: string;
  cloudFormationExecutionRoleArn?: string;
}

async function record(stack: StackArtifact, directory: string): Promise<SynthesizedStack> {
  const manifest = JSON.parse(
    await readFile(join(directory, `${stack.stackName}.assets.json`), "utf8"),
  ) as AssetManifest;
  const assets: string[] = [];
  let templateKey: string | undefined;
  let bucket: string | undefined;
  for (const { source, destinations } of Object.values(manifest.files)) {
    const [destination] = Object.values(destinations);
    if (destination === undefined) continue;
    bucket = destination.bucketName;
    if (source.packaging === "zip") {
      assets.push(destination.objectKey);
      const archive = join(cacheFolder, destination.objectKey);
      if (!existsSync(archive)) await writeAtomically(archive, await zip(join(directory, source.path)));
    } else if (source.path === stack.templateFile) {
      templateKey = destination.objectKey;
    } else {
      throw new Error(`the asset ${source.path} is neither a folder nor the template`);
    }
  }
  if (templateKey === undefined || bucket === undefined) throw new Error("the template is not an asset");
  return {
    stackName: stack.stackName,
    template: await readFile(join(directory, stack.templateFile), "utf8"),
    templateKey,
    manifest: await readFile(join(directory, "manifest.json"), "utf8"),
    tags: stack.tags,
    bucket,
    executionRoleArn: (stack.cloudFormationExecutionRoleArn ?? "").replace("${AWS::Partition}", "aws"),
    assets,
  };
}

async function zip(folder: string): Promise<Uint8Array> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: Zippable = {};
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name);
    files[path.slice(folder.length + 1)] = await readFile(path);
  }
  return zipSync(files, { level: 1 });
}

async function writeAtomically(file: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, content);
  await rename(temporary, file);
}

interface Message {
  id: number;
  request: SynthesisRequest;
}

async function handleMessage({ id, request }: Message): Promise<void> {
  try {
    await synthesize(request);
    process.send?.({ id });
  } catch (error) {
    process.send?.({ id, error: error instanceof Error ? error.stack : String(error) });
  }
}

// One at a time: SST has one project, one environment and one current folder.
let last = Promise.resolve();
process.on("message", (message: Message) => {
  last = last.then(() => handleMessage(message));
});
process.on("disconnect", () => {
  void rm(root, { recursive: true, force: true }).finally(() => process.exit());
});
