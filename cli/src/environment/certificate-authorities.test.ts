import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { expect, it, onTestFinished, vi } from "vitest";
import { failure } from "../../test/fakes/fake-environment.ts";
import { readCertificateAuthorities } from "./certificate-authorities.ts";

it.each([
  ["/nowhere/ca.pem", "the file does not exist"],
  ["/", "EISDIR: illegal operation on a directory, read"],
])("readCertificateAuthorities names the file %s and its source", async (file, cause) => {
  expect(await failure(() => readCertificateAuthorities({ "--cacert": file }))).toMatchObject({
    code: "invalid-configuration",
    message: `cannot read ${file} (--cacert)`,
    cause,
    fix: "name a file with PEM certificates",
  });
});

it("readCertificateAuthorities validates the same certificates once, for the signers of many users", () => {
  const validated = vi.spyOn(X509Certificate.prototype, "raw", "get");
  onTestFinished(() => validated.mockRestore());
  const folder = mkdtempSync(join(tmpdir(), "certificate-authorities-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "ca.pem");
  const [first = "", second = ""] = rootCertificates;
  const read = (): string[] => readCertificateAuthorities({ AWS_CA_BUNDLE: file });

  writeFileSync(file, first);
  expect(read()).toEqual([...rootCertificates, first]);
  expect(read()).toEqual([...rootCertificates, first]);
  expect(validated).toHaveBeenCalledTimes(1);

  writeFileSync(file, `${first}\n${second}`);
  expect(read()).toEqual([...rootCertificates, first, second]);
  expect(validated).toHaveBeenCalledTimes(3);
});
