import { headerValue, measureClockSkew } from "../../http.ts";
import type { Examination } from "./examination.ts";
import { fault, type Finding, ok, skipped, warning } from "./finding.ts";
import type { Probe } from "./probes.ts";

const oldestNode = [20, 19] as const;

/** From here on a clock is worth a look; the `Date` header counts whole seconds. */
const noticeableSeconds = 30;

/** AWS and Twitter refuse at five minutes, one way or the other; a minute is left for drift. */
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
  return warning("computer.node", `${what}: auth-cli is made for Linux, macOS and Windows`);
}

const clockNames = { twitter: "Twitter", cognito: "Cognito", api: "the API", sts: "STS" };

function clock({ service, answer, url, endedMs }: Probe): Finding {
  const name = `computer.clock.${service}` as const;
  const skew = answer.value && measureClockSkew(answer.value.headers, endedMs);
  if (answer.value === undefined || skew === undefined) {
    const why = answer.value === undefined ? "it did not answer" : "its answer has no Date header";
    return skipped(name, `the clock was not compared with that of ${clockNames[service]}: ${why}`);
  }
  const age = Number(headerValue(answer.value.headers, "age") ?? 0);
  if (age > 0) return skipped(name, `the answer of ${clockNames[service]} is ${age} s old: a cache gave it`);
  const apart = `${Math.abs(skew)} s ${skew > 0 ? "behind" : "ahead of"} ${clockNames[service]}'s`;
  const evidence = [
    `the Date header of ${url?.host ?? ""} says ${headerValue(answer.value.headers, "date")}`,
  ];
  if (Math.abs(skew) <= noticeableSeconds) {
    // The header counts whole seconds, so that a difference of one is none.
    const agrees = Math.abs(skew) <= 1;
    return ok(name, agrees ? `agrees with ${clockNames[service]}'s to the second` : `is ${apart}`);
  }
  const fix = "set the clock, for example with `sudo timedatectl set-ntp true`";
  if (Math.abs(skew) < refusedSeconds) {
    return warning(name, `is ${apart}; signatures are refused from 300 s on`, { evidence, fix });
  }
  return fault(name, `is ${apart}, and signatures are refused from 300 s on`, { evidence, fix });
}
