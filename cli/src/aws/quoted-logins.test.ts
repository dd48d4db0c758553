import { combinations } from "@api-auth-twitter/test-support/test-runs";
import { describe, expect, it } from "vitest";
import { run } from "../commands/run.ts";
import { reply } from "../../test/fakes/fake-environment.ts";
import type { HttpResponse } from "../http.ts";
import { cognitoRefusal } from "../../test/fakes/scripted-services.ts";
import { createWorld, type World } from "../../test/fakes/world.ts";

/** Everything that a test may look at: both streams and every file, as a reader may decode them. */
function outputsOf({ environment }: ReturnType<typeof createWorld>): string {
  const reports = Object.entries(environment.fileTexts())
    .filter(([path]) => path.startsWith("/project/report"))
    .map(([, text]) => text);
  const masks = /^::add-mask::.*\n/gm;
  const written = [environment.stdout(), environment.stderr().replace(masks, ""), ...reports].join("\n");
  const unescaped = written.replaceAll("\\", "").replaceAll("&quot;", '"').replaceAll("&#39;", "'");
  return [written, unescaped, safelyDecoded(written), safelyDecoded(safelyDecoded(written))].join("\n");
}

function safelyDecoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) =>
    Buffer.from(escapes.replaceAll("%", ""), "hex").toString(),
  );
}

/** How a reply may hold the map. The pair is the token, a semicolon and the secret. */
const quotes: Record<string, (pair: string) => string> = {
  "as AWS quotes it": (pair) =>
    `1 validation error detected: Value '{api.twitter.com=${pair}}' at 'logins' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 50000]`,
  "after another error": (pair) =>
    `2 validation errors detected: Value 'x' at 'identityPoolId' failed to satisfy constraint: no; Value '{api.twitter.com=${pair}}' at 'logins' failed`,
  twice: (pair) => `Value '{a=${pair}}' at 'logins' failed; Value '{b=${pair}}' at 'logins' failed`,
  "cut off in the secret": (pair) => `Value '{api.twitter.com=${pair.slice(0, -7)}`,
  "cut off by a long text": (pair) => `${"x".repeat(175)} ${pair}`,
  "the token alone": (pair) => `bad ${pair.split(";")[0]}`,
  "the secret alone": (pair) => `bad ${pair.split(";")[1]}`,
  "URL-encoded": (pair) => `Value ${encodeURIComponent(`'{api.twitter.com=${pair}}'`)} at 'logins' failed`,
  "its parts URL-encoded": (pair) => pair.split(";").map(encodeURIComponent).join(" and "),
  "as JSON": (pair) => `bad ${JSON.stringify({ "api.twitter.com": pair })}`,
  "as JSON in JSON": (pair) => `bad ${JSON.stringify(JSON.stringify({ "api.twitter.com": pair }))}`,
  "in Base64": (pair) => `bad ${Buffer.from(pair).toString("base64")}`,
};

/** What Cognito, or a server in its place, answers. */
const replies: Record<string, (said: string) => HttpResponse> = {
  ValidationException: (said) => cognitoRefusal("ValidationException", said),
  BrandNewException: (said) => cognitoRefusal("BrandNewException", said),
  "a type that quotes": (said) => cognitoRefusal(`${said}Exception`, "No."),
  "HTTP 404, HTML": (said) => reply(404, `<h1>Not found</h1> ${said}`),
  "HTTP 502, text": (said) => reply(502, said),
};

const reports = ["--report-json", "/project/report.json", "--report-html", "/project/report.html"];
const commands: Record<string, { args: string[]; world?: World }> = {
  call: { args: ["call", "/private"] },
  "call --json": { args: ["call", "/private", "--json"] },
  "call --debug --trace -v": { args: ["call", "/private", "--debug", "--trace", "-v"] },
  smoke: { args: ["smoke"] },
  "smoke --json": { args: ["smoke", "--json", "--debug", "--trace"] },
  "smoke with reports": {
    args: ["smoke", ...reports, "--report-junit", "/project/report.xml"],
    world: { variables: { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: "/project/report.md" } },
  },
  credentials: { args: ["credentials", "--format", "env"] },
  "credentials --json": { args: ["credentials", "--json"] },
  "login --with-token": { args: ["login", "--with-token"], world: { loggedIn: false } },
  "login --with-token --json --debug": {
    args: ["login", "--with-token", "--json", "--debug"],
    world: { loggedIn: false },
  },
  "login with a PIN": { args: ["login", "--no-browser"], world: { loggedIn: false } },
};

describe.each(Object.entries(commands))("%s", (_command, { args, world }) => {
  it.each(combinations(Object.entries(quotes), Object.entries(replies)))(
    "prints no login that Cognito quotes %s, %s",
    async ([, write], [, refuse]) => {
      const created = createWorld({ loggedIn: true, ...world });
      const { services, environment } = created;
      const { token, secret } = services.tokenCredentials;
      const answer = () => refuse(write(`${token};${secret}`));
      Object.assign(services.answers, { "cognito.get-id": answer, "cognito.get-credentials": answer });
      environment.type(args.includes("--with-token") ? `${token}\n${secret}\n` : `${services.pin}\n`);
      const code = await run(args, { version: "0.0.0-test", createEnvironment: () => environment });
      expect(code).not.toBe(0);
      const outputs = outputsOf(created);
      expect(outputs).toContain("cognito.get-");
      for (const part of [token, secret, token.slice(0, 12), secret.slice(0, 12)]) {
        expect(outputs.includes(part), outputs).toBe(false);
      }
    },
  );
});
