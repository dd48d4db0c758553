/** Builds what runs outside the tests: the CLI and the local cloud. */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import packageJson from "../cli/package.json" with { type: "json" };
import { outlineProgram } from "../cli/src/outline.ts";
import { manPage } from "./man-page.ts";
import { build, type BuildOptions, type Metafile, type Plugin, transform } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20.19",
  legalComments: "none",
  logLevel: "warning",
} satisfies BuildOptions;

/** aws4fetch needs `Headers`; ours costs a start of the CLI 15 ms less than Node's. */
const lightHeaders: Plugin = {
  name: "light-headers",
  setup(builder) {
    builder.onLoad({ filter: /aws4fetch\.esm\.mjs$/ }, async ({ path }) => {
      const headerMap = JSON.stringify(join(root, "cli/src/protocol/header-map.ts"));
      const source = await readFile(path, "utf8");
      return { contents: `import { HeaderMap as Headers } from ${headerMap};\n${source}`, loader: "js" };
    });
  },
};

/** Commander can start programs as its subcommands; ours are not programs, so it need not load what starts them. */
const noChildProcess: Plugin = {
  name: "no-child-process",
  setup(builder) {
    builder.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes("commander") ? { path: "child-process", namespace: "left-out" } : undefined,
    );
    builder.onLoad({ filter: /^child-process$/, namespace: "left-out" }, () => ({
      contents: "",
      loader: "js",
    }));
  },
};

/** The outline of the command line as a value: to complete a word, commander need not be loaded. */
const precomputedOutline: Plugin = {
  name: "precomputed-outline",
  setup(builder) {
    builder.onLoad({ filter: /[/\\]src[/\\]outline\.ts$/ }, () => ({
      contents: `const outline = ${JSON.stringify(outlineProgram())};\nexport const outlineProgram = () => outline;`,
      loader: "js",
    }));
  },
};

/** The three Cognito calls go unsigned, so the SDK's search for AWS credentials, half of its size, is left out. */
const noCredentialChain: Plugin = {
  name: "no-credential-chain",
  setup(builder) {
    builder.onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, () => ({
      path: "credential-provider-node",
      namespace: "left-out",
    }));
    builder.onLoad({ filter: /^credential-provider-node$/, namespace: "left-out" }, () => ({
      contents: `export const defaultProvider = () => () => Promise.reject(new Error("auth-cli signs no AWS call with it"));`,
      loader: "js",
    }));
  },
};

/**
 * The CLI: one entry, and a chunk for what is loaded later. esbuild splits ES modules only, but Node 20 starts
 * CommonJS some 8 ms sooner, so each chunk is turned into CommonJS afterwards.
 */
async function buildCli(): Promise<Metafile> {
  const outdir = join(root, "cli/dist");
  const { outputFiles, metafile } = await build({
    ...common,
    // The second is a process of its own: what asks the OS keyring.
    entryPoints: ["cli/src/main.ts", "cli/src/environment/keyring-process.ts"],
    entryNames: "[name]",
    outdir,
    format: "esm",
    splitting: true,
    minify: true,
    keepNames: true,
    metafile: true,
    write: false,
    external: ["@api-auth-twitter/emulator", "@napi-rs/keyring"],
    plugins: [lightHeaders, noChildProcess, noCredentialChain, precomputedOutline],
  });
  await mkdir(outdir, { recursive: true });
  const stale = new Set(await readdir(outdir));
  const others = {
    "package.json": '{ "type": "commonjs" }\n',
    "auth-cli.1": manPage(outlineProgram(), packageJson.version),
  };
  for (const [file, text] of Object.entries(others)) {
    await writeFile(join(outdir, file), text);
    stale.delete(file);
  }
  for (const { path, text } of outputFiles) {
    const { code } = await transform(text, {
      format: "cjs",
      target: "node20.19",
      minify: true,
      platform: "node",
      define: { "import.meta.dirname": "__dirname" },
    });
    await writeFile(path, requireChunks(code));
    stale.delete(basename(path));
  }
  // Last, so that an auth-cli that runs meanwhile finds its chunks for as long as it can.
  for (const file of stale) await rm(join(outdir, file));
  return metafile;
}

/** `import()` of a chunk or of a part of Node becomes `require`, which needs no ES module loader. */
function requireChunks(code: string): string {
  return code.replace(/\bimport\(("(?:\.\/|node:)[^"]+")\)/g, "Promise.resolve().then(()=>require($1))");
}

async function buildEmulator(): Promise<void> {
  await build({
    ...common,
    entryPoints: ["packages/emulator/src/index.ts", "packages/emulator/src/lambda/lambda-worker.ts"],
    outdir: "packages/emulator/dist",
    entryNames: "[name]",
    format: "esm",
    splitting: true,
    packages: "external",
    sourcemap: true,
  });
}

const [metafile] = await Promise.all([buildCli(), buildEmulator()]);
if (process.argv.includes("--metafile"))
  await writeFile(join(root, "cli/dist/meta.json"), JSON.stringify(metafile));
