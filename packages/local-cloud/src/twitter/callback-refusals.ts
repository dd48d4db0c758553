import { documented, type Evidence } from "../evidence/evidence.ts";
import { defineRefusals, type RefusalRule } from "../evidence/refusal.ts";

/** X's app settings do not accept these callback URLs. */
class InvalidCallbackUrls extends Error {
  readonly code = "INVALID_CALLBACK_URLS";
  /** The URL, or undefined when the list is too long. */
  readonly url: string | undefined;

  constructor(reason: string, url?: string) {
    super(reason);
    this.name = "InvalidCallbackUrls";
    this.url = url;
  }
}

/** [D: docs.x.com/fundamentals/developer-apps] */
export const maximumCallbackUrls = 10;

const apps = "https://docs.x.com/fundamentals/developer-apps";

const refusedUrl = (refuses: string, evidence: Evidence, reason: string): RefusalRule<[url: string]> => ({
  refuses,
  evidence,
  error: (url) => new InvalidCallbackUrls(reason, url),
});

/** What X's app settings refuse. */
export const callbackRefusals = defineRefusals<
  Record<"absolute" | "protocol" | "localhost" | "query", [url: string]> & { count: [] }
>("X app settings", {
  count: {
    refuses: `more than ${maximumCallbackUrls} callback URLs`,
    evidence: documented(apps),
    error: () =>
      new InvalidCallbackUrls(`X registers at most ${maximumCallbackUrls} callback URLs for an app`),
  },
  absolute: refusedUrl("a callback URL that is not absolute", documented(apps), "it is not an absolute URL"),
  protocol: refusedUrl(
    "a callback URL with a protocol that X does not allow, such as `javascript:`",
    documented("https://docs.x.com/resources/fundamentals/developer-apps"),
    "X does not allow its protocol",
  ),
  localhost: refusedUrl(
    "a callback URL with the host `localhost`",
    documented(apps),
    "X accepts 127.0.0.1, not localhost",
  ),
  query: refusedUrl(
    "a callback URL with a query or fragment",
    documented("https://developer.x.com/en/docs/apps/callback-urls"),
    "it contains a query or fragment",
  ),
});
