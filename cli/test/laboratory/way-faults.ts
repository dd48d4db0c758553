import { minutes, apiOf, before, clockUnseen } from "./arrangements.ts";
import { call, type Fault } from "./fault.ts";

export const wayFaults: Fault[] = [
  {
    what: "the API's host name has no address (DNS)",
    command: call,
    arrange: ({ args }) => void args.push("--endpoint", "https://api.example.invalid"),
    step: "api.call",
    code: "unreachable",
    cause: "the host name has no address (DNS)",
    fix: "check that https://api.example.invalid is the right address",
  },
  {
    what: "the API's TLS certificate is not trusted",
    command: call,
    needs: "openssl",
    arrange: async ({ args, startDistrusted }) => args.push("--endpoint", await startDistrusted()),
    step: "api.call",
    code: "tls-refused",
    cause: "its TLS certificate is not trusted",
    fix: "name its authority with --cacert",
  },
  {
    what: "a proxy drops the session token",
    command: call,
    arrange: before({ request: ({ headers }) => headers.delete("x-amz-security-token") }),
    step: "api.call",
    code: "http-status",
    reason: "session-token-dropped",
    cause: "the header X-Amz-Security-Token does not arrive",
    fix: "pass X-Amz-Security-Token on",
  },
  {
    what: "a proxy drops the Authorization header",
    command: call,
    arrange: before({ request: ({ headers }) => headers.delete("authorization") }),
    step: "api.call",
    code: "http-status",
    reason: "headers-rewritten",
    cause: "Authorization or X-Amz-Date do not arrive as they were sent",
    fix: "pass Authorization and the X-Amz- headers on",
  },
  {
    what: "a proxy adds to the query",
    command: "auth-cli call '/private?page=2'",
    arrange: before({
      request(request) {
        if (request.target.includes("?")) request.target += "&utm_source=proxy";
      },
    }),
    step: "api.call",
    code: "http-status",
    reason: "query-rewritten",
    cause: "the query does not arrive as it was signed",
    fix: "pass the query on byte for byte",
  },
  {
    what: "a proxy encodes the query a second time (`%20` becomes `%2520`)",
    command: "auth-cli call '/private?q=a%20b'",
    arrange: before({
      request: (request) => void (request.target = request.target.replaceAll("%20", "%2520")),
    }),
    step: "api.call",
    code: "http-status",
    reason: "query-rewritten",
    cause: "the query does not arrive as it was signed",
    fix: "pass the query on byte for byte",
  },
  {
    what: "an HTTP proxy changes the Host header",
    command: call,
    async arrange({ variables, meddle }) {
      variables["NO_PROXY"] = "<-loopback>";
      variables["HTTP_PROXY"] = await meddle("http://127.0.0.1:9", {
        request({ target, headers }) {
          if (target.startsWith("/private")) headers.set("host", "proxy.internal");
        },
      });
    },
    step: "api.call",
    code: "http-status",
    reason: "proxy-interferes",
    cause: "changes the request on the way",
    fix: "reach the API past the proxy: NO_PROXY=127.0.0.1",
  },
  {
    what: "another server than API Gateway answers at the endpoint",
    command: call,
    arrange: ({ laboratory, args }) => void args.push("--endpoint", laboratory.cloud.twitterUrl),
    step: "api.call",
    code: "http-status",
    reason: "proxy-interferes",
    cause: "is not API Gateway, and did not pass the request on to it",
    fix: "leave out --endpoint",
  },
  {
    what: "a reverse proxy passes requests on under the API's own host name",
    command: call,
    async arrange(trial) {
      const { host } = new URL(await apiOf(trial));
      await before({ request: ({ headers }) => headers.set("host", host) })(trial);
    },
    step: "api.call",
    code: "http-status",
    reason: "host-rewritten",
    cause: "under that name, and the signature is for",
    fix: "pass the Host header on",
  },
  {
    what: "the clock is 10 minutes fast, and a proxy takes the `Date` out that would show it",
    command: call,
    arrange: clockUnseen(-10 * minutes),
    step: "api.call",
    code: "http-status",
    reason: "clock-wrong",
    cause: "this computer's clock is more than five minutes off",
    fix: "set the clock of this computer",
  },
  {
    what: "the clock is 10 minutes slow, and a proxy takes the `Date` out that would show it",
    command: call,
    arrange: clockUnseen(10 * minutes),
    step: "api.call",
    code: "http-status",
    reason: "clock-wrong",
    cause: "this computer's clock is more than five minutes off",
    fix: "set the clock of this computer",
  },
];
