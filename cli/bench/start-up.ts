import { join } from "node:path";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import { type Command, medians, type Variables } from "./measure.ts";
import type { Report } from "./report.ts";
import { apiEndpoint, stage, type World } from "./world.ts";

const node = process.execPath;

/** Whole processes, from spawn to exit, against the least that Node can do. */
export async function benchStartUp(report: Report, worlds: readonly World[], runs: number): Promise<void> {
  const [world] = worlds;
  if (world === undefined) return;
  const url = await apiEndpoint(world.checkout);
  const bareGet = join(world.checkout.root, "cli/bench/bare-get.cjs");
  const curl = await curlSigned(world, url);
  const commands: Command[] = [
    { name: "node -e 0", command: node, args: ["-e", "0"], variables: ownVariables(world) },
    {
      name: "bare GET",
      command: node,
      args: [bareGet, `${url}/public`],
      variables: ownVariables(world),
    },
    ...(curl === undefined ? [] : [curl]),
    ...worlds.flatMap((each) =>
      Object.entries(programs).map(([key, args]) => ({
        name: `${key} ${each.checkout.name}`,
        command: node,
        args: [each.checkout.program, ...args],
        variables: ownVariables(each),
        cwd: each.checkout.root,
      })),
    ),
  ];
  const times = await medians(commands, runs);
  const of = (key: string): (number | undefined)[] =>
    worlds.map(({ checkout }) => times.get(`${key} ${checkout.name}`));
  const ratios = (key: string, peer: string): number[] =>
    of(key).map((time = Number.NaN) => time / (times.get(peer) ?? Number.NaN));
  report.row("node -e 0", "ms", [times.get("node -e 0")]);
  report.row("bare node:http GET", "ms", [times.get("bare GET")]);
  report.row("curl --aws-sigv4", "ms", [times.get("curl")]);
  for (const key of Object.keys(programs)) report.row(`auth-cli ${key}`, "ms", of(key));
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const hasCompileCache = major > 22 || (major === 22 && minor >= 8);
  report.row("  --version against node -e 0", "×", ratios("--version", "node -e 0"), { atMost: 1.15 });
  report.row("  completion against node -e 0", "×", ratios("completion", "node -e 0"));
  report.row("  warm call against a bare node:http GET", "×", ratios("call", "bare GET"), {
    atMost: hasCompileCache ? 1.25 : 1.3,
  });
}

/**
 * Without the local cloud's certificates: Node 20 reads them at each start, which takes longer than the rest of it and
 * would hide the difference.
 */
function ownVariables({ cli }: World): Variables {
  return { ...cli.variables, NODE_EXTRA_CA_CERTS: undefined };
}

const programs = {
  "--version": ["--version"],
  completion: ["complete", "--", "smoke", "--stage", ""],
  call: ["call", "/private", ...stage],
  smoke: ["smoke", ...stage],
};

/** The same call by curl, with the credentials that auth-cli has obtained. */
async function curlSigned({ cli }: World, url: string): Promise<Command | undefined> {
  const command = findPeer("curl");
  const [credentials] = await cli.cachedCredentials();
  if (command === undefined || credentials === undefined) return undefined;
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  return {
    name: "curl",
    command,
    // prettier-ignore
    args: [
      "--silent", "--fail",
      "--aws-sigv4", "aws:amz:us-east-1:execute-api",
      "--user", `${accessKeyId}:${secretAccessKey}`,
      "--header", `X-Amz-Security-Token: ${sessionToken}`,
      `${url}/private`,
    ],
    variables: cli.variables,
  };
}
