import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AuthCli, createAuthCli } from "@api-auth-twitter/test-support/auth-cli";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import {
  type RecordedServices,
  startRecordedServices,
} from "@api-auth-twitter/test-support/recorded-services";
import { runProcess } from "@api-auth-twitter/test-support/run-process";

const ruby = findPeer("ruby");

/**
 * Writes a profile with twurl's own code: `to_hash` of its OAuth client, `<<` and `write` of its rc file.
 * @see https://github.com/twitter/twurl/blob/master/lib/twurl/rcfile.rb
 */
const authorize = `
require "yaml"
require "json"
data = {}
JSON.parse(ARGF.read).each do |client|
  profile = %w[username consumer_key consumer_secret token secret].inject({}) do |hash, attribute|
    value = client[attribute]
    hash[attribute] = value if value
    hash
  end
  data["profiles"] ||= {}
  data["profiles"][client["username"]] ||= {}
  data["profiles"][client["username"]][client["consumer_key"]] = profile
  data["configuration"] ||= {}
  data["configuration"]["default_profile"] ||= [client["username"], client["consumer_key"]]
end
data["aliases"] = { "me" => "/1.1/account/verify_credentials.json" }
File.open(ENV["TWURLRC"], File::RDWR | File::CREAT | File::TRUNC, 0600) { |file| file.write(data.to_yaml) }
`;

interface Client {
  username: string;
  consumer_key: string;
  consumer_secret: string;
  token: string;
  secret: string;
}

const client = (username: string, number: number): Client => ({
  username,
  consumer_key: `key${number}`,
  consumer_secret: `consumer-secret-${number}`,
  token: `${number}-token`,
  secret: `~token.secret+${number}/`,
});

describe.skipIf(ruby === undefined)("a .twurlrc written by Ruby", () => {
  let services: RecordedServices;
  let cli: AuthCli;
  let folder: string;
  let file: string;

  beforeAll(async () => {
    services = await startRecordedServices();
    folder = await mkdtemp(join(tmpdir(), "auth-cli-twurl-"));
    file = join(folder, "twurlrc");
    cli = await createAuthCli(folder, { AWS_ENDPOINT_URL_COGNITO_IDENTITY: services.url });
  });
  afterAll(async () => {
    await cli.remove();
    await services.close();
    await rm(folder, { recursive: true, force: true });
  });

  const write = async (clients: readonly Client[]): Promise<string> => {
    const { code, stderr } = await runProcess(ruby ?? "", ["-e", authorize], {
      env: { PATH: process.env["PATH"], TWURLRC: file, LANG: "C.UTF-8" },
      stdin: JSON.stringify(clients),
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    return readFile(file, "utf8");
  };
  const logIn = async (...args: string[]) => {
    const target = [
      "--endpoint",
      services.url,
      "--identity-pool-id",
      "eu-west-1:00000000-0000-4000-8000-000000000000",
    ];
    const ran = await cli.run(["login", "--from-twurl", file, "--force", "--json", ...target, ...args]);
    expect(ran.code, ran.stderr).toBe(0);
    return {
      screenName: (JSON.parse(ran.stdout) as { screenName: string }).screenName,
      tokens: await cli.storedTokens(),
    };
  };

  it("has the first authorized profile as default", async () => {
    const [alice, bob] = [client("alice", 1), client("bob", 2)];
    expect(await write([alice, bob])).toMatch(/default_profile:\n\s+- alice\n\s+- key1\n/);
    const { screenName, tokens } = await logIn();
    expect(screenName).toBe("alice");
    expect(tokens.at(-1)).toEqual({ token: alice.token, secret: alice.secret });
  });

  it.each(["no", "12345", "1e3", "0x1F", "2024_01_01", "null", "_", "Ünïcode"])(
    "has the profile of @%s, a name with a meaning in YAML",
    async (name) => {
      await write([client("alice", 1), client(name, 7)]);
      const { screenName, tokens } = await logIn("--user", name);
      expect(screenName).toBe(name);
      expect(tokens.at(-1)).toEqual({ token: "7-token", secret: client(name, 7).secret });
    },
  );
});
