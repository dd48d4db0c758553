import { undocumented } from "../evidence/evidence.ts";
import { defineRefusals } from "../evidence/refusal.ts";

/** A request that API Gateway refuses. The message is for the log, and the client gets `text`. */
export class GatewayError extends Error {
  readonly status: number;
  readonly text: string;

  constructor(status: number, text: string, reason: string) {
    super(`${status}, ${reason}`);
    this.name = "GatewayError";
    this.status = status;
    this.text = text;
  }
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
export const limits = {
  /** Of the request line and the header values. */
  headBytes: 10_240,
  bodyBytes: 10 * 1024 * 1024,
};

const head = `$(head -c ${limits.headBytes} /dev/zero | tr '\\0' x)`;

export const httpApiRefusals = defineRefusals("HTTP APIs", {
  head: {
    refuses: `request line and header values of more than ${limits.headBytes} bytes: 431`,
    evidence: undocumented(
      `The answer to request line and header values of more than ${limits.headBytes} bytes, a documented limit.`,
      `curl -i -H "x-long: ${head}" $API_URL/public`,
    ),
    error: (bytes: number) =>
      new GatewayError(
        431,
        "Request Header Fields Too Large",
        `request line and header values have ${bytes} bytes`,
      ),
  },
  body: {
    refuses: "a body of more than 10 MB: 413",
    evidence: undocumented(
      "The answer to a body of more than 10 MB, a documented limit.",
      "head -c 11000000 /dev/zero | curl -i --data-binary @- $API_URL/public",
    ),
    error: () => new GatewayError(413, "Request Entity Too Large", "the body has more than 10 MB"),
  },
});
