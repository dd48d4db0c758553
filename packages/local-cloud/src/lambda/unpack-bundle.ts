import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, sep } from "node:path";

/**
 * Writes a deployment package into a folder.
 *
 * @throws Error when the package is not a zip archive or holds a path outside the folder
 */
export async function unpackBundle(archive: Uint8Array, folder: string): Promise<void> {
  const { unzipSync } = await import("fflate");
  const files = Object.entries(unzipSync(archive)).map(([name, content]) => {
    const path = join(folder, name);
    if (!path.startsWith(folder + sep) || name.includes("\\") || name.includes("\0")) {
      throw new Error(`the deployment package holds a path that leads out of it: ${JSON.stringify(name)}`);
    }
    return { path, content, isFolder: name.endsWith("/") };
  });
  const folders = new Set(files.map(({ path, isFolder }) => (isFolder ? path : dirname(path))));
  await Promise.all([...folders].map((path) => mkdir(path, { recursive: true })));
  await Promise.all(
    files.filter(({ isFolder }) => !isFolder).map(({ path, content }) => writeFile(path, content)),
  );
}
