// What each Node client does around its library: it prints the address of the authorize page, reads the PIN and prints
// what it got.
const { createInterface } = require("node:readline/promises");

/** The app's consumer key and secret. */
exports.key = process.env["TWITTER_CONSUMER_KEY"];
exports.secret = process.env["TWITTER_CONSUMER_SECRET"];

/** @param url of the authorize page. @returns the PIN */
exports.pinFrom = async (url) => {
  const lines = createInterface({ input: process.stdin });
  const pin = lines.question("");
  console.log(url);
  const answer = await pin;
  lines.close();
  return answer;
};

/** @param user the reply of verify_credentials */
exports.finish = (token, secret, screenName, user) => {
  console.log(JSON.stringify({ token, secret, screenName, userId: user.id_str }));
};

exports.fail = (error) => {
  console.error(error);
  process.exitCode = 1;
};
