import { Buffer } from "node:buffer";
import type { Environment } from "../../src/environment/environment.ts";
import { type Files, files as realFiles } from "../../src/environment/files.ts";
import { type Keyring, keyringMissing } from "../../src/environment/keyring.ts";
import { ServerClock } from "../../src/server-clock.ts";
import { AuthCliError } from "../../src/errors.ts";
import type { Header, HttpRequest, HttpResponse, Send } from "../../src/http.ts";
import { maskCommand, Redactor } from "../../src/redaction.ts";

/** What a test decides about the world. Whatever is left out is absent: no variable, no file, no answer. */
export interface FakeEnvironmentOptions {
  variables?: Record<string, string | undefined>;
  /** By absolute path. */
  files?: Record<string, string | Uint8Array>;
  /** Of files and folders, by absolute path; 0600 when left out. */
  modes?: Record<string, number>;
  /** When files were changed, by absolute path, in milliseconds since the epoch; the epoch when left out. */
  modified?: Record<string, number>;
  /** What `runtime.node` says. */
  nodeVersion?: string;
  /** By the host that it is for; "" is refused as no proxy's address. */
  proxies?: Record<string, string>;
  /** Secrets by account; without it there is no keyring. */
  keyring?: Map<string, string>;
  send?: Send;
  /** Standard input; when it has no more lines, it has ended. */
  input?: string;
  /** Whether a person sits at the terminal. */
  interactive?: boolean;
  colour?: boolean;
  /** Of standard output's terminal; without it there is none. */
  resultColumns?: number;
  browser?: boolean;
  /** The queries with which browsers come to the callback; after the last one, time is up. */
  callbacks?: (() => string)[];
  portHolder?: string;
  /** The exit code of a command that is run. */
  commandExitCode?: number;
  clock?: { ms: number };
}

const homeDirectory = "/home/user";
const workingDirectory = "/project";
export const configFile = `${homeDirectory}/.config/auth-cli/sessions.json`;

/** An environment in memory that remembers what was done to it. */
export interface FakeEnvironment extends Environment {
  /** Moves only when a test, or a `sleep`, moves it. */
  clock: { ms: number };
  /** Bytes of standard output. */
  stdoutBytes(): Buffer;
  stdout(): string;
  stderr(): string;
  requests: HttpRequest[];
  /** The origins to which connections were opened beforehand, one for each. */
  preconnected: string[];
  fileTexts(): Record<string, string>;
  sleeps: number[];
  openedPages: string[];
  /** What was asked for without being shown. */
  secretQuestions: string[];
  /** Adds to standard input. */
  type(text: string): void;
  addFile(path: string, text: string): void;
  /** What the callback's browsers were shown. */
  callbackPages: { status: number; html: string }[];
  callbackServers: ("open" | "closed")[];
  commands: { command: string; args: readonly string[]; variables: Record<string, string | undefined> }[];
  /** What Ctrl-C does. */
  interrupt(): void;
}

export function createFakeEnvironment(options: FakeEnvironmentOptions = {}): FakeEnvironment {
  const clock = options.clock ?? { ms: Date.parse("2026-03-01T12:00:00Z") };
  const stderr: string[] = [];
  const redactor = new Redactor(
    options.variables?.["GITHUB_ACTIONS"] === "true"
      ? (secret) => stderr.push(maskCommand(secret))
      : undefined,
  );
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
    say: (text) => void stderr.push(redactor.redact(text)),
  });
  let names = 0;
  const interactive = options.interactive ?? false;

  return {
    variables: options.variables ?? {},
    platform: "linux",
    runtime: { node: options.nodeVersion ?? "20.19.0", architecture: "x64" },
    workingDirectory,
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
      if (options.send === undefined) throw new Error(`no answer is scripted for ${request.step}`);
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
      async print(text) {
        stdout.push(Buffer.from(redactor.redact(text)));
      },
      async printBytes(bytes) {
        stdout.push(bytes);
      },
      say(text) {
        stderr.push(redactor.redact(text));
      },
      sayUnmasked(text) {
        stderr.push(text);
      },
      async ask(question) {
        stderr.push(question);
        if (interruption.signal.aborted) throw new AuthCliError("interrupted", { message: "interrupted" });
        const line = input.shift();
        return line === undefined || line === "" ? undefined : line.replace(/\n$/, "");
      },
      askSecret(question) {
        secretQuestions.push(question);
        return this.ask(question);
      },
      withSpinner: (_what, work) => work,
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
    findPortHolder: () => Promise.resolve(options.portHolder),
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
      // An empty one stands for the end.
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
    if (entries === undefined) throw keyringMissing("the test has none");
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
  { modes = {}, modified = {} }: Pick<FakeEnvironmentOptions, "modes" | "modified">,
): Files {
  const isFolder = (path: string): boolean => [...store.keys()].some((key) => key.startsWith(`${path}/`));
  const locks = new Map<string, Promise<unknown>>();
  const read = (path: string): Buffer => {
    const bytes = store.get(path);
    // An absent file's error is the real one.
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
    async writeStream(path, chunks) {
      const written: Uint8Array[] = [];
      for await (const chunk of chunks) written.push(chunk);
      store.set(path, Buffer.concat(written));
    },
    append: (path, text) =>
      void store.set(path, Buffer.concat([store.get(path) ?? Buffer.of(), Buffer.from(text)])),
  };
}

/** A whole response; an object becomes JSON. */
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
  // In two pieces, as a network may deliver it.
  const middle = Math.ceil(bytes.length / 2);
  for (const part of [bytes.subarray(0, middle), bytes.subarray(middle)]) if (part.length > 0) yield part;
}

/** The value of a request's header, in any case. */
export function sentHeader(request: Pick<HttpRequest, "headers">, name: string): string | undefined {
  return request.headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
}

/** The AuthCliError that work throws. */
export async function failure(work: () => unknown): Promise<AuthCliError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof AuthCliError) return error;
    throw error;
  }
  throw new Error("it was expected to fail, and did not");
}
