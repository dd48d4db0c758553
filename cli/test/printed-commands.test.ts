import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { wordsOf } from "./fakes/command-line.ts";
import { createDoctorWorld } from "./fakes/doctor-world.ts";
import { configFile, reply } from "./fakes/fake-environment.ts";
import { type Answer, cognitoRefusal, twitterRefusal } from "./fakes/scripted-services.ts";
import {
  deployed,
  deployer,
  forbidden,
  handled,
  permissionMissing,
  routeMissing,
} from "./fakes/smoke-world.ts";
import { createWorld, runIn, type World } from "./fakes/world.ts";

type Created = ReturnType<typeof createWorld>;

/** A state in which auth-cli prints a command. */
interface Printed {
  /** The command as the source has it, with `…` for its values. */
  source: string;
  world: () => Created;
  /** What prints it. */
  by: string[];
  /** The command as it is printed. */
  printed: string;
  /** Typed or piped by the user. The PIN by default. */
  input?: (world: Created) => string;
  /** Exit codes of the command in that state. 0 by default. */
  exits?: number[];
}

const world =
  (options: World = {}) =>
  (): Created =>
    createWorld(options);
const loggedIn = (answers: Record<string, Answer> = {}, options: World = {}): (() => Created) =>
  world({ loggedIn: true, answers, ...options });

const stsRefuses: Answer = () =>
  reply(
    403,
    "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>expired</Message></Error></ErrorResponse>",
  );
const expired: Record<string, Answer> = {
  "api.call": forbidden,
  "diagnosis.*": forbidden,
  "diagnosis.caller": stsRefuses,
};
const revokedOnce = (): Record<string, Answer> => {
  let refusals = 0;
  return {
    "cognito.get-credentials": () =>
      refusals++ === 0 ? cognitoRefusal("NotAuthorizedException", "Invalid login token.") : undefined,
    "twitter.token": () => twitterRefusal(89, "Invalid or expired token."),
    "twitter.verify_credentials": () => twitterRefusal(89, "Invalid or expired token."),
  };
};
const notesOnly: Answer = (request) =>
  request.url.pathname.startsWith("/notes")
    ? request.step === "private.signed"
      ? handled(200, "[]")
      : undefined
    : routeMissing(request);
const notes = { "private.*": notesOnly, "public.*": notesOnly };
/** alice's token, in the environment. */
const givenToken = (answers: Record<string, Answer>) => (): Created => {
  const variables: Record<string, string> = {};
  const created = createWorld({ answers, variables });
  const { token, secret } = created.services.tokenCredentials;
  Object.assign(created.environment.variables, {
    TWITTER_ACCESS_TOKEN: token,
    TWITTER_ACCESS_TOKEN_SECRET: secret,
  });
  return created;
};
const secretsInKeyring = (): Created => {
  const created = createDoctorWorld({ variables: { AUTH_CLI_STORE: "" } });
  const file = JSON.parse(created.environment.fileTexts()[configFile] ?? "") as {
    sessions: { tokenCredentials: { token: string } }[];
  };
  for (const session of file.sessions)
    Object.assign(session, {
      tokenCredentials: { token: session.tokenCredentials.token, secretIn: "keyring" },
    });
  created.environment.addFile(configFile, JSON.stringify({ version: 2, sessions: file.sessions }));
  return created;
};

