import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeCertificate } from "@api-auth-twitter/test-support/certificate";
import { deployWorld } from "@api-auth-twitter/test-support/deployed-world";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import { runProcess } from "@api-auth-twitter/test-support/run-process";

const root = join(import.meta.dirname, "../..");
const openssl = findPeer("openssl");

/** Runs the scripted user in a new process: Node reads NODE_EXTRA_CA_CERTS only at its start. */
async function pinOverTls(url: string, authority: string): Promise<string> {
  const script = `
    const { answerAuthorizePage } = await import("@api-auth-twitter/test-support/authorize-page");
    console.log((await answerAuthorizePage(process.argv[1], { screenName: "alice" })).pin);`;
  const { stdout, stderr } = await runProcess(
    process.execPath,
    ["--import", "tsx", "--input-type=module", "--eval", script, url],
    { cwd: root, env: { PATH: process.env["PATH"], NODE_EXTRA_CA_CERTS: authority } },
  );
  if (stdout === "") throw new Error(stderr);
  return stdout.trim();
}

test.skipIf(openssl === undefined)(
  "the whole chain works over TLS only when the private authority is trusted",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "auth-cli-tls-"));
    const { file, ...tls } = await makeCertificate(folder, ["IP:127.0.0.1", "DNS:localhost"]);
    const world = await deployWorld("secure", undefined, {
      tls,
      variables: { NODE_EXTRA_CA_CERTS: file },
    });
    try {
      expect((await world.outputs()).ApiEndpoint).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
      const { code, stderr } = await world.cli.logIn((url) => pinOverTls(url, file));
      expect(code, stderr).toBe(0);
      expect((await world.cli.run(["smoke"])).code).toBe(0);

      const distrusting = await world.cli.run(["call", "/private"], {
        variables: { NODE_EXTRA_CA_CERTS: undefined },
      });
      expect(distrusting.stderr).toContain("its TLS certificate is not trusted");
      expect(distrusting.code).toBe(3);
      const bundled = await world.cli.run(["call", "/private"], {
        variables: { NODE_EXTRA_CA_CERTS: undefined, AWS_CA_BUNDLE: file },
      });
      expect(bundled.code, bundled.stderr).toBe(0);
    } finally {
      await world.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
);
