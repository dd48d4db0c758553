import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { authCliPath } from "@api-auth-twitter/test-support/auth-cli";
import { deployWorld, type DeployedWorld } from "@api-auth-twitter/test-support/deployed-world";
import { type Loaded, readLoaded } from "@api-auth-twitter/test-support/loaded-modules";
import { logInHere } from "./run-here.ts";

/** The files in dist, without the hashes in their names and without what the bundler shares between all of them. */
const namesOf = ({ files }: Loaded): string[] =>
  files
    .filter(({ name }) => name.startsWith("dist/"))
    .map(({ name }) => name.slice("dist/".length).replace(/-[\w-]{8}\.js$/, ".js"))
    .filter((name) => name !== "rolldown-runtime.js");

/** Node's own modules that one process has loaded and another has not. */
const beyond = ({ parts }: Loaded, floor: Loaded): string[] =>
  parts.filter((part) => !floor.parts.includes(part)).toSorted();

/** Start-up time is loading. Times vary with the machine, the list of modules does not. */
describe("a command", () => {
  let world: DeployedWorld;

  beforeAll(async () => {
    world = await deployWorld("prod");
    await logInHere(world.cli, "alice");
  });
  afterAll(async () => {
    await world.close();
  });

  const loadedBy = (args: readonly string[], variables: NodeJS.ProcessEnv = {}): Promise<Loaded> =>
    readLoaded(args, { cwd: world.app.folder, env: { ...world.cli.variables, ...variables } });
  const loaded = (...args: string[]): Promise<Loaded> => loadedBy([authCliPath, ...args]);

  test.each([
    [["--version"], ["main.js"]],
    [
      ["call", "/private"],
      ["main.js", "program.js"],
    ],
    [
      ["credentials", "--format", "env"],
      ["main.js", "program.js", "commands.js", "credentials.js", "shells.js"],
    ],
  ])("%j loads %j", async (args, files) => {
    expect(namesOf(await loaded(...args))).toEqual(files);
  });

  test("--version loads nothing of Node that `node -e 0` does not load", async () => {
    const floor = await loadedBy(["-e", "0"]);
    expect(beyond(await loaded("--version"), floor)).toEqual([]);
  });

  test("call loads no large part of Node that a bare node:http GET does not load", async () => {
    const { ApiEndpoint } = await world.outputs();
    const bare = await loadedBy([
      join(dirname(authCliPath), "../bench/bare-get.cjs"),
      `${ApiEndpoint}/public`,
    ]);
    const call = beyond(await loaded("call", "/private"), bare);
    for (const part of ["internal/deps/undici/undici", "internal/crypto/webcrypto", "perf_hooks", "https"])
      expect(call).not.toContain(part);
  });

  test("smoke loads the AWS SDK, and what reads templates and measures text", async () => {
    const names = namesOf(await loaded("smoke"));
    expect(names).toEqual(expect.arrayContaining(["cognito-identity.js", "smoke.js", "table.js"]));
    expect(names).not.toContain("doctor.js");
  });

  test("smoke --json measures no text, and parses no XML where nothing asks CloudFormation", async () => {
    const variables = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
    const loadedFiles = namesOf(await loadedBy([authCliPath, "smoke", "--json"], variables));
    expect(loadedFiles).toContain("smoke.js");
    expect(loadedFiles).not.toContain("table.js");
    expect(loadedFiles).not.toContain("control-plane.js");
  });
});
