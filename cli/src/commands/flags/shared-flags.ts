import type { Command } from "commander";

/**
 * Adds the flags that all commands share.
 * @param stages receives every `--stage`; a command that takes one stage uses the last
 */
export function addSharedFlags(command: Command, stages: string[]): Command {
  return command
    .option("--stage <name>", "deployed stage (default: SST_STAGE, .sst/stage or the only deployed stage)")
    .on("option:stage", (name: string) => stages.push(name))
    .option(
      "--user <name>",
      "stored login to use: screen name, e-mail address or user id (default: the most recent)",
    )
    .option("--outputs <file>", "outputs file of the deployment (default: .sst/outputs.json for SST)")
    .option("--api <name>", "output with the API's address (default: ApiEndpoint, else the only API)")
    .option("--endpoint <url>", "API address (default: AUTH_CLI_ENDPOINT, auth-cli.json or the outputs)")
    .option(
      "--identity-pool-id <id>",
      "identity pool (default: AUTH_CLI_IDENTITY_POOL_ID, auth-cli.json or the outputs)",
    )
    .option(
      "--region <region>",
      "the API's AWS region (default: the one in its host, else the identity pool's)",
    )
    .option("--service <name>", "service that signatures name (default: by the API's host, else execute-api)")
    .option("--profile <name>", "AWS profile of the deployer, to find a stage in CloudFormation")
    .option("--json", "print the result as JSON")
    .option("--debug", "print every request to a service, and stack traces")
    .option("--trace", "print how each request is signed, on stderr")
    .option("--cacert <file>", "also trust the PEM certificates in a file")
    .option("--no-color", "disable colors (also: NO_COLOR)");
}
