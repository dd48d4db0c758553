import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import { findUser, readyScreenNames, screenNamePattern } from "./users.ts";

type Html = ReturnType<typeof html>;

const style = `
:root { color-scheme: light dark; --back: #f4f6f8; --card: #fff; --text: #14191f; --soft: #55616d; --line: #c6ced6;
  --accent: #0b63b0; --on-accent: #fff; --tint: #e9f3fc; --wrong: #b3152c; }
@media (prefers-color-scheme: dark) {
  :root { --back: #0b0f13; --card: #161c22; --text: #eef2f5; --soft: #a3b0bc; --line: #44515e;
    --accent: #7cc0fb; --on-accent: #06223a; --tint: #1a2a39; --wrong: #ff8c9a; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; align-content: center; justify-items: center; padding: 1rem;
  background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 27rem; min-width: 0; padding: 1.75rem; border: 1px solid var(--line); border-radius: 1rem;
  background: var(--card); }
@media (max-width: 24rem) { body { padding: .5rem; } main { padding: 1.25rem 1rem; } }
h1 { margin: 0 0 .75rem; font-size: 1.4rem; line-height: 1.25; overflow-wrap: anywhere; }
p { margin: 0 0 1rem; overflow-wrap: anywhere; }
form { margin: 0; }
.where { margin: 0 0 1rem; color: var(--soft); font-size: .875rem; }
.where b { color: var(--text); }
.soft { color: var(--soft); font-size: .875rem; }
fieldset { margin: 0 0 1.25rem; padding: 0; border: 0; min-width: 0; }
legend { padding: 0; margin-bottom: .5rem; font-weight: 600; }
.user { display: flex; align-items: center; gap: .75rem; min-height: 3rem; margin-bottom: .5rem; padding: .5rem .75rem;
  border: 1px solid var(--line); border-radius: .75rem; cursor: pointer; }
.user:hover, .user:has(:checked) { border-color: var(--accent); }
.user:has(:checked) { background: var(--tint); }
.user input { flex: none; width: 1.25rem; height: 1.25rem; margin: 0; accent-color: var(--accent); }
.other { display: block; margin: 1rem 0 .25rem; font-weight: 600; }
.name { display: flex; align-items: center; border: 1px solid var(--soft); border-radius: .75rem; background: var(--card); }
.name span { padding-left: .75rem; color: var(--soft); }
.name input { flex: 1; min-width: 0; min-height: 3rem; padding: .5rem .75rem .5rem .25rem; border: 0; border-radius: .75rem;
  background: none; color: inherit; font: inherit; outline: 0; }
:focus-visible, .name:focus-within { outline: 3px solid var(--accent); outline-offset: 2px; }
.wrong { color: var(--wrong); font-weight: 600; }
.buttons { display: flex; flex-wrap: wrap; gap: .75rem; margin-bottom: 1rem; }
button { flex: 1 1 auto; white-space: nowrap; min-height: 3rem; padding: .5rem 1rem; border: 1px solid var(--line); border-radius: 1.5rem;
  background: none; color: inherit; font: inherit; font-weight: 600; cursor: pointer; }
button.main { border-color: var(--accent); background: var(--accent); color: var(--on-accent); }
button:hover { filter: brightness(1.1); }
code.pin { display: block; margin: 0 0 1rem; padding: .75rem; border: 1px solid var(--line); border-radius: .75rem;
  background: var(--tint); font: 600 2rem/1.2 ui-monospace, monospace; letter-spacing: .12em; text-align: center; user-select: all; }
.name + .soft { margin-top: .35rem; }
.name:has([aria-invalid]) { border-color: var(--wrong); }
.last { margin-bottom: 0; }
`;

/** Not part of a template: a formatter would indent the style and change its hash. */
const styleElement = raw(`<style>${style}</style>`);
const styleSource = `'sha256-${createHash("sha256").update(style).digest("base64")}'`;

/**
 * The Content-Security-Policy of every page: only the style sheet, and no frames.
 *
 * @param formActionSources that the form may lead to, in addition to this origin
 */
export function contentSecurityPolicy(formActionSources: readonly string[] = []): string {
  return [
    "default-src 'none'",
    `style-src ${styleSource}`,
    "img-src data:",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    `form-action ${["'self'", ...formActionSources].join(" ")}`,
  ].join("; ");
}

