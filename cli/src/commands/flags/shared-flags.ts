import type { Command } from "commander";

/**
 * The flags that all commands share.
 * @param stages gets each `--stage`, for the command that takes several; the others take the last
 */
export function addSharedFlags(command: Command, stages: string[]): Command {
  return command
    .option("--stage <name>", "the deployed stage (default: SST_STAGE, .sst/stage, or the only one deployed)")
    .on("option:stage", (name: string) => stages.push(name))
    .option(
      "--user <name>",
      "which stored login, by screen name, e-mail address or user id (default: the last one)",
    )
    .option("--outputs <file>", "the outputs file (default: .sst/outputs.json)")
    .option("--endpoint <url>", "the API's address, in place of ApiEndpoint of the outputs")
    .option("--identity-pool-id <id>", "the identity pool, in place of IdentityPoolId of the outputs")
    .option("--region <region>", "the AWS region (default: the identity pool's)")
    .option("--profile <name>", "the deployer's AWS profile, for a stage that only CloudFormation knows")
    .option("--json", "print the result as JSON")
    .option("--debug", "tell each exchange with a service, and the stack of a fault")
    .option("--trace", "tell what is signed of each request, and how, on stderr")
    .option("--cacert <file>", "trust the PEM certificates of a file, too")
    .option("--no-color", "no colour (also: NO_COLOR)");
}
