/**
 * Provider name → that provider's token (AWS: `Logins`).
 * @see https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetId.html#API_GetId_RequestSyntax
 */
export type LoginsMap = Readonly<Record<string, string>>;

export const twitterProvider = "api.twitter.com";
