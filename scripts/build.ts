/** Builds what runs outside the tests; `scripts/build.ts cli` auth-cli alone, for which fewer packages are needed. */
import { buildCli } from "./build/cli.ts";

const [only] = process.argv.slice(2);
await Promise.all([
  buildCli(),
  only === "cli"
    ? undefined
    : import("./build/local-cloud.ts").then(({ buildLocalCloud }) => buildLocalCloud()),
]);
