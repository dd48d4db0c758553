import { type CollectionTag, LineCounter, parseDocument, type ScalarTag, YAMLMap, YAMLSeq } from "yaml";
import { requireShallow } from "../../aws/json-protocol.ts";
import { validationError } from "../validation-error.ts";
import { messageOf } from "../../error-text.ts";

/** Functions whose short form only lacks the prefix `Fn::`. */
const shortForms = [
  "And",
  "Base64",
  "Cidr",
  "Equals",
  "FindInMap",
  "GetAZs",
  "If",
  "ImportValue",
  "Join",
  "Not",
  "Or",
  "Select",
  "Split",
  "Sub",
] as const;

/**
 * Parses a YAML template and expands short forms like `!Ref`.
 * {@link https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html}
 *
 * @throws ServiceError ValidationError, `Template format error: YAML not well-formed.`
 */
export function parseYamlTemplate(body: string): unknown {
  try {
    const lineCounter = new LineCounter();
    // YAML 1.1 reads AWSTemplateFormatVersion as a date and "on" as true. Pretty errors take minutes for a file of quotes.
    const document = parseDocument(body, { version: "1.2", customTags, lineCounter, prettyErrors: false });
    const [error] = document.errors;
    if (error === undefined) {
      const value: unknown = document.toJS();
      requireShallow(value);
      return value;
    }
    const { line, col } = lineCounter.linePos(error.pos[0]);
    throw new Error(`${error.message} at line ${line}, column ${col}`);
  } catch (error) {
    throw validationError(`Template format error: YAML not well-formed. (${messageOf(error)})`);
  }
}

function scalarTag(name: string, key: string, value: (text: string) => unknown = (text) => text): ScalarTag {
  return { tag: `!${name}`, resolve: (text) => ({ [key]: value(text) }) };
}

function collectionTags(name: string, key: string): CollectionTag[] {
  const resolve = (collection: YAMLMap.Parsed | YAMLSeq.Parsed): YAMLMap => {
    const map = new YAMLMap();
    const contents = collection instanceof YAMLSeq ? new YAMLSeq() : new YAMLMap();
    contents.items = collection.items as never;
    map.set(key, contents);
    return map;
  };
  return [
    { tag: `!${name}`, collection: "seq", resolve },
    { tag: `!${name}`, collection: "map", resolve },
  ];
}

const customTags = [
  scalarTag("Ref", "Ref"),
  scalarTag("Condition", "Condition"),
  scalarTag("GetAtt", "Fn::GetAtt", (text) => {
    const dot = text.indexOf(".");
    return dot === -1 ? text : [text.slice(0, dot), text.slice(dot + 1)];
  }),
  ...collectionTags("GetAtt", "Fn::GetAtt"),
  ...shortForms.flatMap((name) => [scalarTag(name, `Fn::${name}`), ...collectionTags(name, `Fn::${name}`)]),
];
