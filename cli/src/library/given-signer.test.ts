import { describe, expect, expectTypeOf, it } from "vitest";
import { cognitoRefusal } from "../../test/fakes/scripted-services.ts";
import { createWorld, type World } from "../../test/fakes/world.ts";
import { createSigner } from "./library.ts";
import type * as published from "./types.ts";
import { createGivenSigner } from "./given-signer.ts";

const hourMs = 3_600_000;

function createProgram(world: World = {}) {
  const { services, environment } = createWorld(world);
  const { tokenCredentials, apiEndpoint: endpoint, identityPoolId, identityId } = services;
  const sign = createGivenSigner(
    {
      stage: { endpoint, identityPoolId },
      login: { accessToken: tokenCredentials.token, accessTokenSecret: tokenCredentials.secret },
    },
    environment,
  );
  const renewals = (): number =>
    environment.requests.filter(({ step }) => step === "cognito.get-credentials").length;
  return { environment, services, sign, endpoint, identityId, renewals };
}

describe("createSigner", () => {
  it("rejects options without a stage or a login", async () => {
    const { environment, endpoint, services } = createProgram();
    const stage = { endpoint, identityPoolId: services.identityPoolId };
    const request = { method: "GET", url: "/notes" };
    await expect(createGivenSigner({} as never, environment)(request)).rejects.toMatchObject({
      code: "missing-configuration",
    });
    await expect(createGivenSigner({ stage } as never, environment)(request)).rejects.toMatchObject({
      code: "invalid-configuration",
      message: "no login in the argument of createSigner",
    });
  });

  it("signs as the identity of the login, with headers and a body", async () => {
    const { environment, sign, endpoint, identityId } = createProgram();
    const signed = await sign({
      method: "POST",
      url: "/notes?b=ä&a=1+2",
      headers: { "Content-Type": "application/json" },
      body: '{"text":"é"}',
    });
    expect(signed).toMatchObject({ url: `${endpoint}/notes?b=%C3%A4&a=1%202`, identityId });
    const response = await environment.send({
      step: "api.call",
      method: "POST",
      url: new URL(signed.url),
      headers: Object.entries(signed.headers),
      body: Buffer.from('{"text":"é"}'),
    });
    expect(response.status).toBe(200);
  });

  it("signs for the host of the stage only", async () => {
    const { sign, endpoint } = createProgram();
    expect((await sign({ method: "GET", url: `${endpoint}/private` })).url).toBe(`${endpoint}/private`);
    await expect(sign({ method: "GET", url: "https://example.com/private" })).rejects.toMatchObject({
      code: "invalid-usage",
      message: "https://example.com is not the deployment's API",
      fix: "pass only the path, or choose the deployment with `stage` or `endpoint`",
    });
  });

  it("exchanges the login once for requests at the same time, and again before the credentials expire", async () => {
    const { environment, sign, renewals } = createProgram();
    const signAll = (): Promise<unknown> =>
      Promise.all(Array.from({ length: 50 }, () => sign({ method: "GET", url: "/private" })));
    await signAll();
    environment.clock.ms += hourMs - 6 * 60_000;
    await signAll();
    expect(renewals()).toBe(1);
    environment.clock.ms += 2 * 60_000;
    await signAll();
    expect(renewals()).toBe(2);
    expect(environment.requests.filter(({ step }) => step === "cognito.get-id")).toHaveLength(1);
  });

  it("uses the credentials to their end if Cognito refuses new ones", async () => {
    const { environment, sign, services } = createProgram();
    const first = await sign({ method: "GET", url: "/private" });
    services.answers["cognito.get-credentials"] = () =>
      cognitoRefusal("TooManyRequestsException", "Slow down");
    environment.clock.ms += hourMs - 60_000;
    const second = await sign({ method: "GET", url: "/private" });
    expect(second.headers["X-Amz-Security-Token"]).toBe(first.headers["X-Amz-Security-Token"]);
    environment.clock.ms += 60_000;
    await expect(sign({ method: "GET", url: "/private" })).rejects.toMatchObject({ code: "rate-limited" });
  });

  it("rejects without the token that a reply repeats", async () => {
    const { sign, services } = createProgram();
    const { token } = services.tokenCredentials;
    services.answers["cognito.get-id"] = () =>
      cognitoRefusal("NotAuthorizedException", `Invalid login token. ${token}`);
    const error = await sign({ method: "GET", url: "/private" }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: expect.any(String) as unknown, fix: expect.any(String) as unknown });
    expect(JSON.stringify(error, ["message", "cause", "fix", "evidence"])).not.toContain(token);
  });

  it("names the field of invalid options", async () => {
    const { environment, endpoint } = createProgram();
    const options = {
      stage: { endpoint, identityPoolId: "x" },
      login: { accessToken: "", accessTokenSecret: "" },
    };
    expect(() => createGivenSigner(options, environment)).toThrow(/createSigner .*identityPoolId/);
  });

  it("has the published types", () => {
    expectTypeOf(createSigner).toEqualTypeOf<typeof published.createSigner>();
  });
});
