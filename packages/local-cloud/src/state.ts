import { createHash, randomUUID } from "node:crypto";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Deserializer, Serializer } from "node:v8";

/**
 * What a local cloud keeps, in memory or in a folder too. Everything in it is plain data: V8's structured clone must be
 * able to copy it.
 */
export interface State {
  /** A part of the state. The same one at each call, and after a restart. */
  part<T>(name: string, create: () => T): T;
  /** Undefined for a state in memory. */
  folder: string | undefined;
}

export type StateFault =
  "damaged" | "foreign" | "newer" | "in-use" | "full" | "not-usable" | "other-settings";

/** A state folder that cannot be used. Nothing in it has changed. */
export class StateError extends Error {
  readonly code = "STATE";
  readonly fault: StateFault;
  readonly folder: string;

  constructor(fault: StateFault, folder: string, message: string) {
    super(message);
    this.fault = fault;
    this.folder = folder;
  }
}

export function memoryState(): State {
  return stateOf(new Map(), undefined);
}

function stateOf(parts: Map<string, unknown>, folder: string | undefined): State {
  return {
    folder,
    part(name, create) {
      if (!parts.has(name)) parts.set(name, create());
      return parts.get(name) as ReturnType<typeof create>;
    },
  };
}

export interface SavedState extends State {
  folder: string;
  /** Copies the state at once, then writes it when it has changed. @throws the file system's error; the file is then as it was */
  save(): Promise<void>;
  /** Lets another local cloud use the folder. */
  release(): void;
}

const format = "state of auth-cli's local cloud";
/** Goes up when an older version could not read the state. */
const version = 1;

/** Bytes from which an object has a file of its own, which is written once. */
const objectBytes = 4096;

/**
 * Opens a state folder, or creates it. One file has the whole state and replaces the one before in one step, so that a
 * process that is killed leaves all of it as it was. Large objects, such as code, are in files beside it, by their hash.
 * @throws StateError
 */
export function openState(folder: string): SavedState {
  const path = join(folder, "state");
  const objects = join(folder, "objects");
  let release: () => void;
  try {
    makeFolder(folder);
    requireOwn(folder);
    makeFolder(objects);
    release = lock(folder);
  } catch (error) {
    throw stateFault(folder, error);
  }
  let saved = "";
  let writing = Promise.resolve();
  try {
    const { parts, digest } = read(folder, path, objects);
    saved = digest;
    const write = async (body: Buffer, blobs: ReadonlyMap<string, Uint8Array>): Promise<void> => {
      const digestNow = sha256(body);
      if (digestNow === saved) return;
      for (const [hash, bytes] of blobs) {
        const blob = join(objects, hash);
        // oxlint-disable-next-line no-await-in-loop -- the disk writes one after the other
        if (!existsSync(blob)) await replace(blob, bytes);
      }
      const head = JSON.stringify({ format, version, sha256: digestNow });
      await replace(path, Buffer.concat([Buffer.from(`${head}\n`), body]));
      saved = digestNow;
      for (const name of await readdir(objects)) {
        // oxlint-disable-next-line no-await-in-loop -- as above
        if (!blobs.has(name)) await rm(join(objects, name), { force: true });
      }
    };
    return {
      ...stateOf(parts, folder),
      folder,
      save: () => {
        // Copied now: what changes while an earlier write runs may be half of an operation.
        const blobs = new Map<string, Uint8Array>();
        const body = serialize(parts, blobs);
        const next = writing.then(() => write(body, blobs));
        writing = next.catch(() => {});
        return next;
      },
      release,
    };
  } catch (error) {
    release();
    throw error;
  }
}

/** What the file system refused, in words. */
export function stateFault(folder: string, error: unknown): StateError {
  if (error instanceof StateError) return error;
  const { code = "", message } = error as NodeJS.ErrnoException;
  const causes: Record<string, string> = {
    EACCES: "permission denied",
    EPERM: "permission denied",
    EROFS: "the file system is read-only",
    ENOSPC: "the disk is full",
    EDQUOT: "your disk quota is used up",
    EFBIG: "the file would be larger than this process may write (ulimit -f)",
    ENOENT: "the folder above it does not exist",
    ENOTDIR: "a file exists in its place",
  };
  const isFull = ["ENOSPC", "EDQUOT", "EFBIG"].includes(code);
  return new StateError(isFull ? "full" : "not-usable", folder, causes[code] ?? message);
}

/** Creates no parents: Node's `recursive` never returns where the file system refuses with ENOENT, as /proc does. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** @throws StateError for a folder with files of others */
function requireOwn(folder: string): void {
  const own = /^(state|objects|dynamodb(\..+)?|certificates\.pem|lock|(state|lock)\..+)$/;
  const foreign = readdirSync(folder).find((name) => !own.test(name));
  if (foreign === undefined) return;
  throw new StateError("foreign", folder, `it contains ${JSON.stringify(foreign)}`);
}

