import { frameworkNames } from "../../deployment/framework.ts";
import type { Project } from "../../deployment/project.ts";
import { type Examination, meansGuests } from "./examination.ts";
import { fault, type Finding, ok, skipped, warning } from "./finding.ts";
import { readSources, type Source } from "./source-files.ts";

interface Suspicion {
  name: Finding["name"];
  message: string;
  /** The reason, a sentence. */
  because: string;
  fix: string;
  /** Index of the suspicious code; undefined when there is none. */
  find: (code: string) => number | undefined;
  /** Whether the rest of the code shows that it is on purpose. */
  isMeant?: (code: string, examination: Examination) => boolean;
  /** Smoke fails for it too. */
  isFault?: true;
}

/**
 * Known mistakes, from the guide and others. The source is read, not run, so most are warnings only. `--deep` checks what is
 * deployed.
 */
const suspicions: readonly Suspicion[] = [
  {
    name: "stack.provider",
    message: "graph.facebook.com is Facebook's provider name",
    because: "Twitter's provider name is api.twitter.com, in the pool and in the logins map",
    fix: 'use "api.twitter.com", unless the API is for Facebook users',
    find: (code) => indexOf(code, /graph\.facebook\.com/),
    // A stack that federates Facebook mentions it elsewhere too, for example in its app id.
    isMeant: (code) => !/twitter/i.test(code) || /facebook/i.test(code.replaceAll("graph.facebook.com", "")),
  },
  {
    name: "stack.separator",
    message: "consumer key and secret are joined by a colon",
    because: "Cognito splits them at a semicolon, like an access token and its secret",
    fix: "join them with a semicolon",
    find: (code) =>
      indexOf(code, /api\.twitter\.com["'`]?\]?\s*:\s*(`[^`;]*\$\{[^}]*\}:\$\{|["'][^"';:\s]+:[^"';]+["'])/),
  },
  {
    name: "stack.guests",
    message: "the identity pool gives guests an identity",
    because: "SST's Cognito construct sets AllowUnauthenticatedIdentities by default",
    fix: "set `cdk: { cfnIdentityPool: { allowUnauthenticatedIdentities: false } }` in identityPoolFederation, or pass --allow-guests",
    isFault: true,
    isMeant: (_code, examination) => meansGuests(examination),
    find: (code) =>
      indexOf(code, /allowUnauthenticatedIdentities\s*:\s*true/) ??
      (/allowUnauthenticatedIdentities\s*:/.test(code)
        ? undefined
        : indexOf(code, /new\s+Cognito\s*\((?=[\s\S]*identityPoolFederation)/)),
  },
  {
    name: "stack.authorizer",
    message: "no route of the API has an authorizer",
    because: "SST's Api construct leaves every route open by default",
    fix: 'set `defaults: { authorizer: "iam" }` on the Api',
    find: (code) => (/authorizer\s*:/.test(code) ? undefined : indexOf(code, /new\s+Api\s*\(/)),
  },
  {
    name: "stack.permissions",
    message: "users of the pool have no permission to call the API",
    because: "no code calls attachPermissionsForAuthUsers",
    fix: "add `auth.attachPermissionsForAuthUsers(stack, [api])`",
    find: (code) =>
      /attachPermissionsForAuthUsers/.test(code)
        ? undefined
        : indexOf(code, /new\s+Cognito\s*\((?=[\s\S]*identityPoolFederation)/),
  },
];

export function examineStackSource(examination: Examination): Finding[] {
  const stacks = readSources(examination).filter(({ code }) => /new\s+(Api|Cognito)\s*\(/.test(code));
  if (stacks.length === 0) return [skipped("stack.source", describeLack(examination.project))];
  // The construct may be in one file and its permissions in another.
  const together = stacks.map(({ code }) => code).join("\n");
  const found = suspicions.flatMap(({ name, message, because, fix, find, isMeant, isFault }) => {
    const suspected = find(together) !== undefined && isMeant?.(together, examination) !== true;
    const where = suspected ? stacks.flatMap((source) => placeOf(source, find)) : [];
    return where.length === 0
      ? []
      : [(isFault ? fault : warning)(name, message, { evidence: [because], fix, source: where.join(", ") })];
  });
  if (found.length > 0) return found;
  return [ok("stack.source", "no known mistakes", { source: stacks.map(({ path }) => path).join(", ") })];
}

function describeLack({ framework = "sst" }: Project): string {
  return framework === "sst"
    ? "found no SST stack with an Api or a Cognito construct"
    : `doctor reads the source of SST stacks only; with --deep it checks what ${frameworkNames[framework]} deployed`;
}

/** `stacks/ExampleStack.ts:21` */
function placeOf({ path, code }: Source, find: Suspicion["find"]): string[] {
  const index = find(code);
  return index === undefined ? [] : [`${path}:${code.slice(0, index).split("\n").length}`];
}

function indexOf(code: string, pattern: RegExp): number | undefined {
  return pattern.exec(code)?.index;
}