const rows: Printed[] = [
  {
    source: "auth-cli login…",
    world: world(),
    by: ["status"],
    printed: "auth-cli login --stage prod",
  },
  {
    source: "auth-cli login",
    world: loggedIn(revokedOnce()),
    by: ["credentials"],
    printed: "auth-cli login",
  },
  {
    source: "auth-cli login --stage …",
    world: () => {
      const created = createDoctorWorld();
      const text = created.environment.fileTexts()["/project/.sst/outputs.json"] ?? "";
      created.environment.addFile(
        "/project/.sst/outputs.json",
        text.replace("https://abc123", "https://other"),
      );
      return created;
    },
    by: ["doctor"],
    printed: "auth-cli login --stage prod",
  },
  {
    source: "auth-cli login --force",
    world: loggedIn(expired),
    by: ["call", "/private"],
    printed: "auth-cli login --force",
  },
  {
    source: "auth-cli status --check",
    world: givenToken(expired),
    by: ["call", "/private"],
    printed: "auth-cli status --check",
  },
  {
    source: "auth-cli status",
    world: loggedIn(),
    by: ["logout", "--user", "bob"],
    printed: "auth-cli status",
  },
  {
    source: "auth-cli logout --all",
    world: loggedIn(),
    by: ["logout", "--user", "bob"],
    printed: "auth-cli logout --all",
  },
  {
    source: "auth-cli smoke --route 'GET /notes'",
    world: loggedIn(notes),
    by: ["smoke"],
    printed: "auth-cli smoke --route 'GET /notes'",
  },
  {
    source: "auth-cli smoke --route 'GET /notes/1'",
    world: loggedIn({ ...notes, ...deployed({ "GET /notes/{id}": "AWS_IAM" }) }, { variables: deployer }),
    by: ["smoke"],
    printed: "auth-cli smoke --route 'GET /notes/1'",
  },
  {
    source: "auth-cli smoke",
    world: loggedIn({ ...permissionMissing(), "api.call": forbidden }),
    by: ["call", "/private", "--no-diagnosis"],
    printed: "auth-cli smoke",
    exits: [1],
  },
  {
    source: "auth-cli doctor --deep",
    world: loggedIn({ ...permissionMissing(), "api.call": forbidden }),
    by: ["call", "/private"],
    printed: "auth-cli doctor --deep",
    // It finds no deployer's credentials here.
    exits: [1],
  },
  {
    source: "auth-cli call … /private",
    world: loggedIn(),
    by: ["call", "GET"],
    printed: "auth-cli call GET /private",
  },
  {
    source: "auth-cli call … /private",
    world: loggedIn(),
    by: ["GET", "/private"],
    printed: "auth-cli call GET /private",
  },
  {
    source: "auth-cli call DELETE /items/1",
    world: loggedIn({ "api.call": () => handled(204) }),
    by: ["call", "DELETE", "/items/1", "/items/2"],
    printed: "auth-cli call DELETE /items/1",
  },
  { source: "auth-cli call …", world: loggedIn(), by: ["/private"], printed: "auth-cli call /private" },
  {
    source: "auth-cli call …",
    world: loggedIn(),
    by: ["C:/Program Files/Git/private"],
    printed: "auth-cli call private",
  },
  {
    source: "auth-cli login --login …=-",
    world: world(),
    by: ["login", "--login", "accounts.google.com=env:NOT_SET"],
    printed: "auth-cli login --login accounts.google.com=-",
    input: ({ services }) => {
      services.providerTokens["accounts.google.com"] = "abc.def.ghi";
      return "abc.def.ghi\n";
    },
  },
  {
    source: "AUTH_CLI_STORE=file auth-cli login",
    world: secretsInKeyring,
    by: ["doctor"],
    printed: "AUTH_CLI_STORE=file auth-cli login",
  },
];

/** Printed, and not run here. */
const elsewhere: Record<string, string> = {
  "auth-cli credentials --format json": "shell-assignment.test.ts: Cognito's own credentials never need it",
  "auth-cli local": "the terminal of a program that runs already",
  "auth-cli local -- env …": "local.e2e.test.ts",
  "auth-cli local --shell": "local.e2e.test.ts",
  "auth-cli local --state …": "local.e2e.test.ts",
  "auth-cli local env": "local.e2e.test.ts",
  "auth-cli local env --port …": "local.e2e.test.ts",
  "auth-cli local fast-forward 5m": "local.e2e.test.ts",
  "auth-cli login --callback": "callback.test.ts: needs a browser's redirect",
  "auth-cli login --callback …": "callback.test.ts: needs a browser's redirect",
  "auth-cli login --callback <port>": "callback.test.ts: needs a browser's redirect",
  "auth-cli login --from-twurl <file>": "twurl.test.ts: needs a file",
};

describe("a command that auth-cli prints", () => {
  it.each(rows)("$printed (after $by)", async ({ world: create, by, printed, input, exits = [0] }) => {
    const created = create();
    const { environment, services } = created;
    const ran = await runIn(by, created);
    const said = (ran.stdout + ran.stderr).replaceAll(/\s+/g, " ");
    expect(said).toContain(`\`${printed}\``);
    const words = wordsOf(printed);
    const program = words.indexOf("auth-cli");
    for (const word of words.slice(0, program)) {
      const [name = "", value] = word.split("=");
      Object.assign(environment.variables, { [name]: value });
    }
    environment.type(input?.(created) ?? `${services.pin}\n`);
    const before = environment.stderr().length;
    const again = await runIn(words.slice(program + 1), created);
    expect(exits, environment.stderr().slice(before)).toContain(again.code);
  });
});

/** In backquotes, which a template escapes. */
const command =
  /`((?:[A-Z_]+=\S+ )?auth-cli (?:login|call|smoke|doctor|status|switch|credentials|logout|local|completion)\b[^`]*?)\\?`/g;

it("each command in the source has a row", () => {
  const source = join(import.meta.dirname, "../src");
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(".ts") && !name.endsWith(".test.ts"),
  );
  const found = new Set<string>();
  for (const file of files) {
    for (const line of readFileSync(join(source, file), "utf8").split("\n")) {
      if (/^\s*(\/?\*|\/\/)/.test(line)) continue;
      for (const [, text = ""] of line.matchAll(command))
        found.add(text.replaceAll(/\$\{.*?\}/g, "…").replaceAll("\\'", "'"));
    }
  }
  // A pattern in the source.
  const patterns = [...found].filter((text) => !text.includes("["));
  expect(patterns.toSorted()).toEqual(
    [...new Set([...rows.map((row) => row.source), ...Object.keys(elsewhere)])].toSorted(),
  );
});