function page(title: string, content: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Local Twitter</title>
        <link rel="icon" href="data:," />
        ${styleElement}
      </head>
      <body>
        <main>
          <p class="where"><b>Local Twitter</b> on this machine. Not x.com: you need no password.</p>
          ${content}
        </main>
      </body>
    </html>`;
}

export interface AuthorizePage {
  oauthToken: string;
  /** Proves that the form came from this page. */
  authenticityToken: string;
  /** Host of the callback; undefined for the PIN flow. */
  callbackHost: string | undefined;
  readOnly: boolean;
  /** The screen name from the app or from the user's last try. */
  screenName: string;
  /** Preselects no user. */
  forceLogin: boolean;
  /** The error of the last try. */
  problem: string | undefined;
}

/** The page on which a user authorizes the app or cancels. */
export function authorizePage(options: AuthorizePage): Html {
  const { oauthToken, authenticityToken, callbackHost, readOnly, screenName, forceLogin, problem } = options;
  const asked = findUser(screenName)?.screenName;
  const ready = readyScreenNames.find((name) => name === asked);
  const typed = ready === undefined ? screenName : "";
  const chosen = ready ?? (forceLogin || typed !== "" ? undefined : readyScreenNames[0]);
  const users = readyScreenNames.map(
    (name) =>
      html`<label class="user">
        <input type="radio" name="screen_name" value="${name}" ${name === chosen ? raw("checked") : ""} />
        <span>@${name}</span>
      </label>`,
  );
  return page(
    "Authorize an app",
    html`<h1>Authorize this app to access your account?</h1>
      <p>
        It will know who you are and ${readOnly ? "read" : "read and post"} for you.
        ${
          callbackHost === undefined
            ? "You then get a PIN to type into it."
            : html`You then go back to <b>${callbackHost}</b>.`
        }
      </p>
      <form method="post" action="/oauth/authorize">
        <input type="hidden" name="authenticity_token" value="${authenticityToken}" />
        <input type="hidden" name="oauth_token" value="${oauthToken}" />
        ${problem === undefined ? "" : html`<p class="wrong" role="alert" id="problem">${problem}</p>`}
        <fieldset>
          <legend>Who are you?</legend>
          ${users}
          <label class="other" for="other">Another user</label>
          <div class="name">
            <span aria-hidden="true">@</span>
            <input
              id="other"
              name="other_screen_name"
              value="${typed}"
              pattern="@?${screenNamePattern}"
              maxlength="16"
              autocomplete="off"
              autocapitalize="none"
              spellcheck="false"
              aria-describedby="${problem === undefined ? "hint" : "problem hint"}"
              ${problem === undefined ? "" : raw('aria-invalid="true"')}
            />
          </div>
          <p class="soft last" id="hint">
            A name that you type here takes precedence: up to 15 letters, digits or _.
          </p>
        </fieldset>
        <div class="buttons">
          <button class="main" id="allow">Authorize app</button>
          <button id="cancel" name="cancel" value="1" formnovalidate>Cancel</button>
        </div>
      </form>
      <p class="soft last">The same name is always the same user.</p>`,
  );
}

/** The last page of the PIN flow. */
export function pinPage(screenName: string, pin: string): Html {
  return page(
    "Your PIN",
    html`<h1>You’ve granted access as @${screenName}</h1>
      <p>Go back to the app and type this PIN there to finish:</p>
      <code class="pin" id="oauth_pin">${pin}</code>
      <p class="soft last">It works once, for this login only. Type leading zeros too.</p>`,
  );
}

/** The last page of the PIN flow after the user cancels. */
export function cancelledPage(): Html {
  return page(
    "Cancelled",
    html`<h1>You’ve denied the app access</h1>
      <p class="last">Nothing was shared. You can close this page. To try again, start again in the app.</p>`,
  );
}

/** The page for an unknown, used or expired request token. */
export function invalidTokenPage(): Html {
  return page(
    "Invalid request token",
    html`<h1>Whoa there!</h1>
      <p>
        The request token for this page is invalid. It may have already been used, or expired because it is
        too old.
      </p>
      <p class="soft last">Please go back to the app that sent you here and try again.</p>`,
  );
}
