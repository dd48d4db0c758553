/** Builds auth-cli, the local cloud and the canary. `scripts/build.ts cli` builds auth-cli only, which needs fewer packages. */
import { buildCli } from "./build/cli.ts";

const [only] = process.argv.slice(2);
await Promise.all([
  buildCli(),
  only === "cli"
    ? undefined
    : import("./build/local-cloud.ts").then(({ buildLocalCloud }) => buildLocalCloud()),
  only === "cli" ? undefined : import("./build/canary.ts").then(({ buildCanary }) => buildCanary()),
]);
