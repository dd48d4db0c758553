import { Buffer } from "node:buffer";
import type { DeployerCredentials, Environment } from "../../src/environment/environment.ts";
import { type Files, files as realFiles } from "../../src/environment/files.ts";
import { interrupted } from "../../src/environment/interrupted.ts";
import { runJq } from "../../src/environment/jq.ts";
import { type Keyring, keyringMissing } from "../../src/environment/keyring.ts";
import { ServerClock } from "../../src/server-clock.ts";
import { AuthCliError } from "../../src/errors.ts";
import type { Header, HttpRequest, HttpResponse, Send } from "../../src/http.ts";
import { formatLine, formatLines } from "../../src/lines.ts";
import { Redactor } from "../../src/redaction.ts";
import { formatCommand } from "../../src/workflow-command.ts";

/** The state of a fake environment. Whatever is left out is missing: no variable, no file, no answer. */
export interface FakeEnvironmentOptions {
  variables?: Record<string, string | undefined>;
  workingDirectory?: string;
  /** By absolute path. */
  files?: Record<string, string | Uint8Array>;
  /** Modes by absolute path. 0600 for a file and 0700 for a folder when left out. */
  modes?: Record<string, number>;
  /** Times of the last change by absolute path, in milliseconds since the epoch. 0 when left out. */
  modified?: Record<string, number>;
  /** Symbolic links, of which only `realPath` and `create` know: the files behind are in `files` under their own path. */
  links?: Record<string, string>;
  /** Linux when left out. */
  commandName?: string;
  platform?: NodeJS.Platform;
  /** The value of `runtime.node`. */
  nodeVersion?: string;
  /** Proxies by the host of the URL. "" is an invalid address. */
  proxies?: Record<string, string>;
  /** Secrets by account. Without it, the system has no keyring. */
  keyring?: Map<string, string>;
  send?: Send;
  /** Standard input. It ends after its last line. */
  input?: string;
  /** A person is at the terminal. */
  interactive?: boolean;
  colour?: boolean;
  /** Columns of standard output. Without it, standard output is not a terminal. */
  resultColumns?: number;
  browser?: boolean;
  /** The queries of the browser's requests to the callback. After the last one, the wait times out. */
  callbacks?: (() => string)[];
  portHolder?: string;
  /** The profiles in the deployer's AWS files. */
  awsProfiles?: Record<string, { credentials?: DeployerCredentials; region?: string }>;
  /** The exit code of `runCommand`. */
  commandExitCode?: number;
  clock?: { ms: number };
}

const homeDirectory = "/home/user";
export const configFile = `${homeDirectory}/.config/auth-cli/sessions.json`;

/** An environment in memory that records its use. */
export interface FakeEnvironment extends Environment {
  /** Only a test or `sleep` moves it. */
  clock: { ms: number };
  /** The bytes on standard output. */
  stdoutBytes(): Buffer;
  stdout(): string;
  stderr(): string;
  requests: HttpRequest[];
  /** The origin of each preconnected connection. */
  preconnected: string[];
  fileTexts(): Record<string, string>;
  sleeps: number[];
  openedPages: string[];
  /** The questions of `askSecret`. */
  secretQuestions: string[];
  /** Appends to standard input. */
  type(text: string): void;
  addFile(path: string, text: string): void;
  /** The pages that the browser got from the callback. */
  callbackPages: { status: number; html: string }[];
  callbackServers: ("open" | "closed")[];
  commands: { command: string; args: readonly string[]; variables: Record<string, string | undefined> }[];
  /** Aborts `interruption`, as Ctrl-C does. */
  interrupt(): void;
}