function read(
  folder: string,
  path: string,
  objects: string,
): { parts: Map<string, unknown>; digest: string } {
  let file: Buffer;
  try {
    file = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { parts: new Map(), digest: "" };
    throw stateFault(folder, error);
  }
  const end = file.indexOf(10);
  const damaged = (what: string): StateError => new StateError("damaged", folder, what);
  let head: { format?: unknown; version?: unknown; sha256?: unknown };
  try {
    head = JSON.parse(file.subarray(0, end).toString()) as typeof head;
  } catch {
    throw damaged(`${path} does not start with its format`);
  }
  if (head.format !== format) throw damaged(`${path} does not start with its format`);
  if (Number(head.version) > version) {
    throw new StateError(
      "newer",
      folder,
      `its format is ${Number(head.version)}, and this one is ${version}`,
    );
  }
  const body = file.subarray(end + 1);
  if (sha256(body) !== head.sha256) throw damaged(`${path} is not what was written`);
  try {
    const parts = deserialize(body, objects);
    return { parts, digest: head.sha256 };
  } catch (error) {
    // A newer Node.js may have a newer format.
    throw damaged((error as Error).message);
  }
}

/** Writes a file in one step, and to the disk. */
async function replace(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/** A holder renews its lock four times in this time. */
const staleMs = 10_000;

/** @returns releases the folder. @throws StateError when another local cloud uses it */
function lock(folder: string): () => void {
  const path = join(folder, "lock");
  const own = join(folder, `lock.${randomUUID()}`);
  const content = JSON.stringify({ id: randomUUID(), pid: process.pid });
  try {
    writeFileSync(own, content, { mode: 0o600 });
    while (!createFrom(own, path)) breakAbandoned(folder, path);
  } finally {
    rmSync(own, { force: true });
  }
  const isOwn = (): boolean => existsSync(path) && readFileSync(path, "utf8") === content;
  const renewal = setInterval(() => {
    try {
      if (isOwn()) utimesSync(path, new Date(), new Date());
    } catch {
      // The next renewal tries again.
    }
  }, staleMs / 4).unref();
  const release = (): void => {
    clearInterval(renewal);
    process.off("exit", release);
    if (isOwn()) rmSync(path, { force: true });
  };
  process.once("exit", release);
  return release;
}

/** Creates a file with its content in one step. @returns false when it exists */
function createFrom(from: string, path: string): boolean {
  try {
    linkSync(from, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function breakAbandoned(folder: string, path: string): void {
  // Its holder has just removed it.
  if (!existsSync(path)) return;
  const held = readFileSync(path, "utf8");
  const pid = Number(/"pid":(\d+)\}$/.exec(held)?.[1]);
  const ageMs = Math.abs(Date.now() - statSync(path).mtimeMs);
  // A computer that lost its power may leave an empty lock.
  if (pid > 0 && isAlive(pid) && ageMs < staleMs) {
    throw new StateError("in-use", folder, `process ${pid} uses it`);
  }
  const aside = join(folder, `lock.${randomUUID()}`);
  renameSync(path, aside);
  // Another process was faster, and this lock is its own.
  if (readFileSync(aside, "utf8") !== held) createFrom(aside, path);
  rmSync(aside, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** V8 asks for these two, and its types lack them. https://nodejs.org/docs/latest-v20.x/api/v8.html#serializer_writehostobjectobject */
class StateSerializer extends Serializer {
  readonly #blobs: Map<string, Uint8Array>;

  constructor(blobs: Map<string, Uint8Array>) {
    super();
    this.#blobs = blobs;
    // oxlint-disable-next-line no-underscore-dangle -- Node's name
    (this as unknown as HostObjects)._setTreatArrayBufferViewsAsHostObjects(true);
  }

  _writeHostObject(view: Uint8Array): void {
    const isLarge = view.byteLength >= objectBytes;
    const hash = isLarge ? sha256(view) : "";
    if (isLarge) this.#blobs.set(hash, view);
    const written = isLarge ? Buffer.from(hash) : view;
    this.writeUint32(isLarge ? 1 : 0);
    this.writeUint32(written.byteLength);
    this.writeRawBytes(written);
  }
}

class StateDeserializer extends Deserializer {
  readonly #objects: string;

  constructor(body: Buffer, objects: string) {
    super(body);
    this.#objects = objects;
  }

  _readHostObject(): Buffer {
    const isLarge = this.readUint32() === 1;
    const bytes = Buffer.from(this.readRawBytes(this.readUint32()));
    if (!isLarge) return bytes;
    const hash = bytes.toString();
    const blob = readFileSync(join(this.#objects, hash));
    if (sha256(blob) !== hash) throw new Error(`objects/${hash} is not what was written`);
    return blob;
  }
}

interface HostObjects {
  _setTreatArrayBufferViewsAsHostObjects(flag: boolean): void;
}

function serialize(parts: Map<string, unknown>, blobs: Map<string, Uint8Array>): Buffer {
  const serializer = new StateSerializer(blobs);
  serializer.writeHeader();
  serializer.writeValue(parts);
  return serializer.releaseBuffer();
}

function deserialize(body: Buffer, objects: string): Map<string, unknown> {
  const deserializer = new StateDeserializer(body, objects);
  deserializer.readHeader();
  return deserializer.readValue() as Map<string, unknown>;
}
