import { createAccount } from "../../src/account.ts";
import { type httpApiRefusals, limits } from "../../src/http-api/gateway-refusals.ts";
import { createApiOrigins } from "../../src/api-origins.ts";
import { createSessions } from "../../src/iam/sessions.ts";
import { deployApi, deployFunction } from "../account-fixture.ts";
import type { RefusalCase, RefusalCases } from "./refusal-case.ts";

const now = (): Date => new Date();

/** A request to `/` of an HTTP API. */
function refused(says: string, request: RequestInit): RefusalCase {
  return {
    says,
    async run() {
      const account = createAccount("123456789012", "us-east-1");
      const log: string[] = [];
      const host = createApiOrigins({
        account,
        sessions: createSessions({ now }),
        now,
        region: account.region,
        log: (line) => log.push(line),
      });
      try {
        const lambdaFunction = deployFunction(account, "f", "export const handler = async () => 'works';");
        const origin = await host.open(deployApi(account, { "ANY /": { lambdaFunction } }));
        const response = await fetch(origin, request);
        return [response.status, await response.text(), ...log].join(" ");
      } finally {
        await host.closeAll();
      }
    },
  };
}

const post = (bytes: number): RequestInit => ({
  method: "POST",
  headers: { "content-type": "text/plain" },
  body: "x".repeat(bytes),
});

export const httpApiCases: RefusalCases<typeof httpApiRefusals> = {
  head: refused('431 {"message":"Request Header Fields Too Large"}', {
    headers: { "x-long": "x".repeat(limits.headBytes) },
  }),
  body: refused("413, the body has more than 10 MB", post(limits.bodyBytes + 1)),
};
