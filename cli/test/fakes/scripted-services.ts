import { randomBytes, randomUUID } from "node:crypto";
import { createSessions } from "../../../packages/local-cloud/src/iam/sessions.ts";
import { verifySigV4 } from "../../../packages/local-cloud/src/sigv4/verify-sigv4.ts";
import { parseRequest } from "../../../packages/local-cloud/src/sigv4/wire-request.ts";
import { hmacSha1Signature } from "../../../packages/local-cloud/src/twitter/hmac-signature.ts";
import * as verifier from "../../../packages/local-cloud/src/twitter/signature-base-string.ts";
import type { HttpRequest, HttpResponse, Send } from "../../src/http.ts";
import { reply, sentHeader } from "./fake-environment.ts";

/** Answers a request. Undefined leaves it to the service. */
export type Answer = (request: HttpRequest) => HttpResponse | undefined | Promise<HttpResponse | undefined>;

/**
 * Twitter, Cognito and the API behind one `send`. They verify signatures with code that the CLI does not use. Each test
 * gets new secrets.
 */
export interface ScriptedServices {
  send: Send;
  clientCredentials: { key: string; secret: string };
  temporaryCredentials: { token: string; secret: string };
  tokenCredentials: { token: string; secret: string };
  /** The tokens of other providers that Cognito accepts, by the key of the logins map. */
  providerTokens: Record<string, string>;
  pin: string;
  identityPoolId: string;
  identityId: string;
  apiEndpoint: string;
  /** Must never be printed. */
  secrets: string[];
  /**
   * By step (`twitter.access_token`, `private.signed`), or `cognito.guest` for GetId without logins. `diagnosis.*`
   * covers the steps of that group without an entry of their own.
   */
  answers: Record<string, Answer>;
}

