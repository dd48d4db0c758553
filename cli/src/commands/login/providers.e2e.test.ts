import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { deployWorld, type DeployedWorld } from "@api-auth-twitter/test-support/deployed-world";
import { type Claims, type OidcIssuer, startOidcIssuer } from "@api-auth-twitter/test-support/oidc-issuer";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import { startSecretService } from "@api-auth-twitter/test-support/secret-service";
import type { SstApp } from "@api-auth-twitter/test-support/sst-app";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { logInHere, type Ran, runHere } from "../../../test/run-here.ts";

const dbus = findPeer("dbus-run-session");
const gnomeKeyring = findPeer("gnome-keyring-daemon");

const google = "accounts.google.com";
const auth0 = "my-tenant.eu.auth0.com";
const userPools = "cognito-idp.us-east-1.amazonaws.com";
const stack = "stacks/ExampleStack.ts";

const now = (): number => Math.floor(Date.now() / 1000);

/** Adds Google, an OpenID Connect provider of IAM and a user pool to the stack's Twitter. */
async function addProviders(app: SstApp): Promise<void> {
  await app.edit(stack, /^/, 'import { CfnOIDCProvider } from "aws-cdk-lib/aws-iam";\n');
  await app.edit(
    stack,
    "  const auth = new Cognito(",
    `  const provider = new CfnOIDCProvider(stack, "Provider", {
    url: "https://${auth0}",
    clientIdList: ["auth0-client"],
    thumbprintList: ["${"0123456789".repeat(4)}"],
  });
  const auth = new Cognito(`,
  );
  await app.edit(stack, "      twitter,\n", '      twitter,\n      google: { clientId: "google-client" },\n');
  await app.edit(
    stack,
    "allowUnauthenticatedIdentities: false",
    "allowUnauthenticatedIdentities: false, openIdConnectProviderArns: [provider.attrArn]",
  );
  await app.edit(
    stack,
    "    IdentityPoolId:",
    "    UserPoolId: auth.userPoolId,\n    UserPoolClientId: auth.userPoolClientId,\n    IdentityPoolId:",
  );
  await app.edit(
    "packages/functions/src/private.ts",
    "{ statusCode: 200,",
    "{ statusCode: 200, headers: { amr: event.requestContext.authorizer?.iam?.cognitoIdentity?.amr.join() ?? '' },",
  );
}

