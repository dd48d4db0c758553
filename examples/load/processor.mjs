/**
 * Signs Artillery's requests as the users of the token file, and checks whose identity each answer names. Run alone, it checks
 * the variables and the token file, and removes an older report.
 */
import { readFileSync, rmSync, statSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { createSigner } from "@api-auth-twitter/auth-cli";
import { causeOf, ExampleError, printErrors } from "./errors.mjs";

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  printErrors();
  // A run that is stopped writes none, and nobody must judge an older one.
  rmSync("report.json", { force: true });
}

const { LOAD_ENDPOINT, LOAD_IDENTITY_POOL_ID, LOAD_TOKENS = "tokens.json" } = process.env;
// `artillery run-lambda` and `run-fargate` copy the token file, and not its mode.
const isWorker = Boolean(process.env.AWS_LAMBDA_FUNCTION_NAME || process.env.ECS_CONTAINER_METADATA_URI_V4);
for (const [name, value] of Object.entries({ LOAD_ENDPOINT, LOAD_IDENTITY_POOL_ID })) {
  if (!value) {
    throw new ExampleError(`${name} is not set`, {
      fix: `run \`export ${name}=…\` with the output of the deploy`,
    });
  }
}

const otherFile = "write it with `node log-in.mjs 200 tokens.json`, or name another file in LOAD_TOKENS";
const logins = readTokens(LOAD_TOKENS);
const signers = logins.map(createSignerOf);
const people = logins.map(personOf);

/** By identity, the person who has it. Two persons must never share one. */
const owners = new Map();

// Artillery runs several workers. Each starts with another user.
let next = Math.floor(Math.random() * signers.length);

/** @returns the logins, in the form that `createSigner` takes */
function readTokens(path) {
  const text = readPrivate(path);
  let list;
  try {
    list = JSON.parse(text);
  } catch {
    // The error would quote the tokens.
    throw new ExampleError(`${path} is not valid JSON`, {
      cause: "it has a syntax error, or was cut off",
      fix: otherFile,
    });
  }
  if (!Array.isArray(list) || list.length === 0) {
    throw new ExampleError(`${path} is not a list of logins`, {
      cause: "a login has accessToken and accessTokenSecret, or provider and token",
      fix: otherFile,
    });
  }
  return list;
}

function readPrivate(path) {
  try {
    if (!isWorker && process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0) {
      throw new ExampleError(`other users can read ${path}`, { fix: `run \`chmod 600 ${path}\`` });
    }
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof ExampleError) throw error;
    throw new ExampleError(`cannot read ${path}`, { cause: causeOf(error), fix: otherFile });
  }
}

/** @returns what the logins of one person have in common */
function personOf({ provider, token, accessToken }) {
  // X's tokens start with the user id.
  if (accessToken !== undefined) return accessToken.split("-")[0];
  try {
    const { iss, sub } = JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());
    return sub === undefined ? token : `${iss} ${sub}`;
  } catch {
    return `${provider} ${token}`;
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
    events.emit("counter", `load.unsigned.${error.message} (${error.cause})`, 1);
    throw error;
  });
  Object.assign(request, { url, headers, followRedirect: false });
  const person = people[context.vars.user];
  if (!owners.has(identityId)) owners.set(identityId, person);
  context.vars.identityId = identityId;
  context.vars.isShared = owners.get(identityId) !== person;
}

/** Counts what verdict.mjs judges. */
export async function check(_request, response, context, events) {
  events.emit("counter", `load.${classify(response, context.vars.identityId, context.vars.isShared)}`, 1);
}

/**
 * @param response its `body` is text
 * @param identityId the identity that signed the request
 * @param isShared another person has that identity too
 */
export function classify({ statusCode, headers = {}, body }, identityId, isShared = false) {
  if (statusCode !== 200) return `refused.${statusCode} ${headers["x-amzn-errortype"] ?? messageOf(body)}`;
  const named = String(body).match(
    /\b[a-z]{2}(?:-[a-z]+)+-\d:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g,
  );
  if (named === null) return "answers.no identity";
  if (isShared) return "answers.another's identity";
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