export function createFakeEnvironment(options: FakeEnvironmentOptions = {}): FakeEnvironment {
  const clock = options.clock ?? { ms: Date.parse("2026-03-01T12:00:00Z") };
  const stderr: string[] = [];
  const redactor = new Redactor(
    options.variables?.["GITHUB_ACTIONS"] === "true"
      ? (secret) => stderr.push(formatCommand({ name: "add-mask", message: secret }))
      : undefined,
  );
  const redact = (text: string): string => redactor.redact(text);
  const interruption = new AbortController();
  const stdout: Uint8Array[] = [];
  const input = (options.input ?? "").split(/(?<=\n)/);
  const requests: HttpRequest[] = [];
  const sleeps: number[] = [];
  const openedPages: string[] = [];
  const secretQuestions: string[] = [];
  const preconnected: string[] = [];
  const callbackPages: FakeEnvironment["callbackPages"] = [];
  const callbackServers: FakeEnvironment["callbackServers"] = [];
  const commands: FakeEnvironment["commands"] = [];
  const store = new Map(
    Object.entries(options.files ?? {}).map(([path, content]) => [path, Buffer.from(content)] as const),
  );
  const serverClock = new ServerClock({
    now: () => clock.ms,
    say: (line) => void stderr.push(formatLines(line, redact)),
  });
  let names = 0;
  let muted = false;
  const interactive = options.interactive ?? false;

  return {
    variables: options.variables ?? {},
    commandName: options.commandName ?? "auth-cli",
    platform: options.platform ?? "linux",
    runtime: { node: options.nodeVersion ?? "20.19.0", architecture: "x64" },
    workingDirectory: options.workingDirectory ?? "/project",
    homeDirectory,
    now: () => clock.ms,
    random: () => 0.5,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      sleeps.push(ms);
      clock.ms += ms;
    },
    uniqueName: () => `unique-${++names}-name`,
    files: memoryFiles(store, options),
    keyring: memoryKeyring(options.keyring),
    send: serverClock.watch(async (request) => {
      requests.push(request);
      if (options.send === undefined) throw new Error(`the test has no answer for ${request.step}`);
      return options.send(request);
    }),
    serverClock,
    preconnect: (url, count = 1) =>
      void preconnected.push(...Array.from({ length: count }, () => url.origin)),
    async proxyFor(url) {
      const proxy = options.proxies?.[url.host];
      if (proxy !== "") return proxy;
      throw new AuthCliError("invalid-configuration", {
        message: "HTTPS_PROXY is not the address of an HTTP proxy",
        fix: "set HTTPS_PROXY to http://host:port",
      });
    },
    terminal: {
      interactive,
      colour: options.colour ?? false,
      columns: 80,
      resultColour: options.colour ?? false,
      resultColumns: options.resultColumns,
      unicode: true,
      async print(lines) {
        stdout.push(Buffer.from(formatLines(lines, redact)));
      },
      async printUnmasked(lines) {
        stdout.push(Buffer.from(formatLines(lines)));
      },
      async printBytes(bytes) {
        stdout.push(bytes);
      },
      say(lines) {
        if (!muted) stderr.push(formatLines(lines, redact));
      },
      sayWrapped(lines) {
        this.say(lines);
      },
      mute() {
        muted = true;
        return () => void (muted = false);
      },
      sayCommand(command) {
        stderr.push(formatCommand(command));
      },
      async ask(question) {
        stderr.push(formatLine(question));
        if (interruption.signal.aborted) throw interrupted();
        const line = input.shift();
        return line === undefined || line === "" ? undefined : line.replace(/\n$/, "");
      },
      askSecret(question) {
        secretQuestions.push(question);
        return this.ask(question);
      },
      withSpinner: (_what, work) => work,
      animated: false,
      animate: () => () => {},
      async readAll() {
        return Buffer.from(input.splice(0).join(""));
      },
    },
    redactor,
    interruption: interruption.signal,
    async openBrowser(url) {
      openedPages.push(url.href);
      return options.browser ? { opened: true } : { opened: false, reason: "this session has no display" };
    },
    async startCallbackServer(port) {
      const url = new URL(`http://127.0.0.1:${port === 0 ? 49_152 : port}/callback`);
      callbackServers.push("open");
      const index = callbackServers.length - 1;
      return {
        url,
        async waitFor(answer) {
          for (const query of options.callbacks ?? []) {
            const { outcome, ...page } = await answer(new URLSearchParams(query()));
            callbackPages.push(page);
            if (outcome !== undefined) return outcome;
          }
          return undefined;
        },
        async close() {
          callbackServers[index] = "closed";
        },
      };
    },
    async findAwsCredentials({ profile }) {
      const found = options.awsProfiles?.[profile ?? "default"]?.credentials;
      if (found !== undefined || profile === undefined) return found;
      throw new AuthCliError("missing-configuration", {
        message: `there is no AWS profile ${profile}`,
        fix: "pass another --profile",
      });
    },
    findAwsRegion: async (profile = "default") => options.awsProfiles?.[profile]?.region,
    findPortHolder: () => Promise.resolve(options.portHolder),
    runJq: (...parameters) => runJq(parameters, interruption.signal),
    async runCommand(command, args, variables) {
      commands.push({ command, args, variables: { ...variables } });
      return options.commandExitCode ?? 0;
    },
    clock,
    stdoutBytes: () => Buffer.concat(stdout),
    stdout: () => Buffer.concat(stdout).toString(),
    stderr: () => stderr.join(""),
    requests,
    preconnected,
    fileTexts: () => Object.fromEntries([...store].map(([path, bytes]) => [path, bytes.toString()])),
    sleeps,
    openedPages,
    secretQuestions,
    type(text) {
      // An empty line marks the end.
      if (input.at(-1) === "") input.pop();
      input.push(...text.split(/(?<=\n)/));
    },
    addFile: (path, text) => void store.set(path, Buffer.from(text)),
    callbackPages,
    callbackServers,
    commands,
    interrupt: () => interruption.abort(),
  };
}

