import { AuthCliError } from "../../errors.ts";

/**
 * The argument that Git Bash on Windows turned into a Windows path: `/private` for `C:/Program Files/Git/private`, `/d/x`
 * for `D:/x`.
 * @param shell the variable SHELL. Its folder shows where Git is installed.
 * @returns undefined for a text that is not a Windows path
 * @see https://www.msys2.org/docs/filesystem-paths/#automatic-unix-windows-path-conversion
 */
export function pathBeforeGitBash(text: string, shell = ""): string | undefined {
  const path = text.replaceAll("\\", "/");
  const [, drive = "", below = ""] = /^([A-Za-z]):(\/.*)$/s.exec(path) ?? [];
  if (drive === "") return undefined;
  const [, root = ""] = /^([a-z]:\/.*?)\/(?:usr\/)?bin\//i.exec(shell.replaceAll("\\", "/")) ?? [];
  if (root !== "" && path.toLowerCase().startsWith(`${root.toLowerCase()}/`)) return path.slice(root.length);
  return installed.exec(path)?.[1] ?? `/${drive.toLowerCase()}${below}`;
}

/** The usual folders of Git for Windows and MSYS2. */
const installed = /^[a-z]:\/(?:.*?\/)??(?:git|msys64|msys32)(\/.*)$/is;

/**
 * Rejects a path of the API that Git Bash turned into a Windows path.
 * @throws AuthCliError `invalid-usage`
 */
export function rejectConvertedPath(
  target: readonly string[],
  {
    platform,
    variables,
  }: { platform: NodeJS.Platform; variables: Readonly<Record<string, string | undefined>> },
): void {
  const text = target.at(-1) ?? "";
  if (
    platform !== "win32" ||
    (variables["MSYSTEM"] === undefined && !installed.test(text.replaceAll("\\", "/")))
  )
    return;
  const path = pathBeforeGitBash(text, variables["SHELL"]);
  if (path === undefined) return;
  const command = (word: string): string =>
    ["auth-cli call", ...target.slice(0, -1), /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`].join(" ");
  const withVariable = `\`MSYS_NO_PATHCONV=1 ${command(path)}\``;
  throw new AuthCliError("invalid-usage", {
    message: `${JSON.stringify(text)} is a path of this computer, not of the API`,
    cause: `Git Bash on Windows turned ${path} into it`,
    fix:
      path === "/"
        ? `run ${withVariable}`
        : `run \`${command(path.slice(1))}\`, without the first slash, or ${withVariable}`,
  });
}
