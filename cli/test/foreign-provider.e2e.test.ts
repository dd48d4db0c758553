import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { deployWorld } from "@api-auth-twitter/test-support/deployed-world";
import { startOAuthlibProvider } from "@api-auth-twitter/test-support/oauthlib-provider";
import { findPython } from "@api-auth-twitter/test-support/python";

const python = findPython({ oauthlib: "python3-oauthlib" });

test.skipIf(python === undefined)("login completes the PIN flow against a provider by oauthlib", async () => {
  const clientCredentials = { key: randomBytes(12).toString("hex"), secret: randomBytes(24).toString("hex") };
  const provider = await startOAuthlibProvider(python ?? "", clientCredentials);
  try {
    const world = await deployWorld("foreign", undefined, { clientCredentials, twitterApiUrl: provider.url });
    try {
      world.cli.variables["TWITTER_API_URL"] = provider.url;
      const { code, stdout, stderr } = await world.cli.logIn(async (url) => {
        const page = await (await fetch(url)).text();
        return /<code[^>]*>(\w+)<\/code>/.exec(page)?.[1];
      });
      expect(stderr).toContain(`${provider.url}/oauth/authorize?oauth_token=`);
      expect(code, stderr).toBe(0);
      expect(stdout).toContain("Logged in to foreign as @python_user");
      expect((await world.cli.run(["smoke"])).code).toBe(0);
    } finally {
      await world.close();
    }
  } finally {
    await provider.close();
  }
});
