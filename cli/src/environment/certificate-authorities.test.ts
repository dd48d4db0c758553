import { expect, it } from "vitest";
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
