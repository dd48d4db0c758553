import { headerValue, measureClockSkew } from "../../http.ts";
import type { Examination } from "./examination.ts";
import { fault, type Finding, ok, skipped, warning } from "./finding.ts";
import type { Probe } from "./probes.ts";

const oldestNode = [20, 19] as const;

/** Smaller differences do not matter. The `Date` header counts whole seconds. */
const noticeableSeconds = 30;

/** AWS and Twitter refuse at five minutes. A minute is left for drift. */
const refusedSeconds = 240;

/** Node and the clock. */
export async function examineComputer({ environment, probes }: Examination): Promise<Finding[]> {
  const clocks = (await probes).filter(({ service }) => service !== "sts").map(clock);
  return [node(environment), ...clocks];
}

function node({ runtime, platform }: Examination["environment"]): Finding {
  const [major = 0, minor = 0] = runtime.node.split(".").map(Number);
  const [oldestMajor, oldestMinor] = oldestNode;
  const what = `Node ${runtime.node} on ${platform} ${runtime.architecture}`;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
    const wanted = `Node ${oldestMajor}.${oldestMinor} or newer`;
    return fault("computer.node", `${what} is too old: auth-cli needs ${wanted}`, {
      fix: `install ${wanted} (https://nodejs.org)`,
    });
  }
  if (["linux", "darwin", "win32"].includes(platform)) return ok("computer.node", what);
  return warning("computer.node", `${what}: auth-cli supports Linux, macOS and Windows`);
}

const clockNames = { twitter: "Twitter", cognito: "Cognito", api: "the API", sts: "STS" };

function clock({ service, answer, url, endedMs }: Probe): Finding {
  const name = `computer.clock.${service}` as const;
  const skew = answer.value && measureClockSkew(answer.value.headers, endedMs);
  if (answer.value === undefined || skew === undefined) {
    const why = answer.value === undefined ? "it did not answer" : "its answer has no valid Date header";
    return skipped(name, `cannot compare the clock with ${clockNames[service]}'s: ${why}`);
  }
  const age = Number(headerValue(answer.value.headers, "age") ?? 0);
  if (age > 0)
    return skipped(
      name,
      `cannot compare the clock with ${clockNames[service]}'s: a cache answered (${age} s old)`,
    );
  const apart = `the clock is ${Math.abs(skew)} s ${skew > 0 ? "behind" : "ahead of"} ${clockNames[service]}'s`;
  const evidence = [`${url?.host ?? ""} sent Date: ${headerValue(answer.value.headers, "date")}`];
  if (Math.abs(skew) <= noticeableSeconds) {
    // The header counts whole seconds, so one second may be rounding.
    const agrees = Math.abs(skew) <= 1;
    return ok(name, agrees ? `the clock agrees with ${clockNames[service]}'s` : apart);
  }
  const fix = "set the clock (on Linux: `sudo timedatectl set-ntp true`)";
  if (Math.abs(skew) < refusedSeconds) {
    return warning(name, `${apart}; AWS and Twitter refuse signatures at 300 s`, { evidence, fix });
  }
  return fault(name, `${apart}; AWS and Twitter refuse signatures at 300 s`, { evidence, fix });
}
