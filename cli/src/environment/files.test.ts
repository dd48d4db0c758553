import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { failure } from "../../test/fakes/fake-environment.ts";
import { files } from "./files.ts";

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "auth-cli-files-"));
  path = join(folder, "sessions.json");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function ageOf(name: string, ms: number): void {
  const then = new Date(Date.now() - ms);
  utimesSync(join(folder, name), then, then);
}

const modeOf = (file: string): string => (statSync(file).mode & 0o7777).toString(8);

describe("readText", () => {
  it("reads UTF-8, and the UTF-16 that Windows PowerShell writes", () => {
    writeFileSync(path, '{"name":"Zoë"}\r\n');
    expect(files.readText(path)).toBe('{"name":"Zoë"}\r\n');
    writeFileSync(path, '\uFEFF{"name":"Zoë"}\r\n', "utf16le");
    expect(files.readText(path)?.replace(/^\uFEFF/, "")).toBe('{"name":"Zoë"}\r\n');
  });
});

describe("writePrivate", () => {
  it("keeps a symbolic link", async () => {
    mkdirSync(join(folder, "dotfiles"));
    const target = join(folder, "dotfiles", "mine.json");
    writeFileSync(target, "old");
    symlinkSync(target, path);
    await files.writePrivate(path, "new");
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, "utf8")).toBe("new");
    expect(readdirSync(join(folder, "dotfiles"))).toEqual(["mine.json"]);
  });

  it("removes only old files of killed processes", async () => {
    const [hash, unique] = ["0123456789abcdef0123456789abcdef", "11111111-2222-3333-4444-555555555555"];
    const leftovers = [
      "sessions.json.0a1b2c3d.tmp",
      `${hash}.json.99999999.tmp`,
      `${hash}.json.lock`,
      `${hash}.json.lock.${unique}`,
    ];
    const others = ["sessions.json.corrupt-0a1b2c3d", "notes.tmp", "package.json.bak", `${hash}.json`];
    for (const name of [...leftovers, ...others]) {
      writeFileSync(join(folder, name), "");
      ageOf(name, 61_000);
    }
    const young = "sessions.json.aaaaaaaa.tmp";
    writeFileSync(join(folder, young), "");
    await files.writePrivate(path, "{}");
    expect(readdirSync(folder).toSorted()).toEqual(["sessions.json", young, ...others].toSorted());
  });

  it("leaves no file after an error", async () => {
    mkdirSync(path);
    const error = await failure(() => files.writePrivate(path, "{}"));
    expect(error).toMatchObject({ code: "write-failed", cause: "it is a folder" });
    expect(readdirSync(folder)).toEqual(["sessions.json"]);
  });
});

describe.skipIf(process.platform === "win32")("makePrivate", () => {
  it.each([
    [0o600, 0o700, []],
    [0o644, 0o700, [{ path: "sessions.json", mode: "644", repaired: "600" }]],
    [0o600, 0o755, [{ path: "", mode: "755", repaired: "700" }]],
    [
      0o666,
      0o777,
      [
        { path: "", mode: "777", repaired: "700" },
        { path: "sessions.json", mode: "666", repaired: "600" },
      ],
    ],
    [0o400, 0o500, []],
  ])("closes mode %o in a folder with mode %o", (mode, folderMode, expected) => {
    writeFileSync(path, "{}");
    chmodSync(path, mode);
    chmodSync(folder, folderMode);
    const loose = files.makePrivate(path);
    expect(loose).toEqual(expected.map((each) => ({ ...each, path: join(folder, each.path) })));
    expect(files.makePrivate(path)).toEqual([]);
    expect([modeOf(path), modeOf(folder)]).toEqual([
      expected.some((each) => each.path !== "") ? "600" : mode.toString(8),
      expected.some((each) => each.path === "") ? "700" : folderMode.toString(8),
    ]);
  });

  it.each([
    [0o755, []],
    [0o775, [{ mode: "775", repaired: undefined }]],
    [0o1777, []],
  ])("keeps mode %o of a folder that contains other files", (mode, expected) => {
    writeFileSync(path, "{}", { mode: 0o600 });
    writeFileSync(join(folder, "diary.txt"), "");
    chmodSync(folder, mode);
    expect(files.makePrivate(path)).toEqual(expected.map((each) => ({ path: folder, ...each })));
    expect(modeOf(folder)).toBe(mode.toString(8));
  });

  it("ignores a missing file", () => {
    expect(files.makePrivate(join(folder, "none", "file"))).toEqual([]);
  });
});

describe("setAside", () => {
  it("renames the file", () => {
    writeFileSync(path, "broken");
    expect(files.setAside(path, `${path}.aside`, "broken")).toBe(true);
    expect(readdirSync(folder)).toEqual(["sessions.json.aside"]);
  });

  it("keeps a file that another process has replaced", () => {
    writeFileSync(path, "replaced");
    expect(files.setAside(path, `${path}.aside`, "broken")).toBe(false);
    expect(readFileSync(path, "utf8")).toBe("replaced");
    expect(existsSync(`${path}.aside`)).toBe(false);
  });

  it("returns false for a missing file", () => {
    expect(files.setAside(path, `${path}.aside`, "broken")).toBe(false);
  });
});

