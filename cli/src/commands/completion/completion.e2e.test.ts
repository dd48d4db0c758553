import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AuthCli, authCliPath, createAuthCli } from "@api-auth-twitter/test-support/auth-cli";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import { runProcess } from "@api-auth-twitter/test-support/run-process";
import { startTmux } from "@api-auth-twitter/test-support/tmux";

const shells = { fish: findPeer("fish"), zsh: findPeer("zsh") };
const bashCompletion = findPeer("bash_completion");
const tmux = findPeer("tmux");

const route = (key: string) => ({ Type: "AWS::ApiGatewayV2::Route", Properties: { RouteKey: key } });

describe("completion", () => {
  let folder: string;
  let cli: AuthCli;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "auth-cli-completion-"));
    cli = await createAuthCli(folder, {});
    await writeFile(join(folder, "sst.config.ts"), 'export default { config: () => ({ name: "notes" }) };');
    await mkdir(join(folder, ".sst"));
    const outputs = { ApiEndpoint: "https://a.example", IdentityPoolId: "us-east-1:0" };
    await writeFile(
      join(folder, ".sst/outputs.json"),
      JSON.stringify({ "prod-notes-S": outputs, "preview-notes-S": outputs }),
    );
    // As SST and CDK leave them.
    const keys = [
      "GET /private",
      "GET /public",
      "POST /items",
      "DELETE /items/{id}",
      "GET /items/{id}",
      "$default",
    ];
    const template = {
      Resources: {
        ...Object.fromEntries(keys.map((key, index) => [`Route${index}`, route(key)])),
        Pool: { Type: "AWS::Cognito::IdentityPool" },
      },
    };
    const stack = { type: "aws:cloudformation:stack", properties: { templateFile: "S.template.json" } };
    const manifest = { artifacts: { Tree: { type: "cdk:tree" }, "prod-notes-S": stack } };
    await mkdir(join(folder, ".sst/dist"));
    await writeFile(join(folder, ".sst/dist/manifest.json"), JSON.stringify(manifest));
    await writeFile(join(folder, ".sst/dist/S.template.json"), JSON.stringify(template));
  });
  afterAll(async () => {
    await cli.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const offered = async (...words: string[]): Promise<string[]> => {
    const { stdout, code } = await cli.run(["complete", "--", ...words]);
    expect(code).toBe(0);
    return stdout
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith(":"))
      .map((line) => line.split("\t")[0] ?? "");
  };

  test.each([
    [["st"], ["status"]],
    [["cred"], ["credentials"]],
    [["call", "--max"], ["--max-time"]],
    [["call", "--dry"], ["--dry-run"]],
    [
      ["smoke", "--stage", "p"],
      ["prod", "preview"],
    ],
    [
      ["credentials", "--format", "p"],
      ["process", "powershell"],
    ],
    [["completion", "z"], ["zsh"]],
    [
      ["call", "/p"],
      ["/private", "/public"],
    ],
    [["call", "DELETE", ""], ["/items/{id}"]],
    [["call", "-X", "POST", "/i"], ["/items"]],
    [["call", "D"], ["DELETE"]],
    [["call", "--stage", "prod", "/items/"], ["/items/{id}"]],
    [["smoke", "--route", "/pr"], ["/private"]],
    [["smoke", "--public", "/pu"], ["/public"]],
    [
      ["smoke", "--only", "cognito."],
      ["cognito.get-id", "cognito.get-credentials", "cognito.guest"],
    ],
    [["smoke", "--skip", "private.s"], ["private.signed"]],
    [
      ["logout", "--r"],
      ["--revoke", "--region"],
    ],
  ])("of %j offers %j", async (words, expected) => {
    expect(await offered(...words)).toEqual(expected);
  });

  test("offers nothing, and no error, where the outputs file is broken", async () => {
    const broken = await createAuthCli(cli.home, {});
    await mkdir(join(cli.home, ".sst"), { recursive: true });
    await writeFile(join(cli.home, ".sst/outputs.json"), "{");
    await mkdir(join(cli.home, ".sst/dist"));
    await writeFile(join(cli.home, ".sst/dist/manifest.json"), '{"artifacts":[1]');
    for (const words of [
      ["smoke", "--stage", ""],
      ["call", ""],
    ]) {
      const { code, stdout, stderr } = await broken.run(["complete", "--", ...words]);
      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: ":4\n", stderr: "" });
    }
    await broken.remove();
  });

  test("offers the stages of auth-cli.json and of a CDK app's outputs", async () => {
    const project = join(cli.home, "cdk");
    await mkdir(project);
    const stack = { Url: "https://a.execute-api.us-east-1.amazonaws.com", Pool: "us-east-1:0-0" };
    const files = {
      "cdk.json": {},
      "cdk-outputs.json": { "notes-prod": stack, "notes-dev": stack },
      "auth-cli.json": { stages: { qa: {} } },
    };
    for (const [name, content] of Object.entries(files))
      await writeFile(join(project, name), JSON.stringify(content));
    const ofCdk = await createAuthCli(project, {});
    const { stdout } = await ofCdk.run(["complete", "--", "smoke", "--stage", ""]);
    expect(stdout).toBe("qa\t\nnotes-prod\t\nnotes-dev\t\n:4\n");
    await ofCdk.remove();
  });

  test("does not offer values that a terminal would obey", async () => {
    const hostile = await createAuthCli(cli.home, {});
    await mkdir(join(cli.home, ".sst"), { recursive: true });
    await writeFile(join(cli.home, "sst.config.ts"), 'export default { config: () => ({ name: "notes" }) };');
    const keys = ["prod-notes-S", "a\u001b[2J-notes-S", "b\n:0-notes-S", "c\u202e-notes-S"];
    const outputs = { ApiEndpoint: "https://a.example", IdentityPoolId: "us-east-1:0" };
    await writeFile(
      join(cli.home, ".sst/outputs.json"),
      JSON.stringify(Object.fromEntries(keys.map((key) => [key, outputs]))),
    );
    const { stdout } = await hostile.run(["complete", "--", "smoke", "--stage", ""]);
    expect(stdout).toBe("prod\t\n:4\n");
    await hostile.remove();
  });

  test("does not offer values that a shell would obey", async () => {
    const hostile = await createAuthCli(cli.home, {});
    const harmless = ["/items/{id}", "/{proxy+}", "/é/a-b_c.d"];
    const harmful = [
      "$(id)",
      "`id`",
      "${HOME}",
      ";id",
      "|id",
      "&id",
      ">x",
      "'x",
      '"x',
      "\\x",
      " x",
      "*",
      "!x",
    ];
    await mkdir(join(cli.home, "cdk.out"), { recursive: true });
    const manifest = { artifacts: { a: { properties: { templateFile: "t.json" } } } };
    await writeFile(join(cli.home, "cdk.out/manifest.json"), JSON.stringify(manifest));
    const paths = [...harmless, ...harmful.map((text) => `/a${text}`)];
    const Resources = Object.fromEntries(paths.map((path, index) => [`R${index}`, route(`GET ${path}`)]));
    await writeFile(join(cli.home, "cdk.out/t.json"), JSON.stringify({ Resources }));
    const names = harmful.map((text) => [`${text}-notes-S`, {}]);
    await writeFile(
      join(cli.home, ".sst/outputs.json"),
      JSON.stringify({ "prod-notes-S": {}, ...Object.fromEntries(names) }),
    );
    const offers = async (...words: string[]): Promise<string[]> =>
      (await hostile.run(["complete", "--", ...words])).stdout
        .split("\n")
        .map((line) => line.split("\t")[0] ?? "");
    expect(await offers("call", "/")).toEqual([...harmless, ":4", ""]);
    expect(await offers("smoke", "--route", "")).toEqual([...harmless, ":4", ""]);
    expect(await offers("smoke", "--stage", "")).toEqual(["prod", ":4", ""]);
    await hostile.remove();
  });

  test("an unknown shell is refused by name: exit 2", async () => {
    const { code, stderr } = await cli.run(["completion", "tcsh"]);
    expect(stderr).toContain("bash, zsh, fish, powershell");
    expect(code).toBe(2);
  });

  test("the PowerShell script asks this program", async () => {
    expect((await cli.run(["completion", "powershell"])).stdout).toContain("auth-cli complete");
  });

  /** A PATH on which `auth-cli` is the built program. */
  const withProgram = async (): Promise<Record<string, string | undefined>> => {
    const bin = join(cli.home, "bin");
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, "auth-cli"), `#!/bin/sh\nexec "${process.execPath}" "${authCliPath}" "$@"\n`, {
      mode: 0o755,
    });
    return { ...cli.variables, PATH: `${bin}:${dirname(process.execPath)}:/usr/bin:/bin`, TERM: "dumb" };
  };

  test.skipIf(bashCompletion === undefined || tmux === undefined)(
    "works in a real bash, with the tab key",
    async () => {
      const terminal = await startTmux(tmux ?? "", { cwd: folder, env: await withProgram() });
      try {
        await terminal.type("PS1='READY> ' bash --norc --noprofile", "Enter");
        await terminal.type(
          `. ${bashCompletion}; . <(auth-cli completion bash); echo loaded$((1+1))`,
          "Enter",
        );
        await terminal.waitFor(/^loaded2$/m);
        await terminal.type("auth-cli smoke --stage pro", "Tab");
        expect(await terminal.waitFor(/auth-cli smoke --stage prod *$/m)).toHaveLength(1);
        await terminal.type("C-u", "auth-cli call /pri", "Tab");
        expect(await terminal.waitFor(/auth-cli call \/private *$/m)).toHaveLength(1);
      } finally {
        await terminal.close();
      }
    },
  );

  test.skipIf(bashCompletion === undefined)("bash runs nothing that was typed", async () => {
    const harmless = join(cli.home, "harmless");
    await writeFile(harmless, "kept");
    const script = `. ${bashCompletion}; . <(auth-cli completion bash); compopt() { :; }
      COMP_WORDS=(auth-cli status '>' "$FILE" '$(rm "$FILE")' '\`rm "$FILE"\`' --st); COMP_CWORD=6
      COMP_LINE="\${COMP_WORDS[*]}"; COMP_POINT=\${#COMP_LINE}; __auth_cli_complete; echo "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = await runProcess("bash", ["--noprofile", "--norc", "-c", script], {
      cwd: folder,
      env: { ...(await withProgram()), FILE: harmless },
    });
    expect(stdout, stderr).toBe("--stage\n");
    expect(await readFile(harmless, "utf8")).toBe("kept");
  });

  test.skipIf(shells.fish === undefined)("works in a real fish", async () => {
    const script = "auth-cli completion fish | source; complete --do-complete 'auth-cli smoke --stage pro'";
    const { stdout, stderr } = await runProcess(shells.fish ?? "", ["--no-config", "-c", script], {
      cwd: folder,
      env: await withProgram(),
    });
    expect(stdout, stderr).toMatch(/^prod\b/m);
  });

  test.skipIf(shells.zsh === undefined)("gives zsh a script that it can read", async () => {
    const { stdout } = await cli.run(["completion", "zsh"]);
    const script = join(cli.home, "_auth-cli");
    await writeFile(script, stdout);
    const { code, stderr } = await runProcess(shells.zsh ?? "", ["-f", "-n", script], {
      env: await withProgram(),
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
});
