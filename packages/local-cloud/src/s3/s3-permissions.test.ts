import { expect, it } from "vitest";
import { s3Permissions } from "./s3-permissions.ts";

function permissionsOf(method: string, url: string, { body = "", ...headers }: Record<string, string> = {}) {
  const [path = "", query = ""] = url.split("?");
  const request = {
    method,
    path,
    query,
    headers: { host: "127.0.0.1:1", ...headers },
    body: Buffer.from(body),
  };
  return s3Permissions(request as never).map(
    ({ action, resource }) => `${action} ${resource.replace("arn:aws:s3:::", "")}`,
  );
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
])("%s %s needs %s", (method, url, permissions) => {
  expect(permissionsOf(method, url)).toEqual(permissions);
});

it("needs the source of a copy, and each object that is deleted", () => {
  expect(permissionsOf("PUT", "/b/k", { "x-amz-copy-source": "/a/s%2Ft" })).toEqual([
    "s3:PutObject b/k",
    "s3:GetObject a/s/t",
  ]);
  const body = "<Delete><Object><Key>x</Key></Object><Object><Key>y&amp;&#x41;</Key></Object></Delete>";
  expect(permissionsOf("POST", "/b?delete", { body })).toEqual([
    "s3:DeleteObject b/x",
    "s3:DeleteObject b/y&A",
  ]);
});

it("knows the bucket of a host name", () => {
  expect(permissionsOf("GET", "/k", { host: "b.localhost:1" })).toEqual(["s3:GetObject b/k"]);
});
