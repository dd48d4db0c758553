import { describe, expect, it } from "vitest";
import { outlineProgram } from "../../cli/src/commands/outline.ts";
import { manPage } from "./man-page.ts";

const page = manPage(await outlineProgram(), "1.2.3");
const section = (name: string): string =>
  page.split(".SS ").find((text) => text.startsWith(`${name} `) || text.startsWith(`${name}\n`)) ?? "";

describe("the man page", () => {
  it("names the arguments as the help does", () => {
    expect(section("call")).toMatch(/^call \\fI\[METHOD\] <path>\\fR\n/);
    expect(section("completion")).toMatch(/^completion \\fI<shell>\\fR\n/);
    expect(section("logout")).toMatch(/^logout\n/);
  });

  it("names defaults", () => {
    expect(section("call")).toContain("Limit for connecting. Default: 10.\n");
    expect(section("local")).toContain(
      "Port for AWS; 0 selects a free one (default: 4566, or the port in \\-\\-state).\n",
    );
  });

  it("has the notes of the help as paragraphs, and a heading for the examples", () => {
    expect(section("smoke")).toMatch(/^\.PP\nRoutes: .*GET \/private and GET \/public\..*$/m);
    expect(section("smoke")).toContain(".PP\n.B Examples\n.PP\n.nf\n  auth\\-cli smoke \\-\\-stage prod\n");
    expect(section("call")).toContain("\n.B Examples\n");
  });
});
