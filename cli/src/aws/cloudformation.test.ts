import { describe, expect, it } from "vitest";
import { failure } from "../../test/fakes/fake-environment.ts";
import { headerValue, type Reply } from "../http.ts";
import { getTemplate } from "./cloudformation.ts";

const answer = (status: number, body: string): Reply => ({
  step: "cloudformation:GetTemplate",
  status,
  statusText: "",
  httpVersion: "1.1",
  headers: [],
  body: Buffer.from(body),
});

describe("GetTemplate", () => {
  it("requests one stack, signed for CloudFormation", async () => {
    const request = await getTemplate("prod-notes-ExampleStack").request({
      credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "hush" },
      region: "eu-west-1",
      endpoint: undefined,
      nowMs: 0,
    });
    expect(request.url.href).toBe("https://cloudformation.eu-west-1.amazonaws.com/");
    expect(Object.fromEntries(new URLSearchParams(String(request.body)))).toEqual({
      Action: "GetTemplate",
      Version: "2010-05-15",
      StackName: "prod-notes-ExampleStack",
    });
    expect(headerValue(request.headers, "authorization")).toMatch(
      /\/eu-west-1\/cloudformation\/aws4_request/,
    );
  });

  it("returns the template as uploaded", () => {
    const body =
      "<GetTemplateResponse><GetTemplateResult><TemplateBody>{&quot;a&quot;: &quot;&lt;&amp;&apos;&#x41;&#66;&#xA;&amp;lt;&quot;}" +
      "</TemplateBody></GetTemplateResult></GetTemplateResponse>";
    expect(getTemplate("notes").read(answer(200, body))).toBe(`{"a": "<&'AB\n&lt;"}`);
  });

  it.each([
    [
      403,
      "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized to perform: cloudformation:GetTemplate</Message></Error></ErrorResponse>",
      "aws-permission-missing",
      "AccessDenied",
    ],
    [
      400,
      "<ErrorResponse><Error><Code>ValidationError</Code></Error></ErrorResponse>",
      "aws-refused",
      "ValidationError",
    ],
    [200, "<html>Sign in</html>", "unexpected-reply", "Sign in"],
    [502, "", "unexpected-reply", "HTTP 502"],
  ])("reports HTTP %i %s as %s", async (status, body, code, text) => {
    const error = await failure(() => getTemplate("notes").read(answer(status, body)));
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
  });
});
