/**
 * Signs Artillery's requests as the users of the token file, and checks whose identity each answer names. Run alone, it checks
 * the variables and the token file.
 */
import { readFileSync, statSync } from "node:fs";
import { createSigner } from "@api-auth-twitter/auth-cli";

const { LOAD_ENDPOINT, LOAD_IDENTITY_POOL_ID, LOAD_TOKENS = "tokens.json" } = process.env;
for (const [name, value] of Object.entries({ LOAD_ENDPOINT, LOAD_IDENTITY_POOL_ID })) {
  if (!value) throw new Error(`${name} is not set: run \`export ${name}=…\` with the output of the deploy`);
}

const signers = readTokens(LOAD_TOKENS).map((login) =>
  createSigner({
    stage: { endpoint: LOAD_ENDPOINT, identityPoolId: LOAD_IDENTITY_POOL_ID },
    login,
    variables: process.env,
  }),
);

// Artillery runs several workers. Each starts with another user.
let next = Math.floor(Math.random() * signers.length);

/** The identity that signed a request. */
const identities = new WeakMap();

function isLogin(login) {
  return Boolean((login?.accessToken && login.accessTokenSecret) || (login?.provider && login.token));
}

/** @returns the logins, in the form that `createSigner` takes */
function readTokens(path) {
  if (process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0) {
    throw new Error(`other users can read ${path}: run \`chmod 600 ${path}\``);
  }
  const text = readFileSync(path, "utf8");
  let logins;
  try {
    logins = JSON.parse(text);
  } catch {
    // The error would quote the tokens.
    throw new Error(`${path} is not valid JSON`);
  }
  if (!Array.isArray(logins) || logins.length === 0 || !logins.every(isLogin)) {
    throw new Error(
      `${path} is not a list of logins: each has accessToken and accessTokenSecret, or provider and token`,
    );
  }
  return logins;
}

export async function chooseUser(context) {
  context.vars.user = next++ % signers.length;
}

export async function sign(request, context) {
  // Artillery fills in variables after this function, which would break the signature.
  const fill = (text) =>
    text.replace(/\{\{\s*([\w$.]+)\s*\}\}/g, (_, name) => encodeURIComponent(context.vars[name]));
  if (request.json !== undefined) {
    request.body = JSON.stringify(request.json);
    request.headers = { "content-type": "application/json", ...request.headers };
    delete request.json;
  }
  const { url, headers, identityId } = await signers[context.vars.user]({
    method: request.method,
    url: fill(request.url),
    headers: request.headers,
    body: request.body,
  });
  Object.assign(request, { url, headers, followRedirect: false });
  identities.set(request, identityId);
}

/** Counts what verdict.mjs judges. */
export async function check(request, response, _context, events) {
  events.emit("counter", `load.${classify(response, identities.get(request))}`, 1);
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
