import type { RequestOptions } from "node:https";
import type { IncomingMessage } from "node:http";
import { syncBuiltinESMExports } from "node:module";

/** The start of an event for a custom resource, as the local cloud writes it. */
const customResourceEvent = '{"RequestType":';

/** The start of the path of each `ResponseURL`. */
export const responsePath = "/cloudformation-custom-resource-response-";

type Callback = (response: IncomingMessage) => void;
type Arguments = [RequestOptions | string | URL, (RequestOptions | Callback)?, Callback?];

let isRouted = false;

/**
 * Makes `https.request` reach the `ResponseURL` of an event. Handlers of custom resources, such as those of the CDK and
 * cfn-response, take only the host and the path of that URL, because at AWS it is always HTTPS on port 443.
 * @param event as JSON
 */
export function routeResponses(event: string): void {
  if (isRouted || !event.startsWith(customResourceEvent)) return;
  const { ResponseURL: url } = JSON.parse(event) as { ResponseURL?: unknown };
  if (typeof url !== "string" || !URL.canParse(url)) return;
  const { protocol, hostname, port, pathname } = new URL(url);
  if (!pathname.startsWith(responsePath)) return;
  isRouted = true;
  // Most functions need neither.
  const http = process.getBuiltinModule("node:http");
  const https = process.getBuiltinModule("node:https");
  const original = https.request.bind(https);
  const client = protocol === "https:" ? https : http;
  const send = client.request.bind(client);
  https.request = ((...given: Arguments) => {
    const [first, second] = given;
    const callback = given.findLast((argument) => typeof argument === "function");
    const more = typeof second === "object" ? second : {};
    const options: RequestOptions =
      typeof first === "string" || first instanceof URL ? { ...urlOptions(first), ...more } : first;
    const isOurs =
      (options.hostname ?? options.host) === hostname && options.path?.startsWith(responsePath) === true;
    if (!isOurs) return (original as (...all: Arguments) => unknown)(...given);
    const { agent: _https, defaultPort: _443, ...kept } = options;
    // The certificate of the local cloud may be one that only the user's tools trust.
    return send({ ...kept, protocol, hostname, host: hostname, port, rejectUnauthorized: false }, callback);
  }) as typeof https.request;
  syncBuiltinESMExports();
}

function urlOptions(text: string | URL): RequestOptions {
  const url = new URL(text);
  return { hostname: url.hostname, path: url.pathname + url.search };
}
