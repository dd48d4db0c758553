import { expect, it } from "vitest";
import { parseXml } from "./rest-xml.ts";

it("takes XML that is nested too deep for malformed", async () => {
  const deep = "<a>".repeat(50_000) + "</a>".repeat(50_000);
  await expect(parseXml(Buffer.from(deep))).rejects.toMatchObject({ code: "MalformedXML" });
});
