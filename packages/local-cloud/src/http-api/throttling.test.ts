import { beforeEach, describe, expect, it } from "vitest";
import { type Account, createAccount, type HttpApi, type Throttle, unthrottled } from "../account.ts";
import { deployApi, deployFunction } from "../../test/account-fixture.ts";
import { createThrottling } from "./throttling.ts";

let timeMs: number;
let account: Account;
beforeEach(() => {
  timeMs = 0;
  account = createAccount("123456789012", "us-east-1");
});

const throttling = () => createThrottling(() => new Date(timeMs));

function createApi(defaultThrottle: Throttle): HttpApi {
  const lambdaFunction = deployFunction(account, "f", "");
  const routes = { "GET /a": { lambdaFunction }, "GET /b": { lambdaFunction } };
  return deployApi(account, routes, { stages: ["$default", "prod"], defaultThrottle });
}

/** How many of these requests are admitted. */
function count(admits: ReturnType<typeof throttling>, api: HttpApi, requests: number, path = "/a"): number {
  const route = [...api.routes.values()].find(({ routeKey }) => routeKey === `GET ${path}`);
  if (route === undefined) throw new Error(`no route ${path}`);
  return Array.from({ length: requests }, () => admits(api, { stage: "$default", route })).filter(Boolean)
    .length;
}

describe("throttling", () => {
  it("admits a burst, then as many requests as the rate refills", () => {
    const api = createApi({ burst: 3, rate: 2 });
    const admits = throttling();
    expect(count(admits, api, 5)).toBe(3);
    timeMs += 499;
    expect(count(admits, api, 5)).toBe(0);
    timeMs += 1;
    expect(count(admits, api, 5)).toBe(1);
    timeMs += 60_000;
    expect(count(admits, api, 5), "no more than a burst, however long it takes").toBe(3);
  });

  it("counts each route separately, with the limits of the route or the stage", () => {
    const api = createApi({ burst: 1, rate: 1 });
    api.stages.get("$default")?.routeThrottles.set("GET /b", { burst: 2, rate: 1 });
    const admits = throttling();
    expect(count(admits, api, 5)).toBe(1);
    expect(count(admits, api, 5, "/b")).toBe(2);
  });

  it("uses limits that are deployed later", () => {
    const api = createApi({ burst: 1, rate: 1 });
    const admits = throttling();
    expect(count(admits, api, 5)).toBe(1);
    api.stages.set("$default", { defaultThrottle: unthrottled, routeThrottles: new Map() });
    expect(count(admits, api, 50)).toBe(50);
  });

  it("survives a clock that is set back", () => {
    const api = createApi({ burst: 2, rate: 1 });
    const admits = throttling();
    expect(count(admits, api, 1)).toBe(1);
    timeMs -= 600_000;
    expect(count(admits, api, 5)).toBe(1);
    timeMs += 1000;
    expect(count(admits, api, 5)).toBe(1);
  });

  it("admits nothing when both limits are 0", () => {
    expect(count(throttling(), createApi({ burst: 0, rate: 0 }), 3)).toBe(0);
  });

  it.each<[string, Throttle]>([
    ["no limit", unthrottled],
    ["a burst alone", { burst: 1, rate: Infinity }],
    ["a rate alone", { burst: Infinity, rate: 1 }],
  ])("admits everything with %s", (_name, throttle) => {
    expect(count(throttling(), createApi(throttle), 100)).toBe(100);
  });
});
