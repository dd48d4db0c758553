import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AuthCli, authCliPath, createAuthCli } from "@api-auth-twitter/test-support/auth-cli";
import { freePort } from "@api-auth-twitter/test-support/free-port";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import { combinations } from "@api-auth-twitter/test-support/test-runs";
import { startTmux } from "@api-auth-twitter/test-support/tmux";
import { startOidcIssuer } from "@api-auth-twitter/test-support/oidc-issuer";

const tmux = findPeer("tmux");
const anyPorts = ["--port", "0", "--twitter-port", "0"];

describe("auth-cli local", () => {
  let folder: string;
  let cli: AuthCli;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "auth-cli-local-"));
    cli = await createAuthCli(folder, { AWS_PROFILE: "mine", AWS_SESSION_TOKEN: "mine" });
  });
  afterAll(async () => {
    await cli.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const inside = async (script: string, flags: string[] = anyPorts): ReturnType<AuthCli["run"]> =>
    cli.run(["local", ...flags, "--", process.execPath, "-e", script]);

  test("runs a command in its environment and exits with its code", async () => {
    const { code, stdout } = await inside("console.log(JSON.stringify(process.env)); process.exitCode = 7");
    const variables = JSON.parse(stdout) as Record<string, string>;
    expect(code).toBe(7);
    expect(variables).toMatchObject({
      AWS_ENDPOINT_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      TWITTER_API_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      AWS_REGION: "us-east-1",
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_EC2_METADATA_DISABLED: "true",
      NODE_EXTRA_CA_CERTS: expect.stringMatching(/\.pem$/),
      SST_TELEMETRY_DISABLED: "1",
      CDK_DISABLE_CLI_TELEMETRY: "true",
    });
    for (const name of [
      "AWS_ACCESS_KEY_ID",
      "AWS_SECRET_ACCESS_KEY",
      "TWITTER_CONSUMER_KEY",
      "TWITTER_CONSUMER_SECRET",
    ]) {
      expect(variables[name], name).toMatch(/^\S{10,}$/);
    }
    expect(variables).not.toHaveProperty("AWS_PROFILE");
    expect(variables).not.toHaveProperty("AWS_SESSION_TOKEN");
  });

  test("uses the consumer key and secret in the project's .env files", async () => {
    await writeFile(
      join(folder, ".env"),
      "TWITTER_CONSUMER_KEY=from-dotenv\nTWITTER_CONSUMER_SECRET=first-of-all\n",
    );
    await writeFile(join(folder, ".env.local"), "TWITTER_CONSUMER_SECRET=overridden\n");
    const { stdout } = await inside(
      "console.log(process.env.TWITTER_CONSUMER_KEY, process.env.TWITTER_CONSUMER_SECRET)",
    );
    expect(stdout).toBe("from-dotenv overridden\n");
  });

  test("adds its certificate to the ones that the command trusts already", async () => {
    const own = join(folder, "own.pem");
    await writeFile(own, "-----BEGIN CERTIFICATE-----\nown\n-----END CERTIFICATE-----\n");
    const print = "process.stdout.write(require('fs').readFileSync(process.env.NODE_EXTRA_CA_CERTS))";
    const { stdout } = await cli.run(["local", ...anyPorts, "--", process.execPath, "-e", print], {
      variables: { NODE_EXTRA_CA_CERTS: own },
    });
    const [first = "", second, ...more] = stdout.match(/-----BEGIN[^]*?-----END CERTIFICATE-----\n/g) ?? [];
    expect(new X509Certificate(first).subjectAltName).toBe("IP Address:127.0.0.1, DNS:localhost");
    expect(second).toBe(await readFile(own, "utf8"));
    expect(more).toEqual([]);
  });

  test("says how a client comes to trust the certificate of AWS IoT", async () => {
    const aws4fetch = createRequire(import.meta.url).resolve("aws4fetch");
    const { stdout, stderr } = await inside(`
      const { AwsClient } = require(${JSON.stringify(aws4fetch)});
      const { connect, rootCertificates } = require("node:tls");
      const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = process.env;
      const aws = new AwsClient({ accessKeyId, secretAccessKey, service: "iot", region: "us-east-1" });
      const describe = aws.fetch(process.env.AWS_ENDPOINT_URL + "/endpoint?endpointType=iot:Data-ATS");
      describe.then((reply) => reply.json()).then(({ endpointAddress }) => {
        const [host, port] = endpointAddress.split(":");
        connect({ host, port }, function () {
          console.log("trusted");
          this.end("GET / HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n");
          connect({ host, port, ca: rootCertificates }).on("error", (error) => console.log(error.code));
        });
      });`);
    expect(stdout).toBe("trusted\nDEPTH_ZERO_SELF_SIGNED_CERT\n");
    expect(stderr).toMatch(
      /local cloud: iot: a client seems not to trust the certificate: .* NODE_EXTRA_CA_CERTS/,
    );
  });

  test("stops when the command ends", async () => {
    const { stdout } = await inside("console.log(process.env.AWS_ENDPOINT_URL)");
    await expect(fetch(stdout.trim())).rejects.toThrow("fetch failed");
  });

  test("exits with 2 and names a command that does not exist", async () => {
    const { code, stderr } = await cli.run(["local", ...anyPorts, "--", "no-such-command"]);
    expect(stderr).toContain("cannot run no-such-command");
    expect(code).toBe(2);
  });

  test("exits with 2 and names the process that holds the port", async () => {
    const server = await listen();
    const { port } = server.address() as { port: number };
    const { code, stderr } = await inside("", ["--port", String(port), "--twitter-port", "0"]);
    server.close();
    expect(stderr).toContain(`port ${port}`);
    expect(stderr).toMatch(/cause: .*(process \d+|another program)/);
    expect(stderr).toContain("--port 0");
    expect(code).toBe(2);
  });

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "prints the environment, waits, and exits with 0 on %s",
    async (signal) => {
      const child = spawn(process.execPath, [authCliPath, "local", ...anyPorts], {
        cwd: folder,
        env: cli.variables,
      });
      try {
        const url = await printed(child, /export AWS_ENDPOINT_URL=(\S+)/);
        expect((await fetch(url)).status).toBeGreaterThanOrEqual(400);
        const ended = exitCode(child);
        child.kill(signal);
        expect(await ended).toBe(0);
      } finally {
        child.kill("SIGKILL");
      }
    },
  );

  test("reports a rejection that nothing has caught as an internal error, without stack and secrets", async () => {
    const project = await mkdtemp(join(folder, "crash-"));
    await writeFile(
      join(project, ".env"),
      "TWITTER_CONSUMER_KEY=from-dotenv\nTWITTER_CONSUMER_SECRET=the-consumer-secret\n",
    );
    const preload = join(project, "crash.cjs");
    await writeFile(
      preload,
      'process.on("SIGUSR2", () => void Promise.reject(new Error("boom the-consumer-secret")));',
    );
    const child = spawn(process.execPath, ["--require", preload, authCliPath, "local", ...anyPorts], {
      cwd: project,
      env: cli.variables,
    });
    let shown = "";
    child.stderr.on("data", (chunk: Buffer) => (shown += chunk.toString()));
    try {
      await printed(child, /export AWS_ENDPOINT_URL=(\S+)/);
      const ended = exitCode(child);
      child.kill("SIGUSR2");
      expect(await ended).toBe(1);
      const report =
        "boom [consumer secret]\ncause: this is a bug in auth-cli\nfix: run the command again with --debug";
      expect(shown).toMatch(/^error: /m);
      expect(shown.slice(shown.indexOf("error: "))).toBe(`error: ${report} and report the output\n`);
    } finally {
      child.kill("SIGKILL");
    }
  });

  test("env prints the variables of the local cloud that runs, for each shell", async () => {
    const none = await cli.run(["local", "env"]);
    expect(none.stderr).toContain(
      "error: no local cloud runs\nfix: run `auth-cli local` in another terminal",
    );
    expect(none.code).toBe(2);
    const script = `
      const { execFileSync } = require("node:child_process");
      const env = { ...process.env, AWS_ENDPOINT_URL: undefined, AWS_PROFILE: "mine" };
      const run = (...words) => execFileSync(process.execPath, [${JSON.stringify(authCliPath)}, ...words], { env, encoding: "utf8" });
      const bash = 'eval "$("$0" "$1" local env)"; echo "$AWS_ENDPOINT_URL$AWS_PROFILE"';
      console.log(JSON.stringify({
        url: process.env.AWS_ENDPOINT_URL,
        bash: execFileSync("bash", ["-c", bash, process.execPath, ${JSON.stringify(authCliPath)}], { env, encoding: "utf8" }).trim(),
        fish: run("local", "env", "fish"),
        powershell: run("local", "env", "powershell"),
        program: run("local", "--port", "0", "--twitter-port", "0", "--", "env").includes("AWS_ENDPOINT_URL="),
      }));`;
    const { stdout, stderr } = await inside(script);
    const { url, bash, fish, powershell, program } = JSON.parse(stdout || "{}") as Record<string, string>;
    expect(bash, stderr).toBe(url);
    expect(fish).toContain(`set -gx AWS_ENDPOINT_URL ${url};\n`);
    expect(powershell).toContain(`$Env:AWS_ENDPOINT_URL="${url}"\n`);
    expect(program).toBe(true);
    const wrong = await cli.run(["local", "env", "csh"]);
    expect(wrong.stderr).toContain("the shells are bash, zsh, fish, powershell");
    expect(wrong.code).toBe(2);
  });

  test("fast-forward lets time pass in the local cloud that runs", async () => {
    const { stdout, stderr } = await inside(`
      const { spawnSync } = require("node:child_process");
      const run = (...words) => spawnSync(process.execPath, [${JSON.stringify(authCliPath)}, "local", "fast-forward", ...words], { encoding: "utf8" });
      const [one, wrong] = [run("5m"), run("soon")];
      console.log(JSON.stringify({ codes: [one.status, wrong.status], said: one.stderr, wrong: wrong.stderr }));`);
    const { codes, said, wrong } = JSON.parse(stdout || "{}") as Record<string, unknown>;
    expect(codes, stderr).toEqual([0, 2]);
    expect(said).toContain("Schedules that were due have run.");
    expect(wrong).toContain('error: invalid duration "soon"\nfix: run `auth-cli local fast-forward 5m`');
  });

  /** Start file, its lines, and the history. */
  const shells = {
    bash: [".bashrc", "PS1='mine> '; export AWS_PROFILE=mine", ".bash_history"],
    zsh: [".zshrc", "PS1='mine> ' HISTFILE=~/.history SAVEHIST=9; export AWS_PROFILE=mine", ".history"],
    fish: [
      ".config/fish/config.fish",
      "function fish_prompt; echo -n 'mine> '; end; set -gx AWS_PROFILE mine",
      ".local/share/fish/fish_history",
    ],
  } as const;
  const ends = ["exit 3", "Ctrl-D", "SIGTERM", "closed terminal"] as const;
  const names = ["bash", "zsh", "fish"] as const;

  test.runIf(tmux !== undefined).each(combinations(names, ends))(
    "--shell opens %s, whose prompt says where it is, and leaves nothing behind: %s",
    async (name, end) => {
      const home = await mkdtemp(join(folder, "home-"));
      const temporary = join(home, "tmp");
      const [profile, lines, history] = shells[name];
      await mkdir(temporary);
      // Else fish makes its completions now, and longer than the test.
      await mkdir(join(home, ".local/share/fish/generated_completions"), { recursive: true });
      await mkdir(dirname(join(home, profile)), { recursive: true });
      await writeFile(join(home, profile), `${lines}\nalias greet='echo hello from a start file'\n`);
      const paths = {
        HOME: home,
        TMPDIR: temporary,
        XDG_CONFIG_HOME: undefined,
        SHELL: name === "bash" ? "/bin/bash" : findPeer(name),
      };
      const terminal = await startTmux(tmux ?? "", { cwd: folder, env: { ...cli.variables, ...paths } });
      try {
        await terminal.type(
          `${process.execPath} ${authCliPath} local ${anyPorts.join(" ")} --shell`,
          "Enter",
        );
        await terminal.waitFor(/^\(local cloud\) mine> $/m);
        // Interrupts the shell alone, however often.
        for (const line of ["one", "two", "three"]) {
          await terminal.type(line);
          await terminal.waitFor(new RegExp(String.raw`mine> ${line}\s*$`));
          await terminal.type("C-c");
          await terminal.waitFor(/mine>\s*$/);
        }
        await terminal.type("greet", "Enter");
        await terminal.waitFor(/^hello from a start file$/m);
        await terminal.type(
          "sh -c 'echo program $(ps -o ppid= -p $PPID) [$AWS_PROFILE] $AWS_ENDPOINT_URL'",
          "Enter",
        );
        const [, program = "", url = ""] = await terminal.waitFor(/^program (\d+) \[\] (http:\S+)$/m);
        expect((await fetch(url)).status).toBe(403);
        if (end === "closed terminal") await terminal.close();
        else {
          if (end === "SIGTERM") process.kill(Number(program), "SIGTERM");
          else if (end === "Ctrl-D") await terminal.type("sh -c 'exit 3'", "Enter", "C-d");
          else await terminal.type(end, "Enter");
          // What is typed too early, the shell that ends reads.
          await terminal.waitFor(/[#$] $/m);
          await terminal.type("echo code $?", "Enter");
          const code = end === "exit 3" || (end === "Ctrl-D" && name !== "fish") ? "3" : String.raw`\d+`;
          await terminal.waitFor(new RegExp(`^code ${code}$`, "m"));
        }
        await expect.poll(() => isRunning(Number(program)), { timeout: 10_000 }).toBe(false);
        await expect(fetch(url)).rejects.toThrow("fetch failed");
        // Node and fish leave folders of their own.
        const left = (await readdir(temporary)).filter((entry) => !/^(node|fish)/.test(entry));
        expect(left).toEqual([]);
        expect(await readFile(join(home, history), "utf8")).toContain("greet");
      } finally {
        await terminal.close();
      }
    },
  );

  test("--state goes on after it was killed, and names what it cannot use", async () => {
    const state = join(folder, "state of mine");
    const startOne = async (...ports: string[]): Promise<[ChildProcess, string]> => {
      const args = [authCliPath, "local", ...ports, "--state", state];
      const child = spawn(process.execPath, args, { cwd: folder, env: cli.variables });
      return [child, await printed(child, /((?:^export .*\n)+)/m)];
    };
    const [first, printedFirst] = await startOne(...anyPorts);
    const other = await inside("", [...anyPorts, "--state", state]);
    expect(other.stderr).toContain(
      `error: another local cloud uses ${state}\ncause: process ${first.pid} uses it`,
    );
    expect(other.code).toBe(2);
    const killed = exitCode(first);
    first.kill("SIGKILL");
    await killed;
    // On the ports of the state, not on those of a start without it.
    const [second, printedSecond] = await startOne();
    try {
      expect(printedSecond).toBe(printedFirst);
      const { stdout } = await cli.run(["local", "env", "bash"]);
      expect(stdout).toContain(printedFirst);
      const [, port = ""] = /AWS_ENDPOINT_URL=\S+:(\d+)/.exec(stdout) ?? [];
      const taken = await inside("", [
        "--port",
        port,
        "--twitter-port",
        "0",
        "--state",
        join(folder, "other"),
      ]);
      expect(taken.stderr).toContain("fix: stop it, or select another port with --port\n");
    } finally {
      const ended = exitCode(second);
      second.kill("SIGTERM");
      await ended;
    }
    await writeFile(join(state, "state"), "");
    const damaged = await inside("", [...anyPorts, "--state", state]);
    expect(damaged.stderr).toContain(
      `fix: move it aside and deploy again: run \`mv '${state}' '${state}.damaged'\``,
    );
    expect(damaged.code).toBe(2);
    const full = await inside("", [...anyPorts, "--state", "/proc/none"]);
    expect(full.stderr).toContain("error: cannot use the state folder /proc/none\ncause: ");
    expect(full.code).toBe(1);
  });

  test.each([
    [[], /^aws GET \/ 403 \d+ ms$/m],
    [["--quiet"], /The local cloud is ready(?![^]*aws GET)/],
  ])("shows each request in one line: %j", async (flags, expected) => {
    const child = spawn(process.execPath, [authCliPath, "local", ...anyPorts, ...flags], {
      cwd: folder,
      env: cli.variables,
    });
    let shown = "";
    child.stderr.on("data", (chunk: Buffer) => (shown += chunk.toString()));
    try {
      const url = await printed(child, /export AWS_ENDPOINT_URL=(\S+)/);
      await fetch(`${url}/?X-Amz-Security-Token=secret`);
      const ended = exitCode(child);
      child.kill("SIGTERM");
      await ended;
      expect(shown).toMatch(expected);
      expect(shown).not.toContain("secret");
      // This folder has no project.
      expect(shown).toContain("In a project's folder, deploy it, log in and check:\n\n  auth-cli login\n");
      const notices = shown.match(/functions run on Node\.js/g) ?? [];
      expect(notices).toHaveLength(process.version.startsWith("v22.") ? 0 : 1);
    } finally {
      child.kill("SIGKILL");
    }
  });

  test("--oidc-issuer makes the pool accept ID tokens of that issuer", async () => {
    const google = "accounts.google.com";
    const issuer = await startOidcIssuer(google);
    try {
      const template = {
        Resources: {
          Pool: {
            Type: "AWS::Cognito::IdentityPool",
            Properties: {
              AllowUnauthenticatedIdentities: false,
              SupportedLoginProviders: { [google]: "client-1" },
            },
          },
        },
        Outputs: { Pool: { Value: { Ref: "Pool" } } },
      };
      const sdk = createRequire(import.meta.url).resolve("@aws-sdk/client-cloudformation");
      const script = `
        const { CloudFormation, waitUntilStackCreateComplete } = require(${JSON.stringify(sdk)});
        const client = new CloudFormation();
        const ask = async () => {
          await client.createStack({ StackName: "pool", TemplateBody: ${JSON.stringify(JSON.stringify(template))} });
          await waitUntilStackCreateComplete({ client, minDelay: 1, maxWaitTime: 10 }, { StackName: "pool" });
          const { Stacks } = await client.describeStacks({ StackName: "pool" });
          const reply = await fetch(process.env.AWS_ENDPOINT_URL, {
            method: "POST",
            headers: {
              "content-type": "application/x-amz-json-1.1",
              "x-amz-target": "AWSCognitoIdentityService.GetId",
            },
            body: JSON.stringify({
              IdentityPoolId: Stacks[0].Outputs[0].OutputValue,
              Logins: { ${JSON.stringify(google)}: ${JSON.stringify(issuer.idToken({}))} },
            }),
          });
          console.log(await reply.text());
        };
        ask();`;
      const told = await inside(script, [...anyPorts, "--oidc-issuer", `${google}=${issuer.url}`]);
      expect(told.stdout, told.stderr).toMatch(/^\{"IdentityId":"us-east-1:[\da-f-]{36}"\}$/m);
      const untold = await inside(script);
      expect(untold.stdout).toContain("run the local cloud with --oidc-issuer accounts.google.com=<address>");
    } finally {
      await issuer.close();
    }
  });

  test("--twitter-callback replaces the callback URLs of the X app, and login names it where one is missing", async () => {
    const logIn = `
      const { spawnSync } = require("node:child_process");
      const { status, stderr } = spawnSync(process.execPath, [${JSON.stringify(authCliPath)}, "login", "--callback",
        process.argv[1], "--no-browser", "--timeout", "0.1", "--endpoint", "http://127.0.0.1:1", "--identity-pool-id", "us-east-1:${randomUUID()}"]);
      console.log(String(stderr));`;
    const listed = ["http://127.0.0.1:3001/callback", "http://127.0.0.1:3002/callback/"];
    const callbacks = listed.flatMap((url) => ["--twitter-callback", url]);
    const ask = async (port: string, flags: string[]): Promise<string> =>
      (await cli.run(["local", ...anyPorts, ...flags, "--", process.execPath, "-e", logIn, port])).stdout;
    const [free, other] = [String(await freePort()), String(await freePort())];
    const own = ["--twitter-callback", `http://127.0.0.1:${free}/callback`];
    expect(await ask(free, [...callbacks, ...own])).toContain("no redirect from Twitter within 0.1 s");
    for (const flags of [callbacks, []]) {
      const refused = await ask(other, flags);
      expect(refused).toContain("code 415");
      expect(refused).toContain(
        `(local cloud: restart it with \`--twitter-callback http://127.0.0.1:${other}/callback\`)`,
      );
    }
  });

  test.each([
    [["http://localhost:3000/"], "X accepts 127.0.0.1, not localhost"],
    [["callback"], "it is not an absolute URL"],
    [
      Array.from({ length: 11 }, (_, index) => `http://127.0.0.1:${index + 1}/`),
      "X registers at most 10 callback URLs",
    ],
  ])("exits with 2 for --twitter-callback %j", async (urls, cause) => {
    const flags = urls.flatMap((url) => ["--twitter-callback", url]);
    const { code, stderr } = await inside("", [...anyPorts, ...flags]);
    expect(stderr).toContain(`cause: ${cause}`);
    expect(stderr).toContain("--twitter-callback");
    expect(code).toBe(2);
  });

  test("--json prints the environment as an object", async () => {
    const child = spawn(process.execPath, [authCliPath, "local", "--json", ...anyPorts], {
      cwd: folder,
      env: cli.variables,
    });
    try {
      const text = await printed(child, /(\{[^]*\n\})/);
      const { environment } = JSON.parse(text) as { environment: Record<string, string> };
      expect(environment["AWS_ENDPOINT_URL"]).toMatch(/^http:.*:\d+$/);
      const certificate = environment["NODE_EXTRA_CA_CERTS"] ?? "";
      expect(existsSync(certificate)).toBe(true);
      const ended = exitCode(child);
      child.kill("SIGTERM");
      expect(await ended).toBe(0);
      expect(existsSync(certificate)).toBe(false);
    } finally {
      child.kill("SIGKILL");
    }
  });
});

function listen(): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => resolve(server));
  });
}

function printed(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const match = pattern.exec(text)?.[1];
      if (match !== undefined) resolve(match);
    });
    child.once("close", () => reject(new Error(`ended without ${String(pattern)}: ${text}`)));
  });
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function exitCode(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    child.once("close", resolve);
  });
}
