/**
 * Text of others on one line, without what a terminal would obey, XML forbids or a reader cannot see: control
 * characters, marks that turn the direction of writing, halves of characters, and code points that are none.
 */
export function plainText(text: string): string {
  return (
    text
      .replace(/[\s\u0085\u2028\u2029]+/g, " ")
      // oxlint-disable-next-line no-control-regex
      .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/g, "")
      .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd")
      .trim()
  );
}

/** What stands between backticks in our own sentences is code. @returns text and code in turns, text first */
export function textAndCode(sentence: string): string[] {
  const parts = plainText(sentence).split("`");
  // A backtick without its fellow is a backtick.
  return parts.length % 2 === 1 ? parts : [parts.join("`")];
}
