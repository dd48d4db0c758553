/** What came of answering an authorize page. */
export interface AuthorizeResult {
  status: number;
  /** Where the browser is sent, with a callback. */
  location: string | undefined;
  /** The PIN shown, without one. */
  pin: string | undefined;
  html: string;
}

/**
 * A scripted user: opens the local Twitter's authorize page, and sends its form as a browser without scripts would.
 *
 * @param answer the screen name to let the app in as, or `cancel`
 * @throws Error when the page has no form, as for a stale request token; the message has the page's heading
 */
export async function answerAuthorizePage(
  authorizeUrl: string,
  answer: { screenName: string } | "cancel",
): Promise<AuthorizeResult> {
  const page = await (await fetch(authorizeUrl)).text();
  const form = new URLSearchParams();
  for (const [, name, value] of page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)) {
    form.set(name ?? "", value ?? "");
  }
  const action = /<form method="post" action="([^"]*)"/.exec(page)?.[1];
  if (action === undefined) throw new Error(`no form at ${new URL(authorizeUrl).origin}: ${heading(page)}`);
  if (answer === "cancel") form.set("cancel", "1");
  else form.set("other_screen_name", answer.screenName);
  const response = await fetch(new URL(action, authorizeUrl), {
    method: "POST",
    body: form,
    redirect: "manual",
  });
  const html = await response.text();
  return {
    status: response.status,
    location: response.headers.get("location") ?? undefined,
    pin: /<code[^>]*>(\d+)<\/code>/.exec(html)?.[1],
    html,
  };
}

function heading(page: string): string {
  return /<h1>([^<]*)<\/h1>/.exec(page)?.[1] ?? "not an HTML page";
}
