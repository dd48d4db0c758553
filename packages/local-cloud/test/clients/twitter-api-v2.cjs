const { TwitterApi } = require("twitter-api-v2");
const { fail, finish, key, pinFrom, secret } = require("./conversation.cjs");

async function main() {
  const app = new TwitterApi({ appKey: key, appSecret: secret });
  const { url, oauth_token, oauth_token_secret } = await app.generateAuthLink("oob", {
    linkMode: "authorize",
  });
  const pin = await pinFrom(url);
  const tokens = {
    appKey: key,
    appSecret: secret,
    accessToken: oauth_token,
    accessSecret: oauth_token_secret,
  };
  const { client, accessToken, accessSecret, screenName } = await new TwitterApi(tokens).login(pin);
  finish(accessToken, accessSecret, screenName, await client.v1.verifyCredentials());
}

main().catch(fail);
