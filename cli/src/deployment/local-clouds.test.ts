import { describe, expect, it } from "vitest";
import { reply } from "../../test/fakes/fake-environment.ts";
import { smokeWith } from "../../test/fakes/smoke-world.ts";
import { authCli, reportedError, steps } from "../../test/fakes/world.ts";
import type { DoctorReport } from "../commands/doctor/finding.ts";
import { AuthCliError } from "../errors.ts";

const folder = "/home/user/.local/state/auth-cli/local-clouds";
const stopped = { id: "one", folder: "/project", origins: ["http://127.0.0.1:38871"], environment: {} };
const running = {
  ...stopped,
  id: "two",
  origins: [],
  environment: { AWS_ENDPOINT_URL: "http://127.0.0.1:4566" },
};

async function call(
  records: readonly object[],
  answer = '{"id":"two"}',
  endpoint = "http://127.0.0.1:38871",
  variables: Record<string, string> = {},
): Promise<Record<string, string>> {
  const ran = await authCli(["call", "/private", "--json", "--endpoint", endpoint], {
    loggedIn: true,
    variables,
    files: Object.fromEntries(
      records.map((record, index) => [`${folder}/${index}.json`, JSON.stringify(record)]),
    ),
    answers: {
      "local.find": () => reply(200, answer),
      "api.call": () => {
        throw new AuthCliError("unreachable", { message: "cannot reach it", fix: "check the address" });
      },
    },
  });
  return reportedError(ran);
}

describe("a deployment on a local cloud that runs, in a terminal without its environment", () => {
  const api = "http://127.0.0.1:38872";
  const world = {
    files: {
      [`${folder}/0.json`]: JSON.stringify({ ...running, origins: [api] }),
    },
    answers: { "local.find": () => reply(200, '{"id":"two"}') },
  };
  const variables = { TWITTER_ACCESS_TOKEN: "42-token", TWITTER_ACCESS_TOKEN_SECRET: "secret" };
  const here = ["--endpoint", api, "--stage", "prod"];
  const error = {
    code: "missing-configuration",
    message: `the API ${api} is in a local cloud, and this terminal does not have its environment`,
    fix: 'run `eval "$(auth-cli local env)"`, then the command again',
  };

  it.each([["call", "/private"], ["login"], ["credentials"]])(
    "gets no token and no login: %s",
    async (...command) => {
      const ran = await authCli([...command, "--json", ...here], { ...world, variables });
      expect([ran.code, reportedError(ran)]).toEqual([2, expect.objectContaining(error)]);
      expect(steps(ran)).toEqual(["local.find"]);
    },
  );

  it("is checked without a request to Twitter, Cognito or CloudFormation", async () => {
    const ran = await smokeWith(here, {
      ...world,
      loggedIn: false,
      variables: { ...variables, AWS_ACCESS_KEY_ID: "AKIA", AWS_SECRET_ACCESS_KEY: "secret" },
    });
    expect(ran.failed).toEqual(["twitter.token", "cognito.guest"]);
    for (const name of ["twitter.token", "cognito.guest"] as const)
      expect(ran.check(name).error).toMatchObject(error);
    const hosts = ran.environment.requests.map(({ url }) => url.hostname);
    expect(new Set(hosts)).toEqual(new Set(["127.0.0.1"]));
  });

  it("is a fault of doctor", async () => {
    const ran = await authCli(["doctor", "--json", ...here], world);
    const { findings } = JSON.parse(ran.stdout) as DoctorReport;
    expect(findings.find(({ name }) => name === "deployment.endpoint")).toMatchObject({
      status: "fault",
      message: error.message,
      fix: error.fix,
    });
  });

  it("is called with the addresses of a login to it", async () => {
    const { AWS_ENDPOINT_URL: address } = running.environment;
    const ran = await authCli(["call", "/private", ...here], {
      ...world,
      loggedIn: true,
      variables: { AWS_ENDPOINT_URL: address },
    });
    expect([ran.code, steps(ran).includes("local.find")]).toEqual([0, false]);
  });
});

describe("a deployment on a local cloud that has stopped", () => {
  it("is named, with what to do", async () => {
    const error = await call([stopped]);
    expect(error).toMatchObject({
      code: "unreachable",
      message: "cannot reach it",
      cause: "that local cloud has stopped, and its deployments are gone",
      fix: expect.stringMatching(/^start it again and deploy: run `auth-cli local`, then `npx sst deploy/),
    });
  });

  it("needs no deploy when it has a state folder", async () => {
    const { fix } = await call([{ ...stopped, state: "/my state" }]);
    expect(fix).toBe("start it again: run `auth-cli local --state '/my state'`");
  });

  it("can be deployed to the one that runs now", async () => {
    const { fix } = await call([stopped, running]);
    expect(fix).toContain('run `eval "$(auth-cli local env)"`');
    // Another program has its port.
    expect((await call([stopped, running], "<html>"))["fix"]).toContain("start it again");
  });

  it("is not assumed when the local cloud runs, and only the API is gone", async () => {
    const owner = { ...running, origins: stopped.origins };
    for (const record of [owner, { ...owner, state: "/my state" }]) {
      expect(await call([record], undefined, undefined, owner.environment)).toMatchObject({
        cause: "that local cloud runs, but the API is no longer deployed to it",
        fix: expect.stringContaining("npx sst deploy") as unknown,
      });
    }
  });

  it.each([
    ["no local cloud has had the address", [running], undefined],
    ["the record is damaged", ["{", 3], undefined],
    ["the address is not on this computer", [stopped], "https://127.0.0.1.example.com"],
  ])("is not assumed when %s", async (_what, records, endpoint) => {
    const { fix, cause } = await call(records as object[], undefined, endpoint);
    expect([fix, cause]).toEqual(["check the address", undefined]);
  });
});
