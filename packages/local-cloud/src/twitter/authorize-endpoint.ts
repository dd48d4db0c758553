import { createHmac, randomBytes } from "node:crypto";
import { formActionSource, withQuery } from "./callback-url.ts";
import { equalInConstantTime } from "./hmac-signature.ts";
import { authorizePage, cancelledPage, contentSecurityPolicy, invalidTokenPage, pinPage } from "./pages.ts";
import { decodeForm } from "./percent-encode.ts";
import type { TemporaryCredentials } from "./temporary-credentials.ts";
import type { TwitterApp, TwitterContext, TwitterState } from "./twitter-state.ts";
import { findUser } from "./users.ts";

/** The page on which a user authorizes the app or cancels. */
export function addAuthorizeEndpoint(
  app: TwitterApp,
  { temporaryCredentials }: Pick<TwitterState, "temporaryCredentials">,
): void {
  const authenticityKey = randomBytes(32);
  const authenticityToken = (oauthToken: string): string =>
    createHmac("sha256", authenticityKey).update(oauthToken).digest("hex");

  /** A request token that no user has authorized yet. */
  function findPending(oauthToken: string): TemporaryCredentials | undefined {
    const credentials = temporaryCredentials.find(oauthToken);
    return credentials?.authorization === undefined ? credentials : undefined;
  }

  function sendAuthorizePage(
    context: TwitterContext,
    credentials: TemporaryCredentials,
    given: { screenName: string; forceLogin: boolean; problem?: string },
  ): Response | Promise<Response> {
    const { callback, token, accessLevel } = credentials;
    const outOfBand = callback === "oob";
    context.header(
      "content-security-policy",
      contentSecurityPolicy(outOfBand ? [] : [formActionSource(callback)]),
    );
    return context.html(
      authorizePage({
        oauthToken: token,
        authenticityToken: authenticityToken(token),
        callbackHost: outOfBand ? undefined : new URL(callback).host || callback,
        readOnly: accessLevel === "read",
        screenName: given.screenName,
        forceLogin: given.forceLogin,
        problem: given.problem,
      }),
      given.problem === undefined ? 200 : 400,
    );
  }

  // A web page that rebinds its own host name to this machine could read and submit the form. It could not forge the
  // signatures of the other endpoints, and over https it lacks the certificate.
  app.on(["GET", "POST"], pagePaths, async (context, next) => {
    const { protocol, hostname } = new URL(context.req.url);
    if (protocol === "https:" || loopbackHosts.has(hostname)) return next();
    return context.text("The local Twitter does not serve this host.\n", 421);
  });

  // On X `authenticate` skips the page for a user who has already authorized the app.
  app.on("GET", pagePaths, (context) => {
    const credentials = findPending(context.req.query("oauth_token") ?? "");
    if (credentials === undefined) return context.html(invalidTokenPage(), 403);
    return sendAuthorizePage(context, credentials, {
      screenName: context.req.query("screen_name") ?? "",
      forceLogin: context.req.query("force_login") === "true",
    });
  });

  app.on("POST", pagePaths, async (context) => {
    const form = new Map(decodeForm(await context.req.text()));
    const credentials = findPending(form.get("oauth_token") ?? "");
    if (
      credentials === undefined ||
      !equalInConstantTime(form.get("authenticity_token") ?? "", authenticityToken(credentials.token))
    ) {
      return context.html(invalidTokenPage(), 403);
    }
    const { callback, token } = credentials;
    if (form.has("cancel")) {
      temporaryCredentials.forget(credentials);
      if (callback === "oob") return context.html(cancelledPage());
      return context.redirect(withQuery(callback, [["denied", token]]), 303);
    }
    const typed = form.get("other_screen_name")?.trim() ?? "";
    const screenName = typed === "" ? (form.get("screen_name") ?? "") : typed;
    const user = findUser(screenName);
    if (user === undefined) {
      return sendAuthorizePage(context, credentials, {
        screenName,
        forceLogin: true,
        problem:
          screenName === "" ? "Choose a user, or type a screen name." : "That is not a valid screen name.",
      });
    }
    const verifier = temporaryCredentials.authorize(credentials, user);
    if (callback === "oob") return context.html(pinPage(user.screenName, verifier));
    const answer = [
      ["oauth_token", token],
      ["oauth_verifier", verifier],
    ] as const;
    return context.redirect(withQuery(callback, answer), 303);
  });
}

const pagePaths = ["/oauth/authorize", "/oauth/authenticate"];

/** Any port, because it may be forwarded. */
const loopbackHosts = new Set(["127.0.0.1", "localhost", "[::1]"]);
