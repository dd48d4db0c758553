import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { createFakeEnvironment } from "../../test/fakes/fake-environment.ts";
import { readProjectFile } from "./read-project-file.ts";

const schema = new URL("../../schema/auth-cli.schema.json", import.meta.url);
const ajv = new Ajv2020();
addFormats.default(ajv);
const validate = ajv.compile(JSON.parse(readFileSync(schema, "utf8")) as object);
const endpoint = "https://abc123.execute-api.eu-west-1.amazonaws.com";

describe("the schema of auth-cli.json", () => {
  it.each<unknown>([
    {},
    {
      $schema: "./node_modules/@api-auth-twitter/auth-cli/schema/auth-cli.schema.json",
      endpoint,
      identityPoolId: "eu-west-1:0f0e0d0c-0b0a-4900-8800-070605040302",
      routes: ["GET /notes", "/short"],
      publicRoutes: ["GET /health"],
      expectations: { "GET /notes": { status: 204 }, "GET /health": { body: "ok" } },
      allowGuests: true,
      stages: { dev: { outputs: "out/dev.json", api: "Notes" } },
    },
    { endpoint: 7 },
    { endpoint: "notes" },
    { identityPoolId: "eu-west-1_AbC" },
    { outputs: "../o.json" },
    { outputs: "/o.json" },
    { outputs: "C:\\o.json" },
    { outputs: "a/../../o.json" },
    { api: "" },
    { routes: ["notes"] },
    { routes: {} },
    { publicRoutes: [1] },
    { routes: ["/a"], expectations: { "/a": { status: 99 } } },
    { routes: ["/a"], expectations: { "/a": { status: 200.5 } } },
    { routes: ["/a"], expectations: { "/a": { text: "" } } },
    { routes: ["/a"], expectations: { "/a": [] } },
    { expectations: [] },
    { allowGuests: 1 },
    { stages: { "a b": {} } },
    { stages: { dev: { stages: {} } } },
    { stages: { dev: 1 } },
    { stage: {} },
    { toString: {} },
    [],
    null,
  ])("agrees with the program on %j", (content) => {
    const text = JSON.stringify(content);
    const environment = createFakeEnvironment({ files: { "/project/auth-cli.json": text } });
    let isAccepted = true;
    try {
      readProjectFile(environment, "/project/auth-cli.json");
    } catch {
      isAccepted = false;
    }
    expect(isAccepted).toBe(validate(JSON.parse(text)));
  });

  it("has the two kinds of content that it should tell apart", () => {
    expect(validate({ endpoint })).toBe(true);
    expect(validate({ endpoints: endpoint })).toBe(false);
  });
});