function memoryKeyring(entries: Map<string, string> | undefined): Keyring {
  const open = (): Map<string, string> => {
    if (entries === undefined) throw keyringMissing("the test has no keyring");
    return entries;
  };
  return {
    read: async (account) => open().get(account),
    write: async (account, secret) => void open().set(account, secret),
    remove: async (account) => void open().delete(account),
  };
}

function memoryFiles(
  store: Map<string, Buffer>,
  { modes = {}, modified = {}, links = {} }: Pick<FakeEnvironmentOptions, "modes" | "modified" | "links">,
): Files {
  const isFolder = (path: string): boolean => [...store.keys()].some((key) => key.startsWith(`${path}/`));
  const locks = new Map<string, Promise<unknown>>();
  const read = (path: string): Buffer => {
    const bytes = store.get(path);
    // Throws the real error for a missing file.
    return bytes ?? Buffer.from(realFiles.readBytes(`/nonexistent${path}`));
  };
  return {
    readText: (path) => store.get(path)?.toString(),
    readBytes: read,
    exists: (path) =>
      path === "/dev" || [...store.keys()].some((key) => key === path || key.startsWith(`${path}/`)),
    describe(path) {
      const folder = isFolder(path);
      if (!folder && !store.has(path)) return undefined;
      return { folder, mode: modes[path] ?? (folder ? 0o700 : 0o600), modifiedMs: modified[path] ?? 0 };
    },
    list(folder) {
      const below = [...store.keys()].filter((key) => key.startsWith(`${folder}/`));
      return [...new Set(below.map((key) => key.slice(folder.length + 1).split("/")[0] ?? ""))].toSorted();
    },
    async writePrivate(path, text) {
      store.set(path, Buffer.from(text));
    },
    shorten(path, text) {
      store.set(path, Buffer.from(text));
      return true;
    },
    makePrivate: () => [],
    setAside(path, aside) {
      store.set(aside, read(path));
      store.delete(path);
      return true;
    },
    remove: (path) => void store.delete(path),
    withLock(path, work) {
      const turn = (locks.get(path) ?? Promise.resolve()).then(work);
      locks.set(
        path,
        turn.catch(() => {}),
      );
      return turn;
    },
    realPath(path) {
      const link = Object.entries(links).find(([from]) => path === from || path.startsWith(`${from}/`));
      if (link !== undefined) return link[1] + path.slice(link[0].length);
      return store.has(path) || isFolder(path) ? path : undefined;
    },
    create(path, text) {
      if (store.has(path) || path in links) return false;
      store.set(path, Buffer.from(text));
      return true;
    },
    async writeStream(path, chunks) {
      const written: Uint8Array[] = [];
      for await (const chunk of chunks) written.push(chunk);
      store.set(path, Buffer.concat(written));
    },
    append: (path, text) =>
      void store.set(path, Buffer.concat([store.get(path) ?? Buffer.of(), Buffer.from(text)])),
  };
}

/** A response. An object becomes JSON. */
export function reply(
  status: number,
  body: string | Uint8Array | object = "",
  headers: readonly Header[] = [],
): HttpResponse {
  const isText = typeof body === "string" || body instanceof Uint8Array;
  return {
    status,
    statusText: status === 200 ? "OK" : "",
    httpVersion: "1.1",
    headers: isText ? headers : [["Content-Type", "application/json"], ...headers],
    body: twoChunks(isText ? body : JSON.stringify(body)),
  };
}

async function* twoChunks(body: string | Uint8Array): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(body);
  // A network may deliver a body in pieces.
  const middle = Math.ceil(bytes.length / 2);
  for (const part of [bytes.subarray(0, middle), bytes.subarray(middle)]) if (part.length > 0) yield part;
}

/** The value of a request's header. The case of the name is ignored. */
export function sentHeader(request: Pick<HttpRequest, "headers">, name: string): string | undefined {
  return request.headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
}

/** Returns the AuthCliError that `work` throws. */
export async function failure(work: () => unknown): Promise<AuthCliError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof AuthCliError) return error;
    throw error;
  }
  throw new Error("an AuthCliError was expected");
}
