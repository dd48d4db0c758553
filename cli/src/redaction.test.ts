import * as fc from "fast-check";
import { testRuns } from "@api-auth-twitter/test-support/test-runs";
import { describe, expect, it } from "vitest";
import { percentEncode } from "../../packages/local-cloud/src/twitter/percent-encode.ts";
import { Redactor } from "./redaction.ts";

/** Every way in which a value gets into a text that this program, or a service, writes. */
const forms: Record<string, (secret: string) => string> = {
  "as it is": (secret) => secret,
  "in a URL": encodeURIComponent,
  "in an OAuth header": percentEncode,
  "in a signature base string": (secret) => percentEncode(percentEncode(secret)),
  "in a form": (secret) => new URLSearchParams({ x: secret }).toString().slice(2),
  base64: (secret) => Buffer.from(secret).toString("base64"),
  base64url: (secret) => Buffer.from(secret).toString("base64url"),
  "in JSON": (secret) => JSON.stringify(secret).slice(1, -1),
};

const secrets = fc
  .string({
    unit: fc.constantFrom(...Array.from("abcXYZ0189+/=;:%&\"\\'()*! ~-._é")),
    minLength: 6,
    maxLength: 60,
  })
  // What reads like our own masks could not be told from them.
  .filter((secret) => !"[the secret]".includes(secret) && secret.trim() !== "");

describe("a secret", () => {
  it.each(Object.entries(forms))("is masked %s", (_name, write) => {
    fc.assert(
      fc.property(secrets, (secret) => {
        const redactor = new Redactor();
        redactor.add("the secret", secret);
        const text = redactor.redact(`before|${write(secret)}|after`);
        expect(text).toBe("before|[the secret]|after");
      }),
      { numRuns: testRuns(37) },
    );
  });

  it("is masked where a text is cut off in the middle of it", () => {
    fc.assert(
      fc.property(secrets, fc.nat(), (secret, at) => {
        const redactor = new Redactor();
        redactor.add("the secret", secret);
        const [written] = [forms["as it is"]?.(secret) ?? ""];
        const kept = written.slice(0, 6 + (at % Math.max(1, written.length - 6)));
        const text = redactor.redact(`before|${kept}…" after`);
        expect(text).not.toContain(kept);
      }),
      { numRuns: 300 },
    );
    const redactor = new Redactor();
    redactor.add("token", "hush-hush-quiet");
    expect(redactor.redact('"hush-hush-hush-hu…" and hush-h~')).toBe('"hush-hush-[token]…" and [token]~');
    expect(redactor.redact("hush-…")).toBe("hush-…");
  });

  it("is masked at every occurrence", () => {
    const redactor = new Redactor();
    redactor.add("token", "hush-hush");
    expect(redactor.redact("hush-hush, hush-hush and xhush-hushx")).toBe("[token], [token] and x[token]x");
  });

  it("that contains another one is masked whole, in either order", () => {
    for (const order of [
      ["inner-secret", "outer inner-secret outer"],
      ["outer inner-secret outer", "inner-secret"],
    ]) {
      const redactor = new Redactor();
      for (const secret of order) redactor.add(secret.startsWith("outer") ? "outer" : "inner", secret);
      expect(redactor.redact("a outer inner-secret outer b inner-secret c")).toBe("a [outer] b [inner] c");
    }
  });

  it("with special replacement characters is masked", () => {
    const redactor = new Redactor();
    redactor.add("name", "$&$1$`x");
    expect(redactor.redact("<$&$1$`x>")).toBe("<[name]>");
  });
});

describe("text without secrets", () => {
  it.each(["", "a", "prod", "12345"])(
    "is left alone although %j was added: it is too short to be told apart",
    (word) => {
      const redactor = new Redactor();
      redactor.add("word", word);
      expect(redactor.redact("a prod 12345 produced 123456")).toBe("a prod 12345 produced 123456");
    },
  );

  it("stays as it is when no secret was added", () => {
    const redactor = new Redactor();
    expect(redactor.redact("text")).toBe("text");
    redactor.add("absent", undefined);
    expect(redactor.redact("undefined")).toBe("undefined");
  });

  it("stays as it is when it contains none of the secrets", () => {
    fc.assert(
      fc.property(fc.array(secrets, { maxLength: 5 }), fc.string(), (several, text) => {
        const redactor = new Redactor();
        for (const secret of several) redactor.add("the secret", secret);
        const held = several.some((secret) =>
          Object.values(forms).some((write) => text.includes(write(secret))),
        );
        fc.pre(!held);
        expect(redactor.redact(text)).toBe(text);
      }),
    );
  });
});

describe("a log with its own masking", () => {
  it("receives each secret once, and no short values", () => {
    const told: string[] = [];
    const redactor = new Redactor((secret) => told.push(secret));
    redactor.add("a", "first-secret");
    redactor.add("b", "first-secret");
    redactor.add("c", "second-secret");
    redactor.add("d", "short");
    redactor.add("e", undefined);
    expect(told).toEqual(["first-secret", "second-secret"]);
  });
});