export function createScriptedServices(now: () => number): ScriptedServices {
  const sessions = createSessions({ now: () => new Date(now()) });
  const world: ScriptedServices = {
    // The lengths of X's keys.
    clientCredentials: { key: alphanumeric(25), secret: alphanumeric(50) },
    temporaryCredentials: { token: random(), secret: random() },
    tokenCredentials: { token: `42-${random()}`, secret: random() },
    providerTokens: {},
    pin: "0123456",
    identityPoolId: `us-east-1:${randomUUID()}`,
    identityId: `us-east-1:${randomUUID()}`,
    apiEndpoint: "https://abc123.execute-api.us-east-1.amazonaws.com",
    secrets: [],
    answers: {},
    async send(request) {
      const name = scriptName(request);
      const answer = world.answers[name] ?? world.answers[name.replace(/\..*$/, ".*")];
      return (await answer?.(request)) ?? answerOf(request);
    },
  };
  const { clientCredentials, temporaryCredentials, tokenCredentials, identityId } = world;
  world.secrets.push(clientCredentials.secret, temporaryCredentials.secret, tokenCredentials.secret);

  const answerOf = (request: HttpRequest): HttpResponse | Promise<HttpResponse> => {
    const { step } = request;
    if (step.startsWith("twitter.")) return twitter(request);
    if (step.startsWith("cognito.")) return cognito(request);
    return api(request);
  };

  const twitter = (request: HttpRequest): HttpResponse => {
    const parameters = protocolParameters(request);
    const { oauth_signature: signature, ...signed } = parameters;
    const secrets: Record<string, string> = {
      [temporaryCredentials.token]: temporaryCredentials.secret,
      [tokenCredentials.token]: tokenCredentials.secret,
    };
    const uri = verifier.baseStringUri("https", request.url.host, request.url.pathname);
    const baseString = verifier.signatureBaseString(request.method, uri, Object.entries(signed));
    const tokenSecret = secrets[signed["oauth_token"] ?? ""] ?? "";
    if (
      signed["oauth_consumer_key"] !== clientCredentials.key ||
      signature !== hmacSha1Signature(baseString, clientCredentials.secret, tokenSecret)
    ) {
      return twitterRefusal(32, "Could not authenticate you.");
    }
    switch (request.url.pathname) {
      case "/oauth/request_token":
        return reply(200, `${form(temporaryCredentials)}&oauth_callback_confirmed=true`);
      case "/oauth/access_token":
        return signed["oauth_verifier"] === world.pin
          ? reply(200, `${form(tokenCredentials)}&user_id=42&screen_name=alice`)
          : wrongPin();
      case "/1.1/oauth/invalidate_token.json":
        return reply(200, { access_token: signed["oauth_token"] });
      default:
        return reply(200, { id_str: "42", screen_name: "alice" });
    }
  };

  const cognito = (request: HttpRequest): HttpResponse => {
    const { Logins: logins } = JSON.parse(String(request.body)) as { Logins: Record<string, string> };
    if (Object.keys(logins).length === 0) {
      return cognitoRefusal(
        "NotAuthorizedException",
        "Unauthenticated access is not supported for this identity pool.",
      );
    }
    const accepted: Record<string, string> = {
      ...world.providerTokens,
      "api.twitter.com": `${tokenCredentials.token};${tokenCredentials.secret}`,
    };
    if (Object.entries(logins).some(([provider, token]) => accepted[provider] !== token)) {
      return cognitoRefusal("NotAuthorizedException", "Invalid login token. Not a valid token.");
    }
    if (request.step === "cognito.get-id") return reply(200, { IdentityId: identityId });
    const issued = sessions.issue({
      role: { arn: "arn:aws:iam::123456789012:role/auth", roleName: "auth", roleId: "AROAEXAMPLEEXAMPLE123" },
      sessionName: "CognitoIdentityCredentials",
      durationSeconds: 3600,
    });
    world.secrets.push(issued.secretAccessKey, issued.sessionToken);
    return reply(200, {
      IdentityId: identityId,
      Credentials: {
        AccessKeyId: issued.accessKeyId,
        SecretKey: issued.secretAccessKey,
        SessionToken: issued.sessionToken,
        Expiration: issued.expiration.getTime() / 1000,
      },
    });
  };

  /** /public is open. All other paths need a signature and greet the identity. */
  const api = async (request: HttpRequest): Promise<HttpResponse> => {
    const headers = [["apigw-requestid", "request-1="]] as const;
    if (request.url.pathname === "/public") return reply(200, "Hello stranger!", headers);
    const verified = verifySigV4(
      parseRequest({
        method: request.method,
        rawUrl: request.url.pathname + request.url.search,
        rawHeaders: ["Host", request.url.host, ...request.headers.flat()],
        body: request.body ?? new Uint8Array(),
      }),
      { service: "execute-api", region: "us-east-1", now: () => new Date(now()), sessions },
    );
    return verified.ok
      ? reply(200, `Hello ${identityId}!`, headers)
      : reply(403, { message: "Forbidden" }, headers);
  };

  return world;
}

function random(): string {
  return randomBytes(18).toString("base64url");
}

function alphanumeric(length: number): string {
  return randomBytes(length).toString("hex").slice(0, length);
}

function scriptName({ step, body }: HttpRequest): string {
  return step === "cognito.get-id" && String(body).includes('"Logins":{}') ? "cognito.guest" : step;
}

function protocolParameters(request: HttpRequest): Record<string, string> {
  const header = sentHeader(request, "authorization") ?? "";
  return Object.fromEntries(
    [...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [
      name,
      decodeURIComponent(value),
    ]),
  );
}

function form({ token, secret }: { token: string; secret: string }): string {
  return new URLSearchParams({ oauth_token: token, oauth_token_secret: secret }).toString();
}

export function twitterRefusal(code: number, message: string, status = 401): HttpResponse {
  return reply(status, { errors: [{ code, message }] });
}

export function wrongPin(): HttpResponse {
  return reply(401, "Error processing your OAuth request: Invalid oauth_verifier parameter");
}

export function cognitoRefusal(type: string, message: string): HttpResponse {
  return reply(400, { __type: type, message }, [["x-amzn-errortype", `${type}:`]]);
}
