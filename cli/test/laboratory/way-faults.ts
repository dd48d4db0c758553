import { minutes, apiOf, before, clockUnseen } from "./arrangements.ts";
import { call, type Fault } from "./fault.ts";

export const wayFaults: Fault[] = [
  {
    what: "the project's .env file names another address for AWS than the environment and the login",
    command: call,
    async arrange({ addFile, variables }) {
      await addFile(".env.local", "AWS_ENDPOINT_URL=http://127.0.0.1:9\n");
      variables["AWS_ENDPOINT_URL"] = undefined;
    },
    step: "",
    code: "untrusted-address",
    cause: "a project's file may not decide where tokens and keys go",
    fix: "run `AWS_ENDPOINT_URL=http://127.0.0.1:9 auth-cli …` to allow it once",
  },
  {
    what: "the API's host name has no address (DNS)",
    command: call,
    arrange: ({ args }) => void args.push("--endpoint", "https://api.example.invalid"),
    step: "api.call",
    code: "unreachable",
    cause: "DNS found no address for api.example.invalid",
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
    fix: "run the command with `--cacert FILE`",
  },
  {
    what: "a proxy drops the session token",
    command: call,
    arrange: before({ request: ({ headers }) => headers.delete("x-amz-security-token") }),
    step: "api.call",
    code: "http-status",
    reason: "session-token-dropped",
    cause: "drops or changes the header X-Amz-Security-Token",
    fix: "forward X-Amz-Security-Token",
  },
  {
    what: "a proxy drops the Authorization header",
    command: call,
    arrange: before({ request: ({ headers }) => headers.delete("authorization") }),
    step: "api.call",
    code: "http-status",
    reason: "headers-rewritten",
    cause: "drops or changes the header Authorization or X-Amz-Date",
    fix: "forward Authorization and the X-Amz-* headers",
  },
  {
    what: "a proxy adds a parameter to the query string",
    command: "auth-cli call '/private?page=2'",
    arrange: before({
      request(request) {
        if (request.target.includes("?")) request.target += "&utm_source=proxy";
      },
    }),
    step: "api.call",
    code: "http-status",
    reason: "query-rewritten",
    cause: "changes the query string after it is signed",
    fix: "forward the query string unchanged",
  },
  {
    what: "a proxy encodes the query string a second time (`%20` becomes `%2520`)",
    command: "auth-cli call '/private?q=a%20b'",
    arrange: before({
      request: (request) => void (request.target = request.target.replaceAll("%20", "%2520")),
    }),
    step: "api.call",
    code: "http-status",
    reason: "query-rewritten",
    cause: "changes the query string after it is signed",
    fix: "forward the query string unchanged",
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
    cause: "changes the request",
    fix: "bypass the proxy: `export NO_PROXY=127.0.0.1`",
  },
  {
    what: "a server other than API Gateway answers at the endpoint",
    command: call,
    arrange: ({ laboratory, args }) => void args.push("--endpoint", laboratory.cloud.twitterUrl),
    step: "api.call",
    code: "http-status",
    reason: "proxy-interferes",
    cause: "is not API Gateway, and did not forward the request to it",
    fix: "leave out --endpoint",
  },
  {
    what: "a reverse proxy replaces the Host header by the API's own host name",
    command: call,
    async arrange(trial) {
      const { host } = new URL(await apiOf(trial));
      await before({ request: ({ headers }) => headers.set("host", host) })(trial);
    },
    step: "api.call",
    code: "http-status",
    reason: "host-rewritten",
    cause: "but the signature is for",
    fix: "forward the Host header",
  },
  {
    what: "the clock is 10 minutes fast, and a proxy drops the `Date` header that would show it",
    command: call,
    arrange: clockUnseen(-10 * minutes),
    step: "api.call",
    code: "http-status",
    reason: "clock-wrong",
    cause: "this computer's clock is more than five minutes off, so AWS rejects its signatures",
    fix: "set the clock of this computer",
  },
  {
    what: "the clock is 10 minutes slow, and a proxy drops the `Date` header that would show it",
    command: call,
    arrange: clockUnseen(10 * minutes),
    step: "api.call",
    code: "http-status",
    reason: "clock-wrong",
    cause: "this computer's clock is more than five minutes off, so AWS rejects its signatures",
    fix: "set the clock of this computer",
  },
];
