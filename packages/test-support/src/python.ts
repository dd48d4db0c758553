import { execFileSync } from "node:child_process";
import { findPeer, missingPeer } from "./peers.ts";

/**
 * The path of a Python that has the modules, or undefined, said loudly; with `REQUIRE_PEERS=1` an error, as in
 * {@link findPeer}. Run it with `-s`, so that only the distribution's modules count.
 */
export function findPython(modules: Record<string, string>): string | undefined {
  const python = findPeer("python3");
  if (python === undefined) return undefined;
  const names = Object.keys(modules);
  try {
    execFileSync(python, ["-s", "-c", `import ${names.join(", ")}`], { stdio: "pipe", timeout: 20_000 });
    return python;
  } catch {
    return missingPeer(
      `${python} lacks ${names.join(", ")} (apt-get install ${Object.values(modules).join(" ")})`,
    );
  }
}
