import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, sep } from "node:path";

import { ServiceError } from "../aws/service-error.ts";

/**
 * Writes a deployment package into a folder.
 *
 * @throws ServiceError when the package is not a zip archive or holds a path outside the folder
 */
export async function unpackBundle(archive: Uint8Array, folder: string): Promise<void> {
  const files = Object.entries(await unzip(archive)).map(([name, content]) => {
    const path = join(folder, name);
    if (!path.startsWith(folder + sep) || name.includes("\\") || name.includes("\0")) {
      throw invalidZipFile(
        `the deployment package holds a path that leads out of it: ${JSON.stringify(name)}`,
      );
    }
    return { path, content, isFolder: name.endsWith("/") };
  });
  const folders = new Set(files.map(({ path, isFolder }) => (isFolder ? path : dirname(path))));
  await Promise.all([...folders].map((path) => mkdir(path, { recursive: true })));
  await Promise.all(
    files.filter(({ isFolder }) => !isFolder).map(({ path, content }) => writeFile(path, content)),
  );
}

async function unzip(archive: Uint8Array): Promise<Record<string, Uint8Array>> {
  const { unzipSync } = await import("fflate");
  try {
    return unzipSync(archive);
  } catch (error) {
    throw invalidZipFile((error as Error).message);
  }
}

function invalidZipFile(message: string): ServiceError {
  return new ServiceError("InvalidZipFileException", message, 502);
}
