import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";

import { afterEach, expect, it } from "vitest";

import { deployFunction } from "../../test/account-fixture.ts";
import { createAccount } from "../account.ts";
import { createSessions } from "../iam/sessions.ts";
import { type Certificate, createCertificate } from "../iot/certificate.ts";
import { createLambda } from "./lambda.ts";

const now = (): Date => new Date();

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

async function serve(certificate: Certificate): Promise<string> {
  const server = createServer(certificate, (_, response) => response.end());
  servers.push(server.listen(0, "127.0.0.1"));
  await once(server, "listening");
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

it.each([
  [
    "node:https",
    "(url) => new Promise((done, fail) => https.get(url, (r) => done(r.statusCode)).on('error', fail))",
  ],
  ["fetch", "async (url) => (await fetch(url)).status"],
])("a function trusts the given certificate and no other: %s", async (_name, get) => {
  const [trusted, other] = await Promise.all([createCertificate(), createCertificate()]);
  const account = createAccount("123456789012", "us-east-1");
  const lambda = createLambda({
    account,
    sessions: createSessions({ now }),
    now,
    log: () => {},
    caCertificate: trusted.cert,
  });
  try {
    const lambdaFunction = deployFunction(
      account,
      "f",
      `import https from "node:https"; const get = ${get}; export const handler = (url) => get(url);`,
    );
    expect(await lambda.invoke(lambdaFunction, await serve(trusted))).toEqual({ ok: true, payload: "200" });
    expect(await lambda.invoke(lambdaFunction, await serve(other))).toMatchObject({
      ok: false,
      errorMessage: expect.stringMatching(/fetch failed|self-signed/) as string,
    });
  } finally {
    await lambda.close();
  }
});
