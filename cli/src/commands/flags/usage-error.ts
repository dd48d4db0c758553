import type { Command, CommanderError } from "commander";
import { AuthCliError } from "../../errors.ts";

/**
 * What commander refused, `error: option '-m, --max-time <seconds>' argument '0' is invalid. It takes …`, in our shape.
 * Of what was typed only what commander took for a value that can be wrong is shown: anything else may be a secret.
 * @param args the words of the command line
 */
export function usageError(
  { message: text, code }: CommanderError,
  program: Command,
  args: readonly string[],
): AuthCliError {
  const [what = "", suggestion] = text.replace(/^error: /, "").split("\n");
  const command = program.commands.find((each) => args.includes(each.name()));
  const help = `see \`${["auth-cli", command?.name(), "--help"].filter(Boolean).join(" ")}\``;
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
          fix: `write ${flag} alone`,
        });
      }
      // Behind a letter alone a value may follow without a space.
      const name = flag.startsWith("--") ? flag : flag.slice(0, 2);
      return error({ message: `unknown option '${name}'`, ...explainUnknown(flag, command, didYouMean) });
    }
    case "commander.optionMissingArgument": {
      const { name, value } = optionIn(what);
      return error({ message: `${name} needs a value: ${value}`, cause: "nothing follows it" });
    }
    case "commander.invalidArgument": {
      const [, choice, reason = ""] = /argument '(.*)' is invalid\. (.*)$/s.exec(what) ?? [];
      const { name, value } = optionIn(what);
      const [, argument] = /is invalid for argument '(.*?)'\./.exec(what) ?? [];
      if (choice !== undefined) {
        return error({
          message: `${JSON.stringify(choice)} is no value of ${name} ${value}`,
          cause: sentence(reason),
        });
      }
      const [, given = ""] = /value '(.*)' is invalid/s.exec(what) ?? [];
      return error({
        message: `${JSON.stringify(given)} is no <${argument ?? ""}>`,
        cause: sentence(what.replace(/^.*?is invalid for argument '.*?'\. /s, "")),
      });
    }
    case "commander.conflictingOption": {
      const [first = "", second = ""] = [...what.matchAll(/(--[\w-]+)/g)].map(([name]) => name);
      return error({
        message: `${first} cannot be used with ${second}`,
        cause: "each says where the same thing comes from",
        fix: "leave one of them out",
      });
    }
    case "commander.missingArgument": {
      const [, argument = ""] = /argument '(.*)'/.exec(what) ?? [];
      return error({
        message: `${command?.name() ?? "auth-cli"} needs a <${argument}>`,
        cause: "the command line ends before it",
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
      return error({ message: what, cause: "this command line was not understood", fix: didYouMean });
  }
}

/** As our sentences are: without a capital and a full stop. */
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
      cause: "a secret is never taken from the command line, which other users of the computer can read",
      fix: "set TWITTER_CONSUMER_SECRET, or TWITTER_ACCESS_TOKEN and TWITTER_ACCESS_TOKEN_SECRET; or let `auth-cli login` ask",
    };
  }
  return { cause: `${command?.name() ?? "auth-cli"} has no such flag`, fix: didYouMean };
}

/** Who leaves out `call` has typed what belongs behind it. */
function explainCommand(
  what: string,
  didYouMean: string | undefined,
): { cause: string; fix?: string | undefined } {
  const [, word = ""] = /^unknown command '(.*)'$/s.exec(what) ?? [];
  const isTarget = /^\/|^https?:|^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)$/.test(word);
  return {
    cause: "auth-cli has no such command",
    fix: didYouMean ?? (isTarget ? `a request is sent by \`auth-cli call ${word}\`` : undefined),
  };
}
