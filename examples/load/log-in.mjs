/**
 * Logs users in to the local Twitter and writes their tokens: `node log-in.mjs 200 tokens.json`. Run it in the environment of
 * `auth-cli local`. X has no such users: there, each person logs in with a browser.
 */
import { createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import OAuth from "oauth-1.0a";
import { causeOf, ExampleError, printErrors } from "./errors.mjs";

printErrors();
const [count = "200", file = "tokens.json"] = process.argv.slice(2);
if (!/^[1-9]\d*$/.test(count)) {
  throw new ExampleError(`invalid number of users: ${count}`, {
    fix: "run `node log-in.mjs 200 tokens.json`",
  });
}
const { TWITTER_API_URL: api, TWITTER_CONSUMER_KEY: key, TWITTER_CONSUMER_SECRET: secret } = process.env;
for (const name of ["TWITTER_API_URL", "TWITTER_CONSUMER_KEY", "TWITTER_CONSUMER_SECRET"]) {
  if (!process.env[name]) {
    throw new ExampleError(`${name} is not set`, { fix: "run it in the shell of `auth-cli local --shell`" });
  }
}

/** @returns the reply of the local Twitter */
async function send(url, options) {
  try {
    return await fetch(url, options);
  } catch ({ message, cause }) {
    throw new ExampleError(`cannot reach ${api}`, {
      cause: cause?.code ?? cause?.message ?? message,
      fix: "start the local cloud: run `auth-cli local --shell`",
    });
  }
}

const oauth = new OAuth({
  consumer: { key, secret },
  signature_method: "HMAC-SHA1",
  hash_function: (text, signingKey) => createHmac("sha1", signingKey).update(text).digest("base64"),
});

/** @returns the fields of the reply */
async function post(path, data, token) {
  const request = { url: `${api}${path}`, method: "POST", data };
  const headers = { ...oauth.toHeader(oauth.authorize(request, token)) };
  const response = await send(request.url, { method: "POST", headers, body: new URLSearchParams(data) });
  const text = await response.text();
  if (!response.ok) throw new ExampleError(`${path}: HTTP ${response.status} ${text.trim().slice(0, 300)}`);
  return new URLSearchParams(text);
}

/** Answers the page that asks the user, as its form does. @returns the PIN */
async function authorize(token, screenName) {
  const page = await (await send(`${api}/oauth/authorize?oauth_token=${token}`)).text();
  const hidden = Array.from(page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g), (match) =>
    match.slice(1),
  );
  const answer = await send(`${api}/oauth/authorize`, {
    method: "POST",
    body: new URLSearchParams([...hidden, ["other_screen_name", screenName]]),
  });
  return /<code[^>]*>(\d+)<\/code>/.exec(await answer.text())?.[1] ?? "";
}

const logins = [];
for (let user = 1; user <= Number(count); user += 1) {
  const requested = await post("/oauth/request_token", { oauth_callback: "oob" });
  const token = requested.get("oauth_token");
  const pin = await authorize(token, `user${user}`);
  const granted = await post(
    "/oauth/access_token",
    { oauth_verifier: pin },
    { key: token, secret: requested.get("oauth_token_secret") },
  );
  logins.push({
    accessToken: granted.get("oauth_token"),
    accessTokenSecret: granted.get("oauth_token_secret"),
  });
}
try {
  writeFileSync(file, JSON.stringify(logins), { mode: 0o600 });
} catch (error) {
  throw new ExampleError(`cannot write ${file}`, { cause: causeOf(error) });
}
console.log(`${logins.length} logins in ${file}`);
