/**
 * Who may import whom, `import()` and `import type` included. `npm run check:imports` holds the code against it.
 * A folder imports itself, and what its row names. Tests may import anything; nothing imports tests.
 */
const cli = {
  "main.ts": ["commands", "environment"],
  library: ["commands", "session", "deployment", "aws", "environment"],
  commands: ["session", "diagnosis", "deployment", "aws", "twitter"],
  session: ["diagnosis", "deployment", "aws", "twitter"],
  diagnosis: ["deployment", "aws", "twitter"],
  deployment: ["aws", "twitter"],
  aws: [],
  twitter: [],
  environment: [],
};

/** Types, error codes, secrets to mask: every row above may import them too. */
const core = [
  "library/types.ts",
  "http.ts",
  "server-clock.ts",
  "sdk-transport.ts",
  "errors.ts",
  "reasons.ts",
  "redaction.ts",
  "loopback.ts",
  "command-name.ts",
  "json.ts",
  "lines.ts",
  "list-names.ts",
  "workflow-command.ts",
  "version.ts",
  "shell-quote.ts",
];

const tests = String.raw`\.test\.ts$|^(cli|packages/(local-cloud|canary))/test/|^packages/test-support/`;
const parts = "^cli/src/";
const either = (names) => `${parts}(${names.map((name) => name.replace(".", "\\.")).join("|")})(/|$)`;

const rows = Object.entries(cli).map(([folder, allowed]) => ({
  name: `cli-${folder}`,
  comment: `${folder} imports ${[...allowed, ...core].join(", ")}.`,
  severity: "error",
  from: { path: either([folder]), pathNot: tests },
  to: { path: parts, pathNot: [either([folder, ...allowed, ...core]), either(["environment"])] },
}));

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    ...rows,
    {
      name: "core",
      comment: "What everything imports imports nothing else.",
      severity: "error",
      from: { path: either(core), pathNot: tests },
      to: { path: parts, pathNot: either(core) },
    },
    {
      name: "environment-types",
      comment:
        "The outside world is handed in: all that is imported of it is environment.ts, which holds types only.",
      severity: "error",
      from: { path: parts, pathNot: [either(["environment", "main.ts", "library/library.ts"]), tests] },
      to: { path: either(["environment"]), pathNot: "/environment/environment\\.ts$" },
    },
    {
      name: "outside-world",
      comment: "Only environment/ touches process, files, network and terminal.",
      severity: "error",
      from: { path: parts, pathNot: [either(["environment"]), tests] },
      to: {
        dependencyTypes: ["core"],
        path: "^(node:)?(fs|https?|http2|net|tls|dns|dgram|child_process|os|readline|process|tty|timers|worker_threads|cluster)(/|$)",
      },
    },
    {
      name: "commands-apart",
      comment: "Commands do not import each other; smoke may.",
      severity: "error",
      from: { path: `${parts}commands/([^/]+)/`, pathNot: [`${parts}commands/smoke/`, tests] },
      to: { path: `${parts}commands/[^/]+/`, pathNot: [`${parts}commands/(?:$1|flags)/`] },
    },
    {
      name: "local-cloud-by-name",
      comment: "Only the command that starts it imports the local cloud.",
      severity: "error",
      from: { path: parts, pathNot: [`${parts}commands/local/`, tests] },
      to: { path: "^packages/" },
    },
    {
      name: "independent-evidence",
      comment: "The local cloud and the CLI share no code: two implementations that agree are evidence.",
      severity: "error",
      from: { path: "^packages/local-cloud/src/", pathNot: tests },
      to: { path: "^cli/|^node_modules/(oauth-1.0a|aws4fetch)/" },
    },
    {
      name: "canary-by-library",
      comment:
        "The canary has the CLI's library, its signed requests to AWS, and its reader of auth-cli.json.",
      severity: "error",
      from: { path: "^packages/canary/src/", pathNot: tests },
      to: {
        path: parts,
        pathNot: [
          either(["library/library.ts", "aws", ...core]),
          either(["environment/library-environment.ts", "deployment/project-settings.ts"]),
          either(["deployment/read-project-file.ts"]),
        ],
      },
    },
    {
      name: "handlers-alone",
      comment: "Handlers import nothing of this repository.",
      severity: "error",
      from: { path: "^packages/functions/src/", pathNot: tests },
      to: { path: "^(cli|stacks|scripts|packages)/", pathNot: "^packages/functions/src/" },
    },
    {
      name: "no-tests",
      comment: "Nothing imports tests, or what is made for them.",
      severity: "error",
      from: { path: "^(cli/src|packages|stacks)/", pathNot: tests },
      to: { path: tests },
    },
    {
      name: "no-circles",
      comment: "Arrows point one way.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    parser: "swc",
    doNotFollow: { path: ["node_modules", "/dist/"] },
    exclude: { path: ["/dist/", "^node_modules/"] },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["source", "types", "import", "node"],
    },
  },
};
