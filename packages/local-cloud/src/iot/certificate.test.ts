import { X509Certificate } from "node:crypto";
import { createServer } from "node:https";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { createCertificate } from "./certificate.ts";

it("is self-signed for loopback, and signs nothing else", async () => {
  const { cert } = await createCertificate(new Date("2026-03-01T12:00:00Z"));
  const certificate = new X509Certificate(cert);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.ca).toBe(false);
  expect([certificate.checkIP("127.0.0.1"), certificate.checkHost("localhost")]).toEqual([
    "127.0.0.1",
    "localhost",
  ]);
  expect([certificate.checkIP("127.0.0.2"), certificate.checkHost("example.com")]).toEqual([
    undefined,
    undefined,
  ]);
  expect([certificate.validFrom, certificate.validTo]).toEqual([
    "Feb 28 12:00:00 2026 GMT",
    "Mar  1 12:00:00 2027 GMT",
  ]);
});

it("is another one each time", async () => {
  const [one, other] = await Promise.all([createCertificate(), createCertificate()]);
  expect(new X509Certificate(one.cert).serialNumber).not.toBe(new X509Certificate(other.cert).serialNumber);
});

it("a client that has it trusts the server, another does not", async () => {
  const certificate = await createCertificate();
  const server = createServer(certificate, (_request, response) => response.end("trusted"));
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const get = (ca?: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      request({ host: "127.0.0.1", port, agent: false, ...(ca !== undefined && { ca }) }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });
  try {
    expect(await get(certificate.cert)).toBe(200);
    await expect(get()).rejects.toThrow("self-signed certificate");
  } finally {
    server.close();
  }
});
