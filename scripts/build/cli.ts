/**
 * Builds auth-cli for a quick start. esbuild splits it at each `import()`; what a way into the program needs at once is
 * packed into one file, since each further one costs time, and the rest is loaded when it is reached. Libraries that not
 * each command needs are files of their own, and all is CommonJS, which Node 20 starts some 8 ms sooner than ES modules.
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { dirname, join } from "node:path";
import { build, type BuildOptions, type Plugin } from "esbuild";
import packageJson from "../../cli/package.json" with { type: "json" };
import { outlineProgram } from "../../cli/src/commands/outline.ts";
import { stamped, writeCodeCaches } from "./code-cache.ts";
import { common, root } from "./common.ts";
import { manPage } from "./man-page.ts";
import { asFunction, type Part, readParts, type Split, withImports } from "./parts.ts";

const source = join(root, "cli/src");
const outdir = join(root, "cli/dist");

/** The ways into the program, by the packs that they are in. */
const packs: Record<string, readonly string[]> = {
  "main-version": ["main-version"],
  "main-complete": ["main-complete"],
  main: ["main-call", "main"],
};

/** What of the parts that are loaded when they are reached is waited for most. */
const awaited = ["commands/call/call"];

/** What nearly every command needs is part of the program's own file. */
const inlined = new Set([
  "commander",
  "aws4fetch",
  "oauth-1.0a",
  "@aws-crypto/sha256-js/build/module/RawSha256.js",
]);

/** What the program uses of libraries that are large, or that are installed for the CLI alone; the rest is left out. */
const used: Record<string, readonly string[]> = {
  "@aws-sdk/client-cognito-identity": [
    "CognitoIdentityClient",
    "GetCredentialsForIdentityCommand",
    "GetIdCommand",
  ],
  "@rgrove/parse-xml": ["parseXml", "XmlElement"],
  "js-yaml": ["FAILSAFE_SCHEMA", "load"],
  "string-width": ["default"],
};

/** What is installed beside the program, or is not. */
const installed = new Set(["@api-auth-twitter/local-cloud", "@napi-rs/keyring"]);

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
  const plugins = [
    separateVendors(vendors),
    lightGlobals,
    lightCompletion,
    noShellScripts,
    noChildProcess,
    precomputedOutline,
  ];
  const program = { ...options, outdir, external: [...installed], plugins };
  const [keyringProcess, ...splits] = await Promise.all([
    build({ ...program, entryPoints: [join(source, "environment/keyring-process.ts")] }),
    // Each by itself, so that one does not pay for what only the other needs of the code that they share.
    ...Object.values(packs).map((names) =>
      build({
        ...program,
        entryPoints: names.map((name) => join(source, `${name}.ts`)),
        format: "esm",
        splitting: true,
        metafile: true,
        chunkNames: "[name]-[hash]",
      }),
    ),
  ]);
  const libraries = await Promise.all([...vendors].map(([name, file]) => buildVendor(name, file)));
  const packFiles = Object.entries(packs).flatMap(([name, waysIn], index) =>
    pack(name, waysIn, readParts(splits[index] as Split, outdir)),
  );

  const files = new Map<string, string>([
    ["package.json", '{ "type": "commonjs" }\n'],
    ["auth-cli.1", manPage(outlineProgram(), packageJson.version)],
    ["keyring-process.js", keyringProcess.outputFiles[0]?.text ?? ""],
    ...packFiles,
    ...libraries,
  ]);
  await writeFiles(files);
  await writeCodeCaches(outdir);
}

/** One file for the ways in and what is awaited beside them, and one for each other part. */
function pack(
  name: string,
  waysIn: readonly string[],
  parts: ReadonlyMap<string, Part>,
): [file: string, text: string][] {
  const packed = withImports(
    parts,
    [...waysIn, ...awaited].map((path) => `cli/src/${path}.ts`),
  );
  const entries = packed.map((part) => `${JSON.stringify(part.name)}:${asFunction(part)}`);
  const others = [...parts.values()].filter((part) => !packed.includes(part));
  return [
    [`${name}.js`, stamped(`({${entries.join(",\n")}})`)],
    ...others.map((part): [string, string] => [`parts/${part.name.slice(2)}`, `(${asFunction(part)})`]),
  ];
}

