import { Argument, Command, InvalidArgumentError, Option } from "commander";
import type { BodyPart } from "./call/request-options.ts";
import type { CallFlags } from "./commands/call.ts";
import type { CredentialFormat, CredentialsFlags } from "./commands/credentials.ts";
import type { LocalFlags } from "./commands/local.ts";
import type { LoginFlags } from "./commands/login.ts";
import type { LogoutFlags } from "./commands/logout.ts";
import type { SmokeFlags } from "./commands/smoke.ts";
import type { StatusFlags } from "./commands/status.ts";
import type { Environment, EnvironmentFlags } from "./environment.ts";

/** The names of `aws configure export-credentials`. Here and not in the command, which help need not load. */
const credentialFormats: CredentialFormat[] = [
  "process",
  "env",
  "env-no-export",
  "powershell",
  "windows-cmd",
  "fish",
  "json",
];

/** What a command gives back: an exit code, or nothing for 0. */
type Action = Promise<number | void>;

/** Makes the environment once the flags that shape it are known. */
export type EnvironmentFactory = (flags: EnvironmentFlags) => Environment;

/** The commands, their flags and their help. Each command's code is loaded when it runs. */
export function createProgram(
  version: string,
  environmentFor: EnvironmentFactory,
  done: (exitCode: number) => void,
): Command {
  const program = new Command("auth-cli")
    .description('Proves, end to end, that "log in with Twitter" opens a serverless API.')
    .version(version, "-V, --version")
    .option("--stage <name>", "the deployed stage (default: SST_STAGE, .sst/stage, or the only one deployed)")
    .option("--user <name>", "which stored login, by screen name or user id (default: the last one)")
    .option("--outputs <file>", "the outputs file (default: .sst/outputs.json)")
    .option("--endpoint <url>", "the API's address, in place of ApiEndpoint of the outputs")
    .option("--identity-pool-id <id>", "the identity pool, in place of IdentityPoolId of the outputs")
    .option("--region <region>", "the AWS region (default: the identity pool's)")
    .option("--profile <name>", "the deployer's AWS profile, for a stage that only CloudFormation knows")
    .option("--json", "print the result as JSON")
    .option("--debug", "tell each exchange with a service, and the stack of a fault")
    .option("--trace", "tell what is signed of each request, and how, on stderr")
    .option("--cacert <file>", "trust the PEM certificates of a file, too")
    .option("--no-color", "no colour (also: NO_COLOR)")
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true })
    .addHelpText("after", exitCodes);

  /** Runs a command's code with its flags, the ones that all commands share included, and its arguments. */
  const run =
    <Flags extends object, Arguments extends unknown[]>(
      action: (environment: Environment, flags: Flags, ...args: Arguments) => Action,
    ) =>
    async (...received: unknown[]): Promise<void> => {
      const command = received.at(-1) as Command;
      const flags = command.optsWithGlobals<Flags & EnvironmentFlags>();
      const args = received.slice(0, -2) as Arguments;
      done((await action(environmentFor(flags), flags, ...args)) ?? 0);
    };

  program
    .command("login")
    .description("log in with Twitter, then get the Cognito identity; remembers both")
    .option("--no-browser", "do not open a browser; print the page's address only")
    .addOption(
      new Option("--callback [port]", "let Twitter send the browser back here, in place of the PIN")
        .argParser(port)
        .conflicts(["withToken", "fromTwurl"]),
    )
    .addOption(
      new Option("--timeout <seconds>", "how long --callback waits (default: 300)").argParser(positive),
    )
    .addOption(
      new Option(
        "--with-token",
        "an access token you have: TWITTER_ACCESS_TOKEN and _SECRET, or token and secret on standard input",
      ).conflicts("fromTwurl"),
    )
    .option("--from-twurl [file]", "take the token of a twurl profile (default: ~/.twurlrc), --user chooses")
    .option("--force", "log in anew without asking")
    .option(
      "--consumer-key <key>",
      "the X app's consumer key (its secret comes from TWITTER_CONSUMER_SECRET)",
    )
    .addHelpText(
      "after",
      examples(
        "auth-cli login --stage prod",
        "auth-cli login --callback 8976   # the X app has http://127.0.0.1:8976/callback registered",
        "echo 1234567 | auth-cli login --no-browser   # the PIN from a pipe",
        "auth-cli login --with-token < token.txt   # two lines, or token;secret",
        "auth-cli login --from-twurl",
      ),
    )
    .action(
      run(async (environment, flags: LoginFlags) => {
        const { login } = await import("./commands/login.ts");
        return login(flags, environment);
      }),
    );

  /** Of two flags, in the order in which they were given. */
  const body: BodyPart[] = [];
  program
    .command("call")
    .description("sign a request and send it; the body goes to stdout, everything else to stderr")
    .usage("[options] [METHOD] <path>")
    .argument("<path...>", "a path of the API, or its whole URL; before it, if need be, the method")
    .option("-X, --request <method>", "the method (default: GET, or POST with a body)")
    .option("-I, --head", "HEAD: print the response's head only")
    .option("-H, --header <header>", "'Name: value'; 'Name:' leaves one out; @file has one a line", collect)
    .option("-d, --data <data>", "a body, @file or @- for standard input; several are joined by &")
    .option("--data-binary <data>", "like --data, but a file's line ends are kept")
    .on("option:data", (text: string) => body.push({ text, binary: false }))
    .on("option:data-binary", (text: string) => body.push({ text, binary: true }))
    .option("--url-query <name=value>", "a parameter of the query; its value is encoded", collect)
    .option("--compressed", "ask for gzip, deflate or br, and decode it")
    .option("-i, --include", "print the response's head too")
    .option("-o, --output <file>", "write the body to a file")
    .option("-v, --verbose", "tell the request (>) and the response (<) on stderr")
    .addOption(
      new Option(
        "-m, --max-time <seconds>",
        "for the whole exchange (default: 60 s until an answer, then 30 s without a byte)",
      ).argParser(positive),
    )
    .addOption(
      new Option("--connect-timeout <seconds>", "for the connection").argParser(positive).default(10),
    )
    .addOption(
      new Option("--retry <times>", "after 429, 5xx or a lost connection").argParser(whole).default(0),
    )
    .option("--no-fail", "exit with 0 on HTTP 400 and above")
    .option("--unsigned", "send without a signature")
    .option("--dry-run", "send nothing; print the canonical request, the string to sign and a curl command")
    .addHelpText(
      "after",
      examples(
        "auth-cli call /private",
        "auth-cli call /items -d @item.json -H 'Content-Type: application/json'",
        "auth-cli call DELETE /items/1",
        "auth-cli call /private --dry-run",
      ),
    )
    .action(
      run(async (environment, flags: CallFlags, target: string[]) => {
        const { call } = await import("./commands/call.ts");
        return call(target, { ...flags, body }, environment);
      }),
    );

  program
    .command("smoke")
    .description("check the whole chain, and that what must be refused is refused")
    .option("--report-json <file>", "write the JSON report to a file too")
    .addHelpText("after", examples("auth-cli smoke --stage prod", "auth-cli smoke --json | jq .passed"))
    .action(
      run(async (environment, flags: SmokeFlags) => {
        const { smoke } = await import("./commands/smoke.ts");
        return smoke(flags, environment);
      }),
    );

  program
    .command("status")
    .alias("whoami")
    .description("who am I: user, identity, role, expiry, and where each value came from")
    .addHelpText(
      "after",
      examples("auth-cli status --stage prod", "auth-cli status --json | jq -r .identityId"),
    )
    .action(
      run(async (environment, flags: StatusFlags) => {
        const { status } = await import("./commands/status.ts");
        return status(flags, environment);
      }),
    );

  program
    .command("credentials")
    .description("the temporary AWS credentials, for other tools; prints secrets")
    .addOption(
      new Option(
        "--format <format>",
        "as `aws configure export-credentials` names them (default: process)",
      ).choices(credentialFormats),
    )
    .addHelpText(
      "after",
      examples(
        'eval "$(auth-cli credentials --format env)"',
        "credential_process = auth-cli credentials --stage prod --outputs /path/to/.sst/outputs.json   # in ~/.aws/config",
      ),
    )
    .action(
      run(async (environment, flags: CredentialsFlags) => {
        const { exportCredentials } = await import("./commands/credentials.ts");
        return exportCredentials(flags, environment);
      }),
    );

  program
    .command("logout")
    .description("forget the stored login and its AWS credentials")
    .option("--all", "every login on this computer")
    .option("--revoke", "let Twitter forget the token too")
    .addHelpText("after", examples("auth-cli logout --stage prod", "auth-cli logout --all"))
    .action(
      run(async (environment, flags: LogoutFlags) => {
        const { logout } = await import("./commands/logout.ts");
        return logout(flags, environment);
      }),
    );

  program
    .command("local")
    .description("the local cloud, in place of Twitter and AWS; with a command, run it inside and stop after")
    .addArgument(new Argument("[command...]", "after --, the command to run inside"))
    .addOption(new Option("--port <port>", "for AWS; 0 picks a free one").argParser(port).default(4566))
    .addOption(
      new Option("--twitter-port <port>", "for Twitter; 0 picks a free one").argParser(port).default(4567),
    )
    .option("--tls-cert <file>", "a PEM certificate: every address is then https")
    .option("--tls-key <file>", "its private key")
    .addHelpText("after", examples("auth-cli local", "auth-cli local --port 0 --twitter-port 0 -- npm test"))
    .action(
      run(async (environment, flags: LocalFlags, command: string[]) => {
        const { local } = await import("./commands/local.ts");
        return local(command, flags, environment);
      }),
    );

  program
    .command("completion")
    .description("the script that lets a shell complete commands, flags, stages and users")
    .addArgument(new Argument("<shell>", "whose").choices(["bash", "zsh", "fish", "powershell"]))
    .addHelpText(
      "after",
      examples(
        "source <(auth-cli completion bash)     # in ~/.bashrc; zsh alike",
        "auth-cli completion fish | source      # in ~/.config/fish/config.fish",
        "auth-cli completion powershell | Out-String | Invoke-Expression",
      ),
    )
    .action(async (shell: string) => {
      const { printCompletionScript } = await import("./completion/script.ts");
      printCompletionScript(shell);
    });

  return program;
}

const exitCodes = `
Exit codes: 0 done, 1 a check or step failed, 2 usage or configuration, 3 network,
            4 authentication needed or refused, 22 the API answered HTTP 400 or above, 130 interrupted`;

function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}

function collect(value: string, previous: string[] = []): string[] {
  return [...previous, value];
}

function positive(value: string): number {
  const number = Number(value);
  if (value.trim() !== "" && Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError("It takes a number of seconds above 0.");
}

function whole(value: string): number {
  if (/^\d{1,3}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("It takes a whole number from 0 to 999.");
}

function port(value: string): number {
  const number = Number(value);
  if (/^\d{1,5}$/.test(value) && number <= 65_535) return number;
  throw new InvalidArgumentError("It takes a port, 0 to 65535.");
}
