import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { StateError, stateFault } from "./state-error.ts";
import { lock } from "./state-lock.ts";
import { deserialize, serialize, sha256 } from "./state-serialization.ts";

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
  /** Copies the state at once, and writes it if it has changed. @throws the file system's error, and leaves the file unchanged */
  save(): Promise<void>;
  /** Lets another local cloud use the folder. */
  release(): void;
}

const format = "state of auth-cli's local cloud";
/** Goes up when an older version could not read the state. */
const version = 1;

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
  if (sha256(body) !== head.sha256) throw damaged(`${path} does not match its checksum`);
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
