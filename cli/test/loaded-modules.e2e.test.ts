import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { authCliPath } from "@api-auth-twitter/test-support/auth-cli";
import { deployWorld, type DeployedWorld } from "@api-auth-twitter/test-support/deployed-world";
import { type Loaded, readLoaded } from "@api-auth-twitter/test-support/loaded-modules";

/** Of the program, without the build's hashes and without caches. */
const namesOf = ({ files }: Loaded): string[] =>
  files
    .map(({ name }) => name.replace(/-[A-Z0-9]{8}\.js$/, ".js"))
    .filter((name) => !name.endsWith(".cache"));

/** Parts of Node that one process has loaded and another has not. */
const beyond = ({ parts }: Loaded, floor: Loaded): string[] =>
  parts.filter((part) => !floor.parts.includes(part)).toSorted();

/** Start-up is what is loaded; times vary with the machine, the list does not. */
describe("what a command does not use it does not load", () => {
  let world: DeployedWorld;

  beforeAll(async () => {
    world = await deployWorld("prod");
    await world.cli.logIn("alice");
  });
  afterAll(async () => {
    await world.close();
  });

  const loadedBy = (...args: string[]): Promise<Loaded> =>
    readLoaded(args, { cwd: world.app.folder, env: world.cli.variables });
  const loaded = (...args: string[]): Promise<Loaded> => loadedBy(authCliPath, ...args);

  test.each([
    [["--version"], ["main-version.js"]],
    [["complete", "--", "smoke", "--stage", ""], ["main-complete.js"]],
    [["complete", "--", "call", ""], ["main-complete.js"]],
    [["call", "/private"], ["main.js"]],
    [
      ["credentials", "--format", "env"],
      ["main.js", "parts/credentials.js"],
    ],
  ])("%j loads %j", async (args, files) => {
    expect(namesOf(await loaded(...args))).toEqual([
      "bin/auth-cli.cjs",
      ...files.map((file) => `dist/${file}`),
    ]);
  });

  test("what is asked all day long needs next to nothing of Node that `node -e 0` has not loaded", async () => {
    const floor = await loadedBy("-e", "0");
    expect(["vm"]).toEqual(expect.arrayContaining(beyond(await loaded("--version"), floor)));
    const completion = await loaded("complete", "--", "smoke", "--stage", "");
    expect(["vm"]).toEqual(expect.arrayContaining(beyond(completion, floor)));
  });

  test("call needs next to nothing of Node that a bare node:http GET has not loaded", async () => {
    const { ApiEndpoint } = await world.outputs();
    const bare = await loadedBy(join(dirname(authCliPath), "../bench/bare-get.cjs"), `${ApiEndpoint}/public`);
    const call = await loaded("call", "/private");
    expect(["vm"]).toEqual(expect.arrayContaining(beyond(call, bare)));
  });

  test("smoke needs the AWS SDK, and what reads templates and measures text", async () => {
    const files = namesOf(await loaded("smoke"));
    expect(files.filter((file) => file.includes("vendor")).toSorted()).toEqual([
      "dist/vendor/aws-sdk-client-cognito-identity.js",
      "dist/vendor/rgrove-parse-xml.js",
      "dist/vendor/string-width.js",
    ]);
  });
});
