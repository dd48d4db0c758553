import type { Command, CommanderError } from "commander";
import { AuthCliError } from "../../errors.ts";
import { pathBeforeGitBash } from "./git-bash.ts";

/**
 * Turns commander's error, such as `error: option '-m, --max-time <seconds>' argument '0' is invalid. Expected …`, into ours.
 * Repeats only invalid values from the command line: anything else may be a secret.
 * @param args the words of the command line
 */
export function usageError(
  { message: text, code }: CommanderError,
  program: Command,
  args: readonly string[],
): AuthCliError {
  const [what = "", suggestion] = text.replace(/^error: /, "").split("\n");
  const command = program.commands.find((each) => args.includes(each.name()));
  const help = `run \`${["auth-cli", command?.name(), "--help"].filter(Boolean).join(" ")}\``;
  const didYouMean = suggestion?.replace(/^\(Did (.*)\)$/, "did $1");
  const error = (details: { message: string; cause: string; fix?: string | undefined }): AuthCliError =>
    new AuthCliError("invalid-usage", { ...details, fix: details.fix ?? help });

  switch (code) {
    case "commander.unknownOption": {
      const [, flag = "", value] = /^unknown option '([^=]*)(=.*)?'$/s.exec(what) ?? [];
      const known = [...program.options, ...(command?.options ?? [])].some(({ long }) => long === flag);
      if (known && value !== undefined) {
        return error({
          message: `${flag} takes no value`,
          cause: "it is a switch",
          fix: `use ${flag} without a value`,
        });
      }
      // A value may follow a single letter without a space.
      const name = flag.startsWith("--") ? flag : flag.slice(0, 2);
      const message = `unknown option '${name}'`;
      const curls = command?.name() === "call" ? curlFlags[curlFlag(name)] : undefined;
      if (curls !== undefined) return error({ message, cause: curls[0], fix: curls[1] });
      return error({ message, ...explainUnknown(flag, command, didYouMean) });
    }
    case "commander.optionMissingArgument": {
      const { name, value } = optionIn(what);
      return error({ message: `${name} needs a value: ${value}`, cause: "the command line ends after it" });
    }
    case "commander.invalidArgument": {
      const [, choice, reason = ""] = /argument '(.*)' is invalid\. (.*)$/s.exec(what) ?? [];
      const { name } = optionIn(what);
      const [, argument] = /is invalid for argument '(.*?)'\./.exec(what) ?? [];
      if (choice !== undefined) {
        return error({
          message: `invalid ${name} ${JSON.stringify(choice)}`,
          cause: sentence(reason),
        });
      }
      const [, given = ""] = /value '(.*)' is invalid/s.exec(what) ?? [];
      return error({
        message: `invalid <${argument ?? ""}> ${JSON.stringify(given)}`,
        cause: sentence(what.replace(/^.*?is invalid for argument '.*?'\. /s, "")),
      });
    }
    case "commander.conflictingOption": {
      const [first = "", second = ""] = [...what.matchAll(/(--[\w-]+)/g)].map(([name]) => name);
      return error({
        message: `${first} cannot be used with ${second}`,
        cause: "both set the same thing",
        fix: `use ${first} or ${second}, not both`,
      });
    }
    case "commander.missingArgument": {
      const [, argument = ""] = /argument '(.*)'/.exec(what) ?? [];
      return error({
        message: `${command?.name() ?? "auth-cli"} needs a <${argument}>`,
        cause: "the argument is missing",
      });
    }
    case "commander.excessArguments":
      return error({
        message: what.replace(/ for '.*$|\. .*$/s, ` for ${command?.name() ?? "auth-cli"}`),
        cause: sentence(/Expected .*$/s.exec(what)?.[0] ?? ""),
      });
    case "commander.unknownCommand":
      return error({ message: what, ...explainCommand(what, didYouMean) });
    default:
      return error({ message: what, cause: "auth-cli cannot parse the command line", fix: didYouMean });
  }
}

/** Flags of curl that `call` does not take, with the reason and what to do. */
const curlFlags: Readonly<Record<string, readonly [cause: string, fix: string]>> = {
  "-k": [
    "auth-cli never sends without checking the server's certificate",
    "trust your own authority with --cacert FILE",
  ],
  "-L": [
    "auth-cli follows no redirect: a signed request must not go to another address",
    "print the Location header with -i, and call that path",
  ],
  "-u": [
    "the login signs the request, so no user and password are needed",
    "run `auth-cli login`; --user NAME chooses a stored login",
  ],
  "-x": ["auth-cli takes the proxy from the environment", "set HTTPS_PROXY"],
  "-T": ["the method and the body have flags of their own", "use `-X PUT --data-binary @FILE`"],
  "-O": ["the file's name has a flag of its own", "use `-o FILE`"],
  "-b": ["auth-cli stores no cookies", "use `-H 'Cookie: name=value'`"],
  "--aws-sigv4": [
    "auth-cli signs every request",
    "omit it; --region and --service override what the host says",
  ],
};

function curlFlag(name: string): string {
  const short: Readonly<Record<string, string>> = {
    "--insecure": "-k",
    "--location": "-L",
    "--location-trusted": "-L",
    "--proxy": "-x",
    "--upload-file": "-T",
    "--remote-name": "-O",
    "--cookie": "-b",
  };
  return short[name] ?? name;
}

/** In the style of our messages: no capital, no full stop. */
function sentence(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, "");
}

/** Name and value of `option '-m, --max-time <seconds>' …`. */
function optionIn(what: string): { name: string; value: string } {
  const [, name = "", value = ""] = /^option '(?:-\w, )?(--[\w-]+) ?(.*?)'/.exec(what) ?? [];
  return { name, value };
}

function explainUnknown(
  flag: string,
  command: Command | undefined,
  didYouMean: string | undefined,
): { cause: string; fix?: string | undefined } {
  if (/secret|token|password|\bpin\b/.test(flag) && didYouMean === undefined) {
    return {
      cause:
        "auth-cli reads no secrets from the command line, because other users of the computer can see it",
      fix: "set TWITTER_CONSUMER_SECRET, or TWITTER_ACCESS_TOKEN and TWITTER_ACCESS_TOKEN_SECRET, or run `auth-cli login`, which asks for it",
    };
  }
  return { cause: `${command?.name() ?? "auth-cli"} does not have this flag`, fix: didYouMean };
}

/** Suggests `call` for a path or a method without it. */
function explainCommand(
  what: string,
  didYouMean: string | undefined,
): { cause: string; fix?: string | undefined } {
  const [, word = ""] = /^unknown command '(.*)'$/s.exec(what) ?? [];
  const converted = pathBeforeGitBash(word);
  if (converted !== undefined) {
    return {
      cause: `auth-cli does not have this command; Git Bash on Windows turns ${converted} into it`,
      fix: `run \`auth-cli call ${converted.slice(1)}\``,
    };
  }
  const isMethod = /^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)$/.test(word);
  if (didYouMean === undefined && isMethod) {
    return {
      cause: "auth-cli does not have this command",
      fix: `run \`auth-cli call ${word} /private\` with your own path`,
    };
  }
  const isTarget = /^\/|^https?:/.test(word);
  return {
    cause: "auth-cli does not have this command",
    fix: didYouMean ?? (isTarget ? `run \`auth-cli call ${word}\`` : undefined),
  };
}
