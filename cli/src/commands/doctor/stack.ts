import type { Examination } from "./examination.ts";
import { type Finding, ok, skipped, warning } from "./finding.ts";
import { readSources, type Source } from "./source-files.ts";

interface Suspicion {
  name: Finding["name"];
  message: string;
  /** A sentence on why it is one. */
  because: string;
  fix: string;
  /** Index in the code of what is suspicious; undefined when there is nothing. */
  find: (code: string) => number | undefined;
  /** Whether it is meant so, as all of the stacks show. */
  isMeant?: (code: string) => boolean;
}

/**
 * The mistakes of the guide's text and of its neighbours. The source is read, not run, so each is a warning: what is
 * deployed is what counts, and `--deep` looks at that.
 */
const suspicions: readonly Suspicion[] = [
  {
    name: "stack.provider",
    message: "graph.facebook.com is Facebook's name as an identity provider",
    because: "Twitter's is api.twitter.com, in the pool and in the logins map",
    fix: 'write "api.twitter.com", unless users of Facebook are meant',
    find: (code) => indexOf(code, /graph\.facebook\.com/),
    // Who federates Facebook speaks of it elsewhere, if only of its app id.
    isMeant: (code) => !/twitter/i.test(code) || /facebook/i.test(code.replaceAll("graph.facebook.com", "")),
  },
  {
    name: "stack.separator",
    message: "consumer key and secret are joined by a colon",
    because: "Cognito splits them at a semicolon, and so it does with an access token and its secret",
    fix: "join them by a semicolon",
    find: (code) =>
      indexOf(code, /api\.twitter\.com["'`]?\]?\s*:\s*(`[^`;]*\$\{[^}]*\}:\$\{|["'][^"';:\s]+:[^"';]+["'])/),
  },
  {
    name: "stack.guests",
    message: "the identity pool lets guests in",
    because: "SST's Cognito construct sets AllowUnauthenticatedIdentities unless it is told otherwise",
    fix: "give identityPoolFederation `cdk: { cfnIdentityPool: { allowUnauthenticatedIdentities: false } }`",
    find: (code) =>
      indexOf(code, /allowUnauthenticatedIdentities\s*:\s*true/) ??
      (/allowUnauthenticatedIdentities\s*:/.test(code)
        ? undefined
        : indexOf(code, /new\s+Cognito\s*\((?=[\s\S]*identityPoolFederation)/)),
  },
  {
    name: "stack.authorizer",
    message: "no route of the API has an authorizer",
    because: "SST's Api construct leaves every route open to everybody unless it is told otherwise",
    fix: 'give the API `defaults: { authorizer: "iam" }`',
    find: (code) => (/authorizer\s*:/.test(code) ? undefined : indexOf(code, /new\s+Api\s*\(/)),
  },
  {
    name: "stack.permissions",
    message: "users of the pool get no permission to call the API",
    because: "attachPermissionsForAuthUsers is called nowhere",
    fix: "call `auth.attachPermissionsForAuthUsers(stack, [api])`",
    find: (code) =>
      /attachPermissionsForAuthUsers/.test(code)
        ? undefined
        : indexOf(code, /new\s+Cognito\s*\((?=[\s\S]*identityPoolFederation)/),
  },
];

export function examineStackSource(examination: Examination): Finding[] {
  const stacks = readSources(examination).filter(({ code }) => /new\s+(Api|Cognito)\s*\(/.test(code));
  if (stacks.length === 0) return [skipped("stack.source", "there is no stack of SST here to read")];
  // One construct may be in one file and its permissions in another.
  const together = stacks.map(({ code }) => code).join("\n");
  const found = suspicions.flatMap(({ name, message, because, fix, find, isMeant }) => {
    const suspected = find(together) !== undefined && isMeant?.(together) !== true;
    const where = suspected ? stacks.flatMap((source) => placeOf(source, find)) : [];
    return where.length === 0
      ? []
      : [warning(name, message, { evidence: [because], fix, source: where.join(", ") })];
  });
  if (found.length > 0) return found;
  return [
    ok("stack.source", "none of the known mistakes", { source: stacks.map(({ path }) => path).join(", ") }),
  ];
}

/** `stacks/ExampleStack.ts:21` */
function placeOf({ path, code }: Source, find: Suspicion["find"]): string[] {
  const index = find(code);
  return index === undefined ? [] : [`${path}:${code.slice(0, index).split("\n").length}`];
}

function indexOf(code: string, pattern: RegExp): number | undefined {
  return pattern.exec(code)?.index;
}
