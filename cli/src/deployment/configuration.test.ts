import { describe, expect, it } from "vitest";
import { formatError } from "../errors.ts";
import { createFakeEnvironment, failure } from "../../test/fakes/fake-environment.ts";
import { Configuration, type Setting } from "./configuration.ts";

const name = "TWITTER_CONSUMER_KEY";

function find(
  files: Record<string, string>,
  { stage, variables = {} }: { stage?: string; variables?: Record<string, string> } = {},
): Promise<Setting | undefined> {
  const inProject = Object.entries(files).map(([file, text]) => [`/project/${file}`, text] as const);
  const environment = createFakeEnvironment({ files: Object.fromEntries(inProject), variables });
  return new Configuration(
    environment,
    {
      root: "/project",
      framework: undefined,
      marker: undefined,
      appName: undefined,
      region: undefined,
      profile: undefined,
    },
    stage,
  ).find(name);
}

const files = (...names: string[]): Record<string, string> =>
  Object.fromEntries(names.map((file) => [file, `${name}=from ${file}\n`]));

describe("a setting", () => {
  it.each([
    [[".env"], ".env"],
    [[".env", ".env.local"], ".env.local"],
    [[".env", ".env.local", ".env.prod"], ".env.prod"],
    [[".env", ".env.local", ".env.prod", ".env.prod.local"], ".env.prod.local"],
    [[".env", ".env.dev"], ".env"],
  ])("in %j comes from %s for the stage prod, as in SST", async (names, winner) => {
    expect(await find(files(...names), { stage: "prod" })).toEqual({
      value: `from ${winner}`,
      source: `/project/${winner}`,
      isFromProject: true,
    });
  });

  it("comes from no stage file without a stage", async () => {
    expect(await find(files(".env.prod", ".env.undefined"))).toBeUndefined();
  });

  it("from the environment wins", async () => {
    expect(await find(files(".env"), { variables: { [name]: " value " } })).toEqual({
      value: "value",
      source: `the environment variable ${name}`,
    });
  });

  it.each(["", "   "])("that is %j in the environment counts as unset", async (empty) => {
    expect((await find(files(".env"), { variables: { [name]: empty } }))?.source).toBe("/project/.env");
  });

  it("that is empty in a later file is unset, as in SST", async () => {
    expect(await find({ ...files(".env"), ".env.local": `${name}=\n` })).toBeUndefined();
    expect((await find({ ".env": `${name}=\n`, ...files(".env.local") }))?.value).toBe("from .env.local");
  });

  it.each([
    [`${name}=plain`, "plain"],
    [`export ${name}=plain`, "plain"],
    [`${name}="quoted # not a comment"`, "quoted # not a comment"],
    [`${name}='single'`, "single"],
    [`${name}=value # a comment`, "value"],
    [`# a comment\r\n\r\n${name}=crlf\r\n`, "crlf"],
    [`  ${name} = spaced  `, "spaced"],
    [`OTHER="a\nb\nc"\n${name}=after`, "after"],
    [`OTHER='${name}=inside'\n${name}=outside`, "outside"],
    [`${name}: yaml`, "yaml"],
    [`OTHER: "a\nb"\n${name}: 'c'`, "c"],
    [`\ufeff${name}=after a byte order mark`, "after a byte order mark"],
    [`A=1\r${name}=lone CR\r# a comment\r`, "lone CR"],
    [`A=1\n${name}=$A`, "$A"],
  ])("is read from %j", async (text, value) => {
    expect((await find({ ".env": text }))?.value).toBe(value);
  });

  it.each([
    ["TWITTER_CONSUMER_SECRET hush-hush", "line 1"],
    [`A=1\n\nhush-hush\nB=2`, "line 3"],
    ["=hush-hush", "line 1"],
    ["A=1\n<<<<<<< HEAD hush-hush", "line 2"],
    // dotenv ignores a colon without a space.
    [`${name}:hush-hush`, "line 1"],
    ['A="x\ny"\nhush-hush', "between its quoted values"],
    [`A=1\rhush-hush\rB=2`, "line 2"],
  ])("in an invalid file %j is an error that shows the line number, not the line", async (text, place) => {
    const error = await failure(() => find({ ".env": text }));
    expect(error).toMatchObject({ code: "invalid-configuration", exitCode: 2 });
    expect(error.message).toContain("/project/.env");
    expect(error.cause).toContain(place);
    expect(formatError(error).join("\n")).not.toContain("hush");
  });
});
