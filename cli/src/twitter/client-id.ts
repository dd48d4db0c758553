/**
 * Whether a text is an OAuth 2.0 Client ID of X, which stands beside the consumer key in the developer portal and is
 * easily taken for it: Base64 of `<random>:1:ci`. A consumer key is some 25 letters and digits.
 */
export function isOAuth2ClientId(text: string): boolean {
  return /^[\w-]+:\d+:[a-z]{2}$/.test(Buffer.from(text, "base64url").toString("latin1"));
}