/** A library as CommonJS, with its own names and, as `default`, what `require` would give. */
async function buildVendor(name: string, file: string): Promise<[file: string, text: string]> {
  const names = used[name];
  const contents =
    names === undefined
      ? `import * as all from "${name}"; export * from "${name}"; export default all.default ?? all;`
      : `export { ${names.join(", ")} } from "${name}";`;
  const { outputFiles } = await build({
    ...options,
    stdin: { contents, resolveDir: source },
    // Of ES modules alone it is known what can be left out.
    mainFields: names === undefined ? ["main", "module"] : ["module", "main"],
    plugins: [noCredentialChain, lightCompletion],
  });
  return [file, outputFiles[0]?.text ?? ""];
}

/** Writes first and removes last, so that an auth-cli that runs meanwhile finds its files for as long as it can. */
async function writeFiles(files: ReadonlyMap<string, string>): Promise<void> {
  for (const [file, text] of files) {
    const path = join(outdir, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  for (const entry of await readdir(outdir, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    const name = file.slice(outdir.length + 1);
    if (entry.isFile() && !files.has(name) && !name.endsWith(".cache")) await rm(file);
  }
}

/** Libraries become files of their own, `vendor/<name>.js`; which ones is found out on the way. */
function separateVendors(vendors: Map<string, string>): Plugin {
  return {
    name: "separate-vendors",
    setup(builder) {
      builder.onResolve({ filter: /^[@a-z]/ }, ({ path, importer }) => {
        if (!importer.startsWith(source) || isBuiltin(path) || inlined.has(path) || installed.has(path))
          return undefined;
        // Nothing else is waited for by whoever presses the tab key.
        if (importer.endsWith("complete.ts")) return undefined;
        vendors.set(path, `vendor/${path.replace(/^@/, "").replaceAll("/", "-")}.js`);
        return { path, namespace: "vendor" };
      });
      // A module that hands the file's names on: what `import` means by a name must not hang on how the library was built.
      builder.onLoad({ filter: /./, namespace: "vendor" }, async ({ path }) => {
        const all = used[path] ?? Object.keys((await import(path)) as object);
        const names = all.filter((name) => /^[A-Za-z_$][\w$]*$/.test(name));
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
        resolveDir: join(source, "aws"),
      };
    });
  },
};

/** What answers the tab key prints with `console` and checks what it is given with `assert`; both take as long as all else. */
const lightCompletion: Plugin = {
  name: "light-completion",
  setup(builder) {
    builder.onLoad({ filter: /@bomb\.sh[/\\]tab[/\\]dist[/\\]index\.mjs$/ }, async ({ path }) => ({
      contents: [
        `import { printAtOnce } from "${join(source, "environment/standard-output.ts")}";`,
        "const console = { log: (line) => printAtOnce(line + `\\n`) };",
        await readFile(path, "utf8"),
      ].join("\n"),
      loader: "js",
    }));
    builder.onResolve({ filter: /^node:assert$/ }, ({ importer }) =>
      importer.includes("@bomb.sh") ? { path: "assert", namespace: "left-out" } : undefined,
    );
    builder.onLoad({ filter: /^assert$/, namespace: "left-out" }, () => ({
      contents: "export default (holds, message) => { if (!holds) throw new Error(message); };",
      loader: "js",
    }));
  },
};

/** The scripts that shells read are printed by `auth-cli completion`, which has tab as a file of its own. */
const noShellScripts: Plugin = {
  name: "no-shell-scripts",
  setup(builder) {
    builder.onResolve({ filter: /^\.\/powershell-/ }, ({ importer }) =>
      importer.includes("@bomb.sh") ? { path: "shell-scripts", namespace: "left-out" } : undefined,
    );
    builder.onLoad({ filter: /^shell-scripts$/, namespace: "left-out" }, () => ({
      contents: "export const i = undefined, n = i, r = i, t = i;",
      loader: "js",
    }));
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
    const whole = outlineProgram();
    // Examples are for the man page.
    const outline = { ...whole, commands: whole.commands.map((command) => ({ ...command, examples: [] })) };
    builder.onLoad({ filter: /[/\\]commands[/\\]outline\.ts$/ }, () => ({
      contents: `const outline = ${JSON.stringify(outline)};\nexport const outlineProgram = () => outline;`,
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
