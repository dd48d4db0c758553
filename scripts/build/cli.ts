/**
 * Builds auth-cli for a quick start: every way into the program is one CommonJS file with all of our own code that it
 * can reach, evaluated only when it is reached, and every library that not each command needs is a file of its own.
 * Node 20 starts CommonJS some 8 ms sooner than ES modules, and each further file costs half a millisecond.
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { dirname, join } from "node:path";
import { build, type BuildOptions, type Plugin } from "esbuild";
import packageJson from "../../cli/package.json" with { type: "json" };
import { outlineProgram } from "../../cli/src/outline.ts";
import { cachedLoader, writeCodeCache } from "./code-cache.ts";
import { common, root } from "./common.ts";
import { manPage } from "./man-page.ts";

const source = join(root, "cli/src");
const outdir = join(root, "cli/dist");

const waysIn = ["main.ts", "main-run.ts", "main-complete.ts", "environment/keyring-process.ts"];

/** What nearly every command needs is part of the program's own file. */
const inlined = new Set(["commander", "aws4fetch", "oauth-1.0a"]);

/** What is installed beside the program, or is not. */
const installed = new Set(["@api-auth-twitter/emulator", "@napi-rs/keyring"]);

const options = {
  ...common,
  format: "cjs",
  minify: true,
  write: false,
  define: { "import.meta.dirname": "__dirname" },
  // A library without a default export is given one that nobody reads.
  logOverride: { "import-is-undefined": "silent" },
} satisfies BuildOptions;

export async function buildCli(): Promise<void> {
  const vendors = new Map<string, string>();
  const program = await build({
    ...options,
    entryPoints: waysIn.map((file) => join(source, file)),
    outdir,
    entryNames: "[name]",
    external: [...installed],
    plugins: [separateWaysIn, separateVendors(vendors), lightGlobals, noChildProcess, precomputedOutline],
  });
  const libraries = await Promise.all([...vendors].map(([name, file]) => buildVendor(name, file)));

  const files = new Map<string, string>([
    ["package.json", '{ "type": "commonjs" }\n'],
    ["auth-cli.1", manPage(outlineProgram(), packageJson.version)],
    ...program.outputFiles.map(
      ({ path, text }) => [path.slice(outdir.length + 1), requireFiles(text)] as const,
    ),
    ...libraries,
  ]);
  // The one that is waited for most.
  const run = files.get("main-run.js") ?? "";
  files
    .set("main-run.code.js", run.replace(/\bimport\(/g, "importModule("))
    .set("main-run.js", cachedLoader("main-run"));
  await writeFiles(files, ["main-run.cache"]);
  await writeCodeCache(outdir, "main-run");
}

/** A library as CommonJS, with its own names and, as `default`, what `require` would give. */
async function buildVendor(name: string, file: string): Promise<[file: string, text: string]> {
  const { outputFiles } = await build({
    ...options,
    stdin: {
      contents: `import * as all from "${name}"; export * from "${name}"; export default all.default ?? all;`,
      resolveDir: source,
    },
    plugins: [noCredentialChain],
  });
  return [file, outputFiles[0]?.text ?? ""];
}

/** Writes first and removes last, so that an auth-cli that runs meanwhile finds its files for as long as it can. */
async function writeFiles(files: ReadonlyMap<string, string>, others: readonly string[]): Promise<void> {
  for (const [file, text] of files) {
    const path = join(outdir, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  for (const entry of await readdir(outdir, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    const name = file.slice(outdir.length + 1);
    if (entry.isFile() && !files.has(name) && !others.includes(name)) await rm(file);
  }
}

/** `import()` of a file or of a part of Node becomes `require`, which needs no ES module loader. */
function requireFiles(code: string): string {
  return code.replace(/\bimport\(("(?:\.\/|node:)[^"]+")\)/g, "Promise.resolve().then(()=>require($1))");
}

/** One way in reaches the next as a file beside it. */
const separateWaysIn: Plugin = {
  name: "separate-ways-in",
  setup(builder) {
    builder.onResolve({ filter: /^\.\/main-\w+\.ts$/ }, ({ path }) => ({
      path: path.replace(/\.ts$/, ".js"),
      external: true,
    }));
  },
};

/** Libraries become files of their own, `vendor/<name>.js`; which ones is found out on the way. */
function separateVendors(vendors: Map<string, string>): Plugin {
  return {
    name: "separate-vendors",
    setup(builder) {
      builder.onResolve({ filter: /^[@a-z]/ }, ({ path, importer }) => {
        if (!importer.startsWith(source) || isBuiltin(path) || inlined.has(path) || installed.has(path))
          return undefined;
        vendors.set(path, `vendor/${path.replace(/^@/, "").replaceAll("/", "-")}.js`);
        return { path, namespace: "vendor" };
      });
      // A module that hands the file's names on: what `import` means by a name must not hang on how the library was built.
      builder.onLoad({ filter: /./, namespace: "vendor" }, async ({ path }) => {
        const names = Object.keys((await import(path)) as object).filter((name) =>
          /^[A-Za-z_$][\w$]*$/.test(name),
        );
        const lines = names.map((name) =>
          name === "default" ? "export default library.default;" : `export const ${name} = library.${name};`,
        );
        return {
          contents: [`const library = require("./${vendors.get(path)}");`, ...lines].join("\n"),
          loader: "js",
        };
      });
      builder.onResolve({ filter: /^\.\/vendor\//, namespace: "vendor" }, ({ path }) => ({
        path,
        external: true,
      }));
    },
  };
}

/** aws4fetch needs `Headers` and `crypto.subtle`; ours cost a start of the CLI some 18 ms less than Node's. */
const lightGlobals: Plugin = {
  name: "light-globals",
  setup(builder) {
    builder.onLoad({ filter: /aws4fetch\.esm\.mjs$/ }, async ({ path }) => {
      const imports = [
        `import { HeaderMap as Headers } from "./header-map.ts";`,
        `import { lightCrypto as crypto } from "./light-crypto.ts";`,
      ];
      return {
        contents: [...imports, await readFile(path, "utf8")].join("\n"),
        loader: "js",
        resolveDir: join(source, "protocol"),
      };
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
