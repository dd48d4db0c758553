import { describe, expect, it } from "vitest";
import { failure } from "../../test/fakes/fake-environment.ts";
import type { Reply } from "../http.ts";
import { processGetCallerIdentityResponse, readGetCallerIdentityResponse } from "./sts.ts";

const replyOf = (status: number, text: string): Reply => ({
  step: "sts.get-caller-identity",
  status,
  statusText: "",
  httpVersion: "1.1",
  headers: [],
  body: Buffer.from(text),
});

/** As STS answers in the query protocol. */
const refusal = (code: string, message: string): Reply =>
  replyOf(
    403,
    `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>
  <RequestId>1</RequestId>
</ErrorResponse>`,
  );

const expired =
  "Signature expired: 20260301T110000Z is now earlier than 20260301T115500Z (20260301T121000Z - 15 min.)";

describe("GetCallerIdentity", () => {
  it("returns the caller", () => {
    const text =
      "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::1:assumed-role/r/s</Arn><UserId>A:s</UserId><Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
    expect(processGetCallerIdentityResponse(replyOf(200, text))).toEqual({
      arn: "arn:aws:sts::1:assumed-role/r/s",
      account: "1",
    });
  });

  it.each([
    [
      "ExpiredToken",
      "The security token included in the request is expired",
      "cognito-refused",
      "have expired",
    ],
    [
      "InvalidClientTokenId",
      "The security token included in the request is invalid.",
      "cognito-refused",
      "does not know the credentials",
    ],
    [
      "SignatureDoesNotMatch",
      "The request signature we calculated does not",
      "cognito-refused",
      "secret access key",
    ],
    ["SignatureDoesNotMatch", expired, "clock-refused", "clock is wrong"],
    [
      "SignatureDoesNotMatch",
      "Signature not yet current: 20260301T130000Z",
      "clock-refused",
      "clock is wrong",
    ],
    ["RequestExpired", "Request has expired.", "clock-refused", "clock is wrong"],
    ["RegionDisabledException", "STS is not activated in this region", "cognito-refused", ""],
  ])("%s: %s", async (code, message, errorCode, cause) => {
    const error = await failure(() => processGetCallerIdentityResponse(refusal(code, message)));
    expect(error.code).toBe(errorCode);
    expect(error.message).toContain(`${code}: "${message.slice(0, 60)}`);
    expect(error.cause ?? "").toContain(cause);
    expect(readGetCallerIdentityResponse(refusal(code, message))).toEqual({ code, message });
  });

  it("rejects a proxy's page", async () => {
    const error = await failure(() => processGetCallerIdentityResponse(replyOf(403, "<html>no</html>")));
    expect(error.code).toBe("unexpected-reply");
  });
});