describe("file state", () => {
  it("contains the kind and the time of the last change", () => {
    writeFileSync(path, "{}");
    utimesSync(path, 1000, 2000);
    expect(files.describe(path)).toMatchObject({ folder: false, modifiedMs: 2_000_000 });
    expect(files.describe(folder)?.folder).toBe(true);
    expect(files.describe(join(folder, "absent"))).toBeUndefined();
  });

  it.skipIf(process.platform === "win32")("contains the mode", () => {
    writeFileSync(path, "{}");
    chmodSync(path, 0o640);
    expect(files.describe(path)?.mode).toBe(0o640);
  });

  it("of a folder lists its sorted names, none for a missing folder", () => {
    for (const name of ["b", "a"]) writeFileSync(join(folder, name), "");
    expect(files.list(folder)).toEqual(["a", "b"]);
    expect(files.list(join(folder, "absent"))).toEqual([]);
    expect(files.list(join(folder, "a"))).toEqual([]);
  });
});

describe.skipIf(process.platform === "win32")("reading what is not a regular file", () => {
  it("fails for a named pipe without a writer", async () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    expect(await failure(() => files.readText(pipe))).toMatchObject({
      code: "invalid-configuration",
      message: `cannot read ${pipe}`,
      cause: expect.stringContaining("not a regular file") as string,
    });
  });

  it("reads a pipe to its end", () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const writer = spawn("/bin/sh", ["-c", 'printf one >"$0"; printf two >"$0"', pipe], { stdio: "ignore" });
    expect(files.readText(pipe)).toMatch(/^one/);
    writer.kill();
  });

  it("fails for a device without an end, and reads one that is empty", async () => {
    expect((await failure(() => files.readText("/dev/zero"))).cause).toContain("longer than 1 MiB");
    expect(files.readText("/dev/null")).toBe("");
  });
});

describe.skipIf(process.platform !== "linux")("a folder that cannot be created", () => {
  it.each(["/proc/auth-cli", "/proc/self/a/b"])("causes an error: %s", async (unwritable) => {
    for (const work of [
      () => files.writePrivate(`${unwritable}/sessions.json`, "{}"),
      () => files.withLock(`${unwritable}/sessions.json`, async () => {}),
    ])
      expect((await failure(work)).code).toBe("write-failed");
  });
});

/** A file system that refuses new folders even to root, and a file in place of the home folder. */
const closed = ["/sys/auth-cli-test/sessions.json", "/dev/null/auth-cli/sessions.json"];

it.skipIf(process.platform !== "linux" || !existsSync("/sys"))(
  "names AUTH_CLI_CONFIG_DIR where the home folder cannot be written",
  async () => {
    for (const [target, work] of closed.flatMap((each) => [
      [each, () => files.writePrivate(each, "{}")] as const,
      [each, () => files.withLock(each, async () => {})] as const,
    ])) {
      expect(await failure(work)).toMatchObject({
        code: "write-failed",
        message: expect.stringContaining(target) as string,
        cause: expect.stringMatching(
          /^(permission denied|the file system is read-only|a file exists where its folder should be)$/,
        ) as string,
        fix: "set AUTH_CLI_CONFIG_DIR to a folder that you can write",
      });
    }
  },
);

describe("create", () => {
  it("creates a file and its folders, and leaves nothing else", () => {
    const file = join(folder, "a", "b", "new.yml");
    expect(files.create(file, "text")).toBe(true);
    expect(readFileSync(file, "utf8")).toBe("text");
    expect(readdirSync(join(folder, "a", "b"))).toEqual(["new.yml"]);
  });

  it("leaves an existing file and a broken link as they are", () => {
    writeFileSync(path, "mine");
    symlinkSync(join(folder, "missing"), join(folder, "link"));
    expect([files.create(path, "text"), files.create(join(folder, "link"), "text")]).toEqual([false, false]);
    expect(readFileSync(path, "utf8")).toBe("mine");
    expect(readdirSync(folder).toSorted()).toEqual(["link", "sessions.json"]);
  });

  it("names the file that it cannot create", async () => {
    writeFileSync(path, "");
    const error = await failure(() => files.create(join(path, "new.yml"), "text"));
    expect(error).toMatchObject({ code: "write-failed", message: `cannot write ${join(path, "new.yml")}` });
  });
});

describe("realPath", () => {
  it("follows links, and knows no missing file", () => {
    symlinkSync(folder, join(folder, "link"));
    writeFileSync(path, "");
    expect(files.realPath(join(folder, "link", "sessions.json"))).toBe(files.realPath(path));
    expect(files.realPath(join(folder, "missing"))).toBeUndefined();
  });
});
