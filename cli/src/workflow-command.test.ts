import { describe, expect, it } from "vitest";
import { formatCommand } from "./workflow-command.ts";

describe("a command to GitHub Actions", () => {
  it.each([
    ["plain", "::add-mask::plain\n"],
    ["two\nlines\r\n", "::add-mask::two%0Alines%0D%0A\n"],
    ["100%0A", "::add-mask::100%250A\n"],
    ["a\u202eb", "::add-mask::a\\u202eb\n"],
  ])("masks %j with %j", (message, command) => {
    expect(formatCommand({ name: "add-mask", message })).toBe(command);
  });

  it("escapes its title, which cannot end the properties", () => {
    const command = formatCommand({ name: "error", title: "a,b::c\u001b[2J", message: "x::y" });
    expect(command).toBe("::error title=a%2Cb%3A%3Ac\\u001b[2J::x::y\n");
  });
});
