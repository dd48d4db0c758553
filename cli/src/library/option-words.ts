import type { ErrorDetails } from "../errors.ts";

/** Flags whose option has another name. */
const options: Readonly<Record<string, string>> = {
  "expect-body": "expectations",
  "expect-status": "expectations",
  route: "routes",
};

/**
 * Puts an error into the words of a program that imports auth-cli. Errors are written for users of the command.
 * @param source where the program keeps the login
 */
export function inOptionWords<T extends Omit<ErrorDetails, "reason">>(error: T, source: string): T {
  const { message, cause, fix, evidence } = error;
  return {
    ...error,
    message: translate(message, source),
    ...(cause !== undefined && { cause: translate(cause, source) }),
    ...(fix !== undefined && { fix: translate(fix, source) }),
    ...(evidence && { evidence: evidence.map((sentence) => translate(sentence, source)) }),
  };
}

function translate(text: string, source: string): string {
  return (
    text
      .replace("; --debug shows each request", "")
      .replace("the environment variable TWITTER_CONSUMER_KEY", source)
      .replace("in the environment or in the project's .env file", `in ${source}`)
      .replace("into TWITTER_CONSUMER_KEY and TWITTER_CONSUMER_SECRET", `$& of ${source}`)
      .replaceAll("TWITTER_CONSUMER_KEY", "consumerKey")
      .replaceAll("TWITTER_CONSUMER_SECRET", "consumerSecret")
      // Optional in auth-cli.json only.
      .replace(/(?<=^set stages\..+\.(?:endpoint|identityPoolId) to .*), or remove it$/, "")
      // createSigner has one stage.
      .replaceAll(/\bstages\.signer\b/g, "stage")
      .replace("the stage signer", "the stage")
      .replace(/(?<=outes) in auth-cli\.json/, " of the stage")
      // Commands, in backticks, keep their flags.
      .replaceAll(/`[^`]*`|--([a-z-]+)(?: \d+s?\b| '[^']*')?/g, (found, flag?: string) =>
        flag === undefined ? found : `\`${options[flag] ?? toCamelCase(flag)}\``,
      )
  );
}

function toCamelCase(flag: string): string {
  return flag.replaceAll(/-(.)/g, (_dash, letter: string) => letter.toUpperCase());
}
