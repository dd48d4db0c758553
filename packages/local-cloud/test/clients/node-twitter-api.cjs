const Twitter = require("node-twitter-api");
const { fail, finish, key, pinFrom, secret } = require("./conversation.cjs");

async function main() {
  const twitter = new Twitter({ consumerKey: key, consumerSecret: secret, callback: "oob" });
  const call = (method, ...args) =>
    new Promise((resolve, reject) => {
      twitter[method](...args, (error, ...results) => (error ? reject(error) : resolve(results)));
    });
  const [token, tokenSecret] = await call("getRequestToken");
  const pin = await pinFrom(twitter.getAuthUrl(token));
  const [access, accessSecret, { screen_name }] = await call("getAccessToken", token, tokenSecret, pin);
  const [user] = await call("verifyCredentials", access, accessSecret, {});
  finish(access, accessSecret, screen_name, user);
}

main().catch(fail);
