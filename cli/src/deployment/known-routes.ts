import { join } from "node:path";
import type { Environment } from "../environment/environment.ts";
import { parseJson } from "../json.ts";
import { readAssembly } from "./cloud-assembly.ts";
import { restRoutesOfTemplate } from "./template-routes.ts";

/** `GET` and `/items/{id}`. `ANY` matches every method, the path `$default` every path. */
export interface KnownRoute {
  method: string;
  path: string;
}

/** The folders where SST and CDK leave the templates of the last deploy. */
const assemblies = [join(".sst", "dist"), "cdk.out"];

/**
 * The routes in the templates of the last deploy. Empty when there are none, or when they are invalid. Sends no request,
 * because a shell waits for completions.
 */
export function readKnownRoutes({ files }: Pick<Environment, "files">, projectRoot: string): KnownRoute[] {
  for (const assembly of assemblies) {
    try {
      const routes = readRoutes(files, join(projectRoot, assembly));
      if (routes.length > 0) return routes;
    } catch {
      // Another program may write the files at the same time.
    }
  }
  return [];
}

function readRoutes(files: Environment["files"], folder: string): KnownRoute[] {
  return readAssembly(files, folder).flatMap(({ path }) => {
    const text = files.readText(path) ?? "{}";
    const { Resources: resources = {} } = parseJson(text) as Template;
    const httpRoutes = Object.values(resources).flatMap(({ Type: type, Properties: properties }) =>
      type === "AWS::ApiGatewayV2::Route" ? parseRouteKey(properties?.RouteKey) : [],
    );
    return [...httpRoutes, ...restRoutesOfTemplate(text).flatMap(({ key }) => parseRouteKey(key))];
  });
}

interface Template {
  Resources?: Record<string, { Type?: string; Properties?: { RouteKey?: unknown } }>;
}

/** Empty for a key of another kind. */
export function parseRouteKey(key: unknown): KnownRoute[] {
  if (key === "$default") return [{ method: "ANY", path: key }];
  const [, method, path] = /^([A-Z]+) (\/.*)$/.exec(String(key)) ?? [];
  return method === undefined || path === undefined ? [] : [{ method, path }];
}
