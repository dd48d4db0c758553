/** What the CloudFormation resource schema of a type says of it, as far as a deployment needs it. */

export type PropertyType = "string" | "integer" | "number" | "boolean" | "list" | "object" | "json";

export interface PropertySpecification {
  type: PropertyType;
  required?: true;
  /** A change gives the resource a new physical id. */
  replaces?: true;
}

export interface ResourceSpecification {
  properties: Readonly<Record<string, PropertySpecification>>;
  /** What `Fn::GetAtt` may ask for. */
  attributes: readonly string[];
}
