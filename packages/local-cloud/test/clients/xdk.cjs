// X's own SDK.
const { OAuth1 } = require("@xdevplatform/xdk");
const { fail, finish, key, pinFrom, secret } = require("./conversation.cjs");

async function main() {
  const app = { apiKey: key, apiSecret: secret, callback: "oob" };
  const flow = new OAuth1(app);
  const pin = await pinFrom(await flow.startOAuthFlow());
  const access = await flow.getAccessToken(pin);
  const url = "https://api.x.com/1.1/account/verify_credentials.json";
  // Another instance: the first one keeps signing with the request token's secret.
  const authorization = await new OAuth1({ ...app, ...access }).buildRequestHeader("GET", url);
  const user = await (await fetch(url, { headers: { authorization } })).json();
  finish(access.accessToken, access.accessTokenSecret, user.screen_name, user);
}

main().catch(fail);
