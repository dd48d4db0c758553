import { describe, expect, it } from "vitest";
import { failure } from "../../../../test/fakes/fake-environment.ts";
import { parseRoute } from "./named-route.ts";

describe("parseRoute", () => {
  it.each([
    ["GET /private", "GET", "/private"],
    ["/private", "GET", "/private"],
    ["  POST   /items ", "POST", "/items"],
    ["HEAD /", "HEAD", "/"],
    ["GET /items/1?full=yes&x=%20", "GET", "/items/1?full=yes&x=%20"],
  ])("reads %j as %s %s", (text, method, path) => {
    expect(parseRoute("--route", "private", text)).toEqual({ access: "private", method, path, expected: {} });
  });

  it.each([
    ["", "slash"],
    ["private", "slash"],
    ["get /private", "capitals"],
    ["GET private", "slash"],
    ["GET /a b", "slash"],
    ["GET https://abc.execute-api.us-east-1.amazonaws.com/private", "slash"],
    ["GET /items/{id}", "parameter"],
    ["ANY /items", "ANY"],
  ])("rejects %j and gives the reason", async (text, why) => {
    const error = await failure(() => parseRoute("--public", "public", text));
    expect(error).toMatchObject({ code: "invalid-usage", exitCode: 2 });
    expect(error.message).toContain(`invalid --public ${JSON.stringify(text)}`);
    expect(error.cause).toContain(why);
    expect(error.fix).toContain("--public 'GET /public'");
  });

  it.each([
    ["GTE /items", "use GET"],
    ["POTS /items", "use POST"],
    ["FETCH /items", "use GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS"],
  ])("rejects the method of %j, as call does", async (text, fix) => {
    const error = await failure(() => parseRoute("auth-cli.json", "private", text));
    expect(error).toMatchObject({ code: "invalid-usage", fix });
    expect(error.message).toBe(
      `invalid method "${text.split(" ")[0]}" (auth-cli.json ${JSON.stringify(text)})`,
    );
  });
});
