import { expect, it } from "vitest";
import { s3Permissions } from "./s3-permissions.ts";

async function permissionsOf(
  method: string,
  url: string,
  { body = "", ...headers }: Record<string, string> = {},
): Promise<string[]> {
  const [path = "", query = ""] = url.split("?");
  const request = {
    method,
    path,
    query,
    headers: { host: "127.0.0.1:1", ...headers },
    body: Buffer.from(body),
  };
  const permissions = await s3Permissions(request as never);
  return permissions.map(({ action, resource }) => `${action} ${resource.replace("arn:aws:s3:::", "")}`);
}

it.each([
  ["GET", "/", ["s3:ListAllMyBuckets *"]],
  ["GET", "/b?list-type=2", ["s3:ListBucket b"]],
  ["HEAD", "/b", ["s3:ListBucket b"]],
  ["PUT", "/b", ["s3:CreateBucket b"]],
  ["DELETE", "/b", ["s3:DeleteBucket b"]],
  ["GET", "/b?location", ["s3:GetBucketLocation b"]],
  ["GET", "/b/k%20y", ["s3:GetObject b/k y"]],
  ["HEAD", "/b/k", ["s3:GetObject b/k"]],
  ["PUT", "/b/k", ["s3:PutObject b/k"]],
  ["POST", "/b/k?uploads", ["s3:PutObject b/k"]],
  ["DELETE", "/b/k", ["s3:DeleteObject b/k"]],
  ["DELETE", "/b/k?uploadId=1", ["s3:AbortMultipartUpload b/k"]],
])("%s %s needs %s", async (method, url, permissions) => {
  expect(await permissionsOf(method, url)).toEqual(permissions);
});

it("needs the source of a copy, and each object that is deleted", async () => {
  expect(await permissionsOf("PUT", "/b/k", { "x-amz-copy-source": "/a/s%2Ft" })).toEqual([
    "s3:PutObject b/k",
    "s3:GetObject a/s/t",
  ]);
  const body = "<Delete><Object><Key>x</Key></Object><Object><Key>y&amp;&#x41;</Key></Object></Delete>";
  expect(await permissionsOf("POST", "/b?delete", { body })).toEqual([
    "s3:DeleteObject b/x",
    "s3:DeleteObject b/y&A",
  ]);
});

it("needs each object that is deleted, however the XML is written", async () => {
  const body =
    '<Delete><Object><Key xml:space="preserve">x</Key></Object><Object><Key\n>y</Key ></Object></Delete>';
  expect(await permissionsOf("POST", "/b?delete", { body })).toEqual([
    "s3:DeleteObject b/x",
    "s3:DeleteObject b/y",
  ]);
  const chunked = {
    body: "13\r\n<Delete><Object><Ke\r\n1b\r\ny>z</Key></Object></Delete>\r\n0\r\n\r\n",
    "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
  };
  expect(await permissionsOf("POST", "/b?delete", chunked)).toEqual(["s3:DeleteObject b/z"]);
});

it("knows the bucket of a host name", async () => {
  expect(await permissionsOf("GET", "/k", { host: "b.localhost:1" })).toEqual(["s3:GetObject b/k"]);
});
