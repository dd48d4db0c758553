import { describe, expect, it } from "vitest";
import { findProject } from "../deployment/project.ts";
import { createLibraryEnvironment } from "./library-environment.ts";

describe("the environment of a program that imports auth-cli", () => {
  it.each(["sst", "cdk", "amplify", "sam", "serverless"] as const)("is in a project of %s", (framework) => {
    expect(findProject(createLibraryEnvironment({ framework }).environment).framework).toBe(framework);
  });

  it("has no variables but those of addresses and proxies", () => {
    const { environment } = createLibraryEnvironment({
      variables: {
        CI: "1",
        AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
        HTTPS_PROXY: "http://proxy.example",
        no_proxy: "x",
      },
    });
    expect(environment.variables).toEqual({ HTTPS_PROXY: "http://proxy.example", no_proxy: "x" });
  });

  it("has no files and no credentials of a deployer", async () => {
    const { environment } = createLibraryEnvironment({});
    expect(environment.files.readText("/etc/passwd")).toBeUndefined();
    expect(await environment.findAwsCredentials({ profile: undefined, region: undefined })).toBeUndefined();
  });
});
