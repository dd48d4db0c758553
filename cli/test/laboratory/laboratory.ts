import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listen } from "@api-auth-twitter/test-support/listen";
import type { LocalCloud } from "@api-auth-twitter/local-cloud";
import { type AuthCli, createAuthCli } from "@api-auth-twitter/test-support/auth-cli";
import { makeCertificate } from "@api-auth-twitter/test-support/certificate";
import { deployWorld, type DeployedWorld } from "@api-auth-twitter/test-support/deployed-world";
import { type Meddling, startMeddlingProxy } from "@api-auth-twitter/test-support/meddling-proxy";
import { logInHere, runHere } from "../run-here.ts";
import { type BrokenStage, brokenStages, editedFiles } from "./broken-stages.ts";

/** The outputs of a stage's stack. */
type Outputs = Record<string, string>;

/** One cloud, in which each trial breaks one thing. A broken stack is deployed once, when a trial needs it. */
export interface Laboratory {
  world: DeployedWorld;
  cloud: LocalCloud;
  /** Added to the cloud's clock. */
  clock: { offsetMs: number };
  outputs(stage: BrokenStage): Promise<Outputs>;
  /** A trial with nothing broken, logged in by a token in its environment, with its own stores. */
  begin(): Promise<Trial>;
  close(): Promise<void>;
}

/** What a fault can change before the command runs. */
export interface Trial {
  laboratory: Laboratory;
  cli: AuthCli;
  stage: BrokenStage;
  /** Appended to the command. */
  args: string[];
  /** Environment variables of the command. Undefined removes one. */
  variables: Record<string, string | undefined>;
  stdin: string | undefined;
  /** Runs auth-cli in the trial's environment. Throws unless it exits with 0. */
  run: (...args: string[]) => Promise<void>;
  /** Starts a reverse proxy that changes requests or responses. @returns its address */
  meddle: (server: string, meddling: Meddling) => Promise<string>;
  /** Starts an HTTPS server with an untrusted certificate. @returns its address */
  startDistrusted: () => Promise<string>;
  /** Adds a file to the project. */
  addFile: (path: string, text: string) => Promise<void>;
  end: () => Promise<void>;
}

export async function openLaboratory(): Promise<Laboratory> {
  const clock = { offsetMs: 0 };
  const world = await deployWorld("healthy", undefined, {
    now: () => new Date(Date.now() + clock.offsetMs),
  });
  const { cloud, app } = world;
  const pristine = { ...cloud.twitterApp };
  const file = join(app.folder, ".sst/outputs.json");
  const sources = await Promise.all(
    editedFiles.map(async (path) => [path, await readFile(join(app.folder, path), "utf8")] as const),
  );
  // SST overwrites the file with the last stage. The laboratory keeps all stages in it.
  let known = JSON.parse(await readFile(file, "utf8")) as Record<string, Outputs>;

  const deploy = async (stage: BrokenStage): Promise<void> => {
    try {
      await brokenStages[stage](app);
      await world.deploy(stage, stage === "live" ? "dev" : undefined);
      known = { ...known, ...(JSON.parse(await readFile(file, "utf8")) as typeof known) };
      if (stage === "removed") await world.remove(stage);
    } finally {
      await writeFile(file, JSON.stringify(known));
      for (const [path, text] of sources) await writeFile(join(app.folder, path), text);
    }
  };
  const deployed = new Map<BrokenStage, Promise<void>>([["healthy", Promise.resolve()]]);

  const user = await createAuthCli(app.folder, cloud.environment);
  const { code, stderr } = await logInHere(user, "alice", ["--stage", "healthy"]);
  if (code !== 0) throw new Error(`login: exit code ${code}\n${stderr}`);
  const [token] = await user.storedTokens();
  await user.remove();

  const laboratory: Laboratory = {
    world,
    cloud,
    clock,
    async outputs(stage) {
      const ready = deployed.get(stage) ?? deploy(stage);
      deployed.set(stage, ready);
      await ready;
      const [, outputs] = Object.entries(known).find(([name]) => name.startsWith(`${stage}-`)) ?? [];
      if (outputs === undefined) throw new Error(`no outputs of ${stage}`);
      return outputs;
    },
    async begin() {
      const cli = await createAuthCli(app.folder, cloud.environment);
      const closing: (() => Promise<unknown>)[] = [() => cli.remove()];
      const trial: Trial = {
        laboratory,
        cli,
        stage: "healthy",
        args: [],
        variables: { TWITTER_ACCESS_TOKEN: token?.token, TWITTER_ACCESS_TOKEN_SECRET: token?.secret },
        stdin: undefined,
        async run(...args) {
          const ran = await runHere(cli, [...args, "--stage", trial.stage], { variables: trial.variables });
          if (ran.code !== 0) throw new Error(`${args.join(" ")}: exit code ${ran.code}\n${ran.stderr}`);
        },
        async meddle(server, meddling) {
          const proxy = await startMeddlingProxy(server, meddling);
          closing.push(() => proxy.close());
          return proxy.url;
        },
        async startDistrusted() {
          const { url, close } = await startDistrustedServer();
          closing.push(close);
          return url;
        },
        async addFile(path, text) {
          closing.push(() => rm(join(app.folder, path)));
          await writeFile(join(app.folder, path), text, { flag: "wx" });
        },
        async end() {
          Object.assign(cloud.twitterApp, pristine);
          clock.offsetMs = 0;
          for (const close of closing.toReversed()) await close();
        },
      };
      return trial;
    },
    close: () => world.close(),
  };
  return laboratory;
}

async function startDistrustedServer(): Promise<{ url: string; close: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "auth-cli-laboratory-"));
  try {
    const server = createServer(await makeCertificate(folder, ["IP:127.0.0.1"]));
    const port = await listen(server);
    return {
      url: `https://127.0.0.1:${port}`,
      async close() {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
