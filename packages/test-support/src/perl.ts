import { execFileSync } from "node:child_process";
import { findPeer, missingPeer } from "./peers.ts";

/** The path of a Perl that has the module, or undefined, as with {@link findPeer}. */
export function findPerl(module: string, debianPackage: string): string | undefined {
  const perl = findPeer("perl");
  if (perl === undefined) return undefined;
  try {
    execFileSync(perl, [`-M${module}`, "-e", "1"], { stdio: "pipe", timeout: 20_000 });
    return perl;
  } catch {
    return missingPeer(`${perl} lacks ${module} (apt-get install ${debianPackage})`);
  }
}
