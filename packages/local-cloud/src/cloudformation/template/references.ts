import { isJsonObject } from "../../aws/json-protocol.ts";

/**
 * The names that a template value refers to by `Ref`, `Fn::GetAtt` or `Fn::Sub`: logical ids, parameters and pseudo
 * parameters.
 */
export function referencesOf(value: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) {
    for (const item of value) referencesOf(item, found);
    return found;
  }
  if (!isJsonObject(value)) return found;
  const reference = value["Ref"];
  if (typeof reference === "string") found.add(reference);
  const attribute = value["Fn::GetAtt"];
  const target: unknown = Array.isArray(attribute) ? attribute[0] : attribute;
  if (typeof target === "string")
    found.add(Array.isArray(attribute) ? target : (target.split(".")[0] ?? target));
  const sub = value["Fn::Sub"];
  const text: unknown = Array.isArray(sub) ? sub[0] : sub;
  if (typeof text === "string") {
    const own: unknown = Array.isArray(sub) ? sub[1] : undefined;
    for (const variable of substitutions(text)) {
      if (!isJsonObject(own) || !(variable in own)) found.add(variable.split(".")[0] ?? variable);
    }
  }
  for (const item of Object.values(value)) referencesOf(item, found);
  return found;
}

/** The names between `${` and `}`, without the literal `${!…}`. */
function substitutions(text: string): string[] {
  return [...text.matchAll(substitutionPattern)].map(([, name = ""]) => name.trim());
}

export const substitutionPattern = /\$\{([^!}][^}]*)\}/g;