describe("the chain with other identity providers of the pool", () => {
  const issuers: Record<string, OidcIssuer> = {};
  let world: DeployedWorld;
  let userPool: string;
  let appClient: string;

  beforeAll(async () => {
    for (const host of [google, auth0, userPools]) issuers[host] = await startOidcIssuer(host);
    const oidcIssuers = Object.fromEntries(Object.entries(issuers).map(([host, { url }]) => [host, url]));
    world = await deployWorld("prod", addProviders, { oidcIssuers });
    const outputs = (await world.outputs()) as unknown as { UserPoolId: string; UserPoolClientId: string };
    userPool = `${userPools}/${outputs.UserPoolId}`;
    appClient = outputs.UserPoolClientId;
  });
  afterAll(async () => {
    await world.close();
    await Promise.all(Object.values(issuers).map((issuer) => issuer.close()));
  });

  const providerOf = (kind: string): string => (kind === "a user pool" ? userPool : kind);
  const issuerOf = (provider: string): OidcIssuer => {
    const issuer = issuers[provider.split("/")[0] ?? ""];
    if (issuer === undefined) throw new Error(`no issuer of ${provider}`);
    return issuer;
  };
  const tokenOf = (provider: string, claims: Claims = {}): string => {
    const aud = { [google]: "google-client", [auth0]: "auth0-client" }[provider] ?? appClient;
    const sub = `user-of-${provider.split(/[./]/).at(-2) ?? ""}`;
    return issuerOf(provider).idToken({ iss: `https://${provider}`, aud, sub, ...claims });
  };
  const logIn = (provider: string, token: string, args: string[] = []): Promise<Ran> =>
    runHere(world.cli, ["login", "--login", `${provider}=-`, ...args], { stdin: `${token}\n` });
  const call = (user: string): Promise<Ran> =>
    runHere(world.cli, ["call", "/private", "--user", user, "--include"]);

  describe.each([
    [google, (provider: string) => `${provider}:google-client:`],
    [auth0, (provider: string) => `${provider}:OIDC:`],
    ["a user pool", (provider: string) => `${provider}:CognitoSignIn:`],
  ])("%s", (kind, amr) => {
    test("login, call, smoke, status", async () => {
      const provider = providerOf(kind);
      const email = `${kind.replace(/\W/g, "")}@example.com`;
      const login = await logIn(provider, tokenOf(provider, { email }));
      expect(login.code, login.stderr).toBe(0);
      const [, identityId = ""] =
        /^Logged in to prod as \S+ \(\S+\), identity (us-east-1:[\da-f-]{36})$/m.exec(login.stdout) ?? [];
      expect(login.stdout).toContain(`as ${email} (${provider}), identity us-east-1:`);

      const called = await call(email);
      expect(called.code, called.stderr).toBe(0);
      expect(called.stdout).toContain(`Hello ${identityId}!`);
      expect(called.stdout).toContain(`amr: authenticated,${provider},${amr(provider)}user-of-`);

      const smoke = await runHere(world.cli, ["smoke", "--json", "--user", email]);
      const { checks } = JSON.parse(smoke.stdout) as {
        checks: { name: string; status: string; error?: { message: string } }[];
      };
      expect(checks.filter(({ status }) => status !== "passed")).toMatchObject([
        {
          name: "twitter.token",
          status: "skipped",
          error: { message: expect.stringContaining(provider) as string },
        },
      ]);
      expect(checks.length).toBeGreaterThanOrEqual(13);
      expect(smoke.code).toBe(0);

      const status = await runHere(world.cli, ["status", "--json", "--user", email]);
      expect(JSON.parse(status.stdout)).toMatchObject({
        provider,
        name: email,
        identityId,
        credentialsFresh: true,
      });
    });

    test("gives each user one identity", async () => {
      const provider = providerOf(kind);
      const identity = async (claims: Claims): Promise<unknown> => {
        const { stdout } = await logIn(provider, tokenOf(provider, claims), ["--json"]);
        return (JSON.parse(stdout) as { identityId: string }).identityId;
      };
      const first = await identity({});
      expect(await identity({ jti: "another token" })).toBe(first);
      expect(await identity({ sub: "somebody-else" })).not.toBe(first);
    });
  });

  test("reads the token from a variable, without a stored login", async () => {
    const variables = { GOOGLE_ID_TOKEN: tokenOf(google) };
    const login = await runHere(world.cli, ["login", "--login", `${google}=env:GOOGLE_ID_TOKEN`], {
      variables,
    });
    expect(login.code, login.stderr).toBe(0);
    const given = {
      ...variables,
      AUTH_CLI_LOGIN: `${google}=env:GOOGLE_ID_TOKEN`,
      AUTH_CLI_CONFIG_DIR: `${world.cli.home}/nothing-here`,
    };
    expect((await runHere(world.cli, ["smoke"], { variables: given })).code).toBe(0);
  });

  test("keeps the login by Twitter", async () => {
    expect((await logIn(google, tokenOf(google, { email: "carol@example.com" }))).code).toBe(0);
    expect((await logInHere(world.cli, "alice")).code).toBe(0);
    expect((await call("alice")).stdout).toContain("amr: authenticated,api.twitter.com,");
    expect((await call("carol@example.com")).stdout).toContain(`amr: authenticated,${google},`);
    const { stdout, stderr, code } = await runHere(world.cli, [
      "logout",
      "--user",
      "carol@example.com",
      "--revoke",
    ]);
    expect(code, stderr).toBe(0);
    expect(stdout).toBe("Logged out carol@example.com from prod\n");
    expect(stderr).toContain(`note: removed the token of ${google} without revoking it`);
    expect((await call("alice")).code).toBe(0);
  });

  const tamperWith = (token: string): string => {
    const [header, , signature] = token.split(".");
    const claims = tokenOf(google, { sub: "admin" }).split(".")[1];
    return [header, claims, signature].join(".");
  };

  test.each<[string, string, () => string, string, RegExp]>([
    [
      "has expired",
      google,
      () => tokenOf(google, { exp: now() - 3600 }),
      "login-expired",
      /the token of accounts\.google\.com has expired: it was valid until \d{4}-/,
    ],
    [
      "another provider issued",
      google,
      () => tokenOf(auth0),
      "token-refused",
      /another provider issued it.*if the pool federates my-tenant\.eu\.auth0\.com/s,
    ],
    [
      "is for another client",
      auth0,
      () => tokenOf(auth0, { aud: "other-client" }),
      "token-refused",
      /for the client other-client, which the identity pool does not accept/,
    ],
    [
      "is for another app client",
      "a user pool",
      () => tokenOf(userPool, { aud: "other-client" }),
      "provider-refused",
      /does not federate this user pool, or not for the client other-client/,
    ],
    ["was changed", google, () => tamperWith(tokenOf(google)), "token-refused", /changed or cut off/],
    [
      "is unsigned",
      google,
      () => issuerOf(google).forgedToken("none", { aud: "google-client" }),
      "token-refused",
      /not an ID token with a signature/,
    ],
    [
      "is signed with the public key",
      google,
      () => issuerOf(google).forgedToken("HS256", { aud: "google-client" }),
      "token-refused",
      /another algorithm than RS256/,
    ],
    [
      "is not a JWT",
      google,
      () => "ya29.a0AfH6SMBxaccesstoken",
      "token-refused",
      /an access token or an authorization code/,
    ],
    [
      "is an access token",
      "a user pool",
      () => tokenOf(userPool, { aud: undefined, token_use: "access" }),
      "token-refused",
      /not the access token/,
    ],
    [
      "belongs to a provider that the pool does not have",
      "graph.facebook.com",
      () => "EAABwzLixnjYBO",
      "provider-refused",
      /facebook: \{ appId \}/,
    ],
    [
      "belongs to an OpenID Connect provider that the pool does not have",
      "other.eu.auth0.com",
      () => tokenOf(auth0),
      "provider-refused",
      /an AWS::IAM::OIDCProvider of https:\/\/other\.eu\.auth0\.com/,
    ],
  ])("explains a token that %s, and stores nothing", async (_name, kind, makeToken, code, says) => {
    const before = (await runHere(world.cli, ["status", "--json"])).stdout;
    const token = makeToken();
    const { code: exitCode, stdout, stderr } = await logIn(providerOf(kind), token, ["--json", "--debug"]);
    expect(stdout).toBe("");
    expect(exitCode).toBe(4);
    const { error } = JSON.parse(stderr.slice(stderr.indexOf("{\n"))) as {
      error: { code: string; step: string; cause: string; fix: string };
    };
    expect(error).toMatchObject({ code, step: "cognito.get-id" });
    expect(`${error.cause}\n${error.fix}`).toMatch(says);
    expect(`${error.cause} ${error.fix}`).not.toContain("Twitter");
    expect(token.split(".").filter((part) => part.length > 20 && stderr.includes(part))).toEqual([]);
    expect((await runHere(world.cli, ["status", "--json"])).stdout).toBe(before);
  });

  test("exits with 4 instead of renewing credentials when the token has expired", async () => {
    // Cognito accepts a token for five minutes after its expiry. This one has about three seconds left.
    const login = await logIn(google, tokenOf(google, { email: "brief@example.com", exp: now() - 297 }));
    expect(login.code, login.stderr).toBe(0);
    expect((await call("brief@example.com")).code).toBe(0);
    const renew = async (): Promise<number | null> => {
      await world.cli.expireCredentials();
      return (await call("brief@example.com")).code;
    };
    await expect.poll(renew, { timeout: 10_000, interval: 1000 }).toBe(4);
    const { stderr } = await call("brief@example.com");
    expect(stderr).toMatch(
      /^error: cognito\.get-credentials: NotAuthorizedException: Invalid login token\. Token expired/,
    );
    expect(stderr).toMatch(/^fix: .*`auth-cli login --login accounts\.google\.com=-`$/m);
    const smoke = await runHere(world.cli, ["smoke", "--user", "brief@example.com"]);
    expect(smoke.code).toBe(1);
    expect(smoke.stdout).toContain("Token expired");
  });

  test.skipIf(dbus === undefined || gnomeKeyring === undefined)(
    "stores a token of 6 kB in the keyring, not in the file",
    async () => {
      const service = await startSecretService(dbus ?? "", gnomeKeyring ?? "");
      try {
        const variables = { AUTH_CLI_STORE: undefined, ...service.variables };
        const stdin = tokenOf(google, { email: "large@example.com", groups: "g".repeat(4500) });
        expect(stdin.length).toBeGreaterThan(6000);
        const login = await world.cli.run(["login", "--login", `${google}=-`], { stdin, variables });
        expect(login.code, login.stderr).toBe(0);
        expect(login.stderr).not.toMatch(/keyring/);
        const file = await readFile(join(world.cli.home, "config/auth-cli/sessions.json"), "utf8");
        expect(file).not.toContain(stdin.split(".")[2]);
        await world.cli.expireCredentials();
        const args = ["--user", "large@example.com"];
        const called = await world.cli.run(["call", "/private", ...args], { variables });
        expect(called.stdout, called.stderr).toMatch(/^Hello us-east-1:/);
        expect((await world.cli.run(["logout", ...args], { variables })).code).toBe(0);
      } finally {
        await service.close();
      }
    },
  );

  test("prints no token", async () => {
    const token = tokenOf(google, { email: "secret@example.com" });
    const variables = { GOOGLE_ID_TOKEN: token, AUTH_CLI_LOGIN: `${google}=env:GOOGLE_ID_TOKEN` };
    const stdin = `${token}\n`;
    const outputs: string[] = [];
    for (const run of [
      () => world.cli.run(["login", "--login", `${google}=-`, "--debug"], { stdin }),
      () => world.cli.run(["login", "--login", `${google}=-`, "--trace", "--json"], { stdin }),
      () => world.cli.run(["login", "--login", `${google}=${token}`, "--debug"]),
      () => world.cli.run(["login", "--login", `${token}=-`, "--debug"]),
      () => world.cli.run(["login", "--login", token, "--debug"]),
      () => world.cli.run(["login", token, "--debug"]),
      () => world.cli.run(["call", "/private", "--verbose", "--trace", "--debug"], { variables }),
      () => world.cli.run(["call", "/private", "--dry-run"], { variables }),
      () => world.cli.run(["smoke", "--debug"], { variables }),
      () => world.cli.run(["smoke", "--json"], { variables }),
      () => world.cli.run(["status", "--debug"], { variables }),
      () => world.cli.run(["status", "--json", "--user", "secret@example.com"]),
      () => world.cli.run(["doctor", "--json"], { variables }),
      () => world.cli.run(["logout", "--user", "secret@example.com", "--revoke", "--debug"]),
    ]) {
      const { stdout, stderr } = await run();
      outputs.push(stdout, stderr);
    }
    const printed = outputs.join("\n");
    expect(printed).toContain("debug: ");
    expect(printed.length).toBeGreaterThan(5000);
    const [, claims = "", signature = ""] = token.split(".");
    for (const secret of [
      token,
      claims,
      signature,
      encodeURIComponent(token),
      Buffer.from(token).toString("base64"),
    ])
      expect(printed.includes(secret), "a token was printed").toBe(false);
  });
});

test("the Auth0 federation of SST's Cognito construct works", async () => {
  const issuer = await startOidcIssuer(auth0);
  try {
    const world = await deployWorld(
      "auth0",
      (app) =>
        app.edit(
          stack,
          "      twitter,\n",
          `      auth0: { domain: "${auth0}", clientId: "auth0-client" },\n`,
        ),
      { oidcIssuers: { [auth0]: issuer.url } },
    );
    try {
      const stdin = issuer.idToken({ aud: "auth0-client", sub: "auth0|5f7c8ec7c33c6c004bbafe82" });
      const login = await runHere(world.cli, ["login", "--login", `${auth0}=-`], { stdin });
      expect(login.code, login.stderr).toBe(0);
      expect((await runHere(world.cli, ["call", "/private"])).stdout).toMatch(/^Hello us-east-1:/);
      const twitter = await logInHere(world.cli, "alice");
      expect(twitter.code).toBe(4);
      await world.remove("auth0");
    } finally {
      await world.close();
    }
  } finally {
    await issuer.close();
  }
});
