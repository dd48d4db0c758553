const Twitter = require("twitter-lite");
const { fail, finish, key, pinFrom, secret } = require("./conversation.cjs");

async function main() {
  const app = new Twitter({ consumer_key: key, consumer_secret: secret });
  const { oauth_token } = await app.getRequestToken("oob");
  const oauth_verifier = await pinFrom(
    `https://api.twitter.com/oauth/authenticate?oauth_token=${oauth_token}`,
  );
  const access = await app.getAccessToken({ oauth_token, oauth_verifier });
  const user = new Twitter({
    consumer_key: key,
    consumer_secret: secret,
    access_token_key: access.oauth_token,
    access_token_secret: access.oauth_token_secret,
  });
  const credentials = await user.get("account/verify_credentials");
  finish(access.oauth_token, access.oauth_token_secret, access.screen_name, credentials);
}

main().catch(fail);
