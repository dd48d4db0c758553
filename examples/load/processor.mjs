/**
 * Signs Artillery's requests as the users of the token file, and checks whose identity each answer names. Run alone, it checks
 * the variables and the token file.
 */
import { readFileSync, statSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { createSigner } from "@api-auth-twitter/auth-cli";
import { causeOf, ExampleError, printErrors } from "./errors.mjs";

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) printErrors();

const { LOAD_ENDPOINT, LOAD_IDENTITY_POOL_ID, LOAD_TOKENS = "tokens.json" } = process.env;
for (const [name, value] of Object.entries({ LOAD_ENDPOINT, LOAD_IDENTITY_POOL_ID })) {
  if (!value) {
    throw new ExampleError(`${name} is not set`, {
      fix: `run \`export ${name}=…\` with the output of the deploy`,
    });
  }
}

const otherFile = "write it with `node log-in.mjs 200 tokens.json`, or name another file in LOAD_TOKENS";
const signers = readTokens(LOAD_TOKENS).map(createSignerOf);

// Artillery runs several workers. Each starts with another user.
let next = Math.floor(Math.random() * signers.length);

/** @returns the logins, in the form that `createSigner` takes */
function readTokens(path) {
  const text = readPrivate(path);
  let logins;
  try {
    logins = JSON.parse(text);
  } catch {
    // The error would quote the tokens.
    throw new ExampleError(`${path} is not valid JSON`, {
      cause: "it has a syntax error, or was cut off",
      fix: otherFile,
    });
  }
  if (!Array.isArray(logins) || logins.length === 0) {
    throw new ExampleError(`${path} is not a list of logins`, {
      cause: "a login has accessToken and accessTokenSecret, or provider and token",
      fix: otherFile,
    });
  }
  return logins;
}

function readPrivate(path) {
  try {
    if (process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0) {
      throw new ExampleError(`other users can read ${path}`, { fix: `run \`chmod 600 ${path}\`` });
    }
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof ExampleError) throw error;
    throw new ExampleError(`cannot read ${path}`, { cause: causeOf(error), fix: otherFile });
  }
}

/** @throws an error that names the variable, or the login by its number */
function createSignerOf(login, index) {
  try {
    return createSigner({
      stage: { endpoint: LOAD_ENDPOINT, identityPoolId: LOAD_IDENTITY_POOL_ID },
      login,
      variables: process.env,
    });
  } catch (error) {
    const [message, cause, fix] = [error.message, error.cause, error.fix].map((text) =>
      text
        .replaceAll("stage.endpoint", "LOAD_ENDPOINT")
        .replaceAll("stage.identityPoolId", "LOAD_IDENTITY_POOL_ID"),
    );
    const place = message.endsWith(" login") ? `login ${index + 1} of ${LOAD_TOKENS}: ` : "";
    throw new ExampleError(place + message, { cause, fix });
  }
}

export async function chooseUser(context) {
  context.vars.user = next++ % signers.length;
}

export async function sign(request, context, events) {
  // Artillery fills in variables after this function, which would break the signature.
  const fill = (text) =>
    text.replace(/\{\{\s*([\w$.]+)\s*\}\}/g, (_, name) => encodeURIComponent(context.vars[name]));
  if (request.json !== undefined) {
    request.body = JSON.stringify(request.json);
    request.headers = { "content-type": "application/json", ...request.headers };
    delete request.json;
  }
  const { method, body } = request;
  const { url, headers, identityId } = await signers[context.vars.user]({
    method,
    url: fill(request.url),
    headers: request.headers,
    body,
  }).catch((error) => {
    // Artillery ends the virtual user and counts the code.
    events.emit("counter", `load.unsigned.${error.message}: ${error.cause}`, 1);
    throw error;
  });
  Object.assign(request, { url, headers, followRedirect: false });
  context.vars.identityId = identityId;
}

/** Counts what verdict.mjs judges. */
export async function check(_request, response, context, events) {
  events.emit("counter", `load.${classify(response, context.vars.identityId)}`, 1);
}

/**
 * @param response its `body` is text
 * @param identityId the identity that signed the request
 */
export function classify({ statusCode, headers = {}, body }, identityId) {
  if (statusCode !== 200) return `refused.${statusCode} ${headers["x-amzn-errortype"] ?? messageOf(body)}`;
  const named = String(body).match(
    /\b[a-z]{2}(?:-[a-z]+)+-\d:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g,
  );
  if (named === null) return "answers.no identity";
  return named.every((id) => id === identityId) ? "answers.own identity" : "answers.another's identity";
}

function messageOf(body) {
  try {
    const { message, Message } = JSON.parse(body);
    return String(message ?? Message).slice(0, 100);
  } catch {
    return "without a message";
  }
}
