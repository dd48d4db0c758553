import type { Evidence } from "./evidence.ts";

/** A limit or another behaviour that refuses no request. */
export type Behaviour = Evidence & {
  /** A service or resource type. */
  subject: string;
  /** What the local cloud does. */
  does: string;
};

/** docs/local-cloud.md lists them, and docs/unknown.md those that no source says. */
export const behaviours: readonly Behaviour[] = [
  {
    subject: "X",
    does: "A request token expires after 15 minutes and after 5 wrong PINs.",
    letter: "?",
    unknown: "How long a request token lives, and how many wrong PINs it survives.",
    settle: "auth-cli login --no-browser",
  },
  {
    subject: "Cognito Identity",
    does: "“Invalid login token.” is followed by the reason for a Twitter token.",
    letter: "?",
    unknown: "The words after “Invalid login token.” in the refusal of a Twitter token.",
    settle: "aws cognito-identity get-id --identity-pool-id POOL --logins 'api.twitter.com=wrong;wrong'",
  },
  {
    subject: "Cognito Identity",
    does: "The third `amr` value of an OpenID Connect login has the form of Twitter's.",
    letter: "?",
    unknown: "The third `amr` value of an OpenID Connect login.",
    settle: "auth-cli call /private --trace",
  },
  {
    subject: "HTTP APIs",
    does: 'An unknown key, an expired token and a denied policy answer 403 `{"message":"Forbidden"}`.',
    letter: "?",
    unknown: "The exact body of a 403 for an unknown key, an expired token or a denied policy.",
    settle: "auth-cli call /private --trace",
  },
  {
    subject: "HTTP APIs",
    does: "Throttling counts every request that matches a route, before authorization.",
    letter: "?",
    unknown: "Whether throttling counts requests that the authorizer refuses.",
    settle: "for i in $(seq 100); do curl -so /dev/null -w '%{http_code}\\n' $API_URL/private; done",
  },
  {
    subject: "HTTP APIs",
    does: "An integration that exceeds its timeout answers 503 `Service Unavailable`.",
    letter: "R",
    source: "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html",
  },
];
