import { findPeer } from "@api-auth-twitter/test-support/peers";
import { type Command, medians } from "./measure.ts";
import type { Report } from "./report.ts";
import type { World } from "./world.ts";

/** `login --with-token` against the two aws commands that it replaces. */
export async function benchLogin(report: Report, { checkout, cli }: World, runs: number): Promise<void> {
  const aws = findPeer("aws");
  if (aws === undefined) return;
  const token = (await cli.storedTokens()).at(-1);
  const login = `${token?.token};${token?.secret}`;
  const { stdout } = await cli.run(["status", "--json"]);
  const { identityId = "", identityPoolId = "" } = JSON.parse(stdout) as Record<string, string>;
  const logins = ["--logins", `api.twitter.com=${login}`];
  const endpoint = ["--endpoint-url", cli.variables["AWS_ENDPOINT_URL"] ?? ""];
  const getId = ["get-id", "--identity-pool-id", identityPoolId];
  const getCredentials = ["get-credentials-for-identity", "--identity-id", identityId];
  const commands: Omit<Command, "variables">[] = [
    {
      name: "login",
      command: process.execPath,
      args: [checkout.program, "login", "--with-token"],
      stdin: `${login}\n`,
    },
    { name: "get-id", command: aws, args: ["cognito-identity", ...getId, ...logins, ...endpoint] },
    {
      name: "get-credentials",
      command: aws,
      args: ["cognito-identity", ...getCredentials, ...logins, ...endpoint],
    },
  ];
  const times = await medians(
    commands.map((each) => ({ ...each, variables: cli.variables, cwd: checkout.root })),
    runs,
  );
  const of = (name: string): number => times.get(name) ?? Number.NaN;
  const ratio = of("login") / (of("get-id") + of("get-credentials"));
  report.row("login --with-token against two aws commands", "×", [ratio], { atMost: 0.35 });
}
