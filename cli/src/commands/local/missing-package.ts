import { AuthCliError } from "../../errors.ts";

const packageName = "@api-auth-twitter/local-cloud";

/**
 * @param error of loading the local cloud
 * @param commandName how the user starts auth-cli
 * @returns the error to throw: `local-cloud-missing` where a package or a file is missing, or the same one
 */
export function explainMissing(error: unknown, commandName: string): unknown {
  // `import()` in the source, `require` in the build.
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") return error;
  const [, missing = ""] = /'([^']*)'/.exec(message) ?? [];
  return new AuthCliError("local-cloud-missing", {
    ...(missing === packageName
      ? { message: "the local cloud is not installed", cause: `it is a package of its own, ${packageName}` }
      : { message: "the local cloud is not installed completely", cause: `${missing} is missing` }),
    // A program that is installed for every project does not look into the project's packages.
    fix: `run \`npm install ${commandName === "auth-cli" ? "--global" : "--save-dev"} ${packageName}\``,
  });
}
