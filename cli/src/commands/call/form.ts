import { basename, extname } from "node:path";
import { AuthCliError } from "../../errors.ts";

/** An encoded `multipart/form-data` body (RFC 7578). */
export interface Form {
  /** With the boundary. */
  contentType: string;
  body: Uint8Array;
}

/** Those that curl guesses. */
const types: Readonly<Record<string, string>> = {
  ".gif": "image/gif",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain",
  ".htm": "text/html",
  ".html": "text/html",
  ".pdf": "application/pdf",
  ".xml": "application/xml",
};

/**
 * Encodes the parts of `--form`: `name=text`, `name=<file`, and `name=@file`, which `;type=` and `;filename=` may follow.
 * @param read reads `@file` or `@-`
 * @throws AuthCliError `invalid-usage` for another text
 * @see https://curl.se/docs/manpage.html#-F
 */
export async function encodeForm(
  parts: readonly string[],
  read: (file: string) => Promise<Uint8Array>,
): Promise<Form> {
  const form = new FormData();
  for (const part of parts) {
    const [, name, content] = /^([^=]+)=(.*)$/s.exec(part) ?? [];
    if (name === undefined || content === undefined) {
      throw new AuthCliError("invalid-usage", {
        // A part may hold a secret, so the message shows only its length.
        message: `invalid part of ${part.length} characters (--form)`,
        cause: "a part has a name, an equals sign and a content",
        fix: "write it as 'name=text' or 'name=@file'",
      });
    }
    if (content.startsWith("@")) {
      const [file = "", ...modifiers] = content.slice(1).split(/;(?=\s*(?:type|filename)=)/);
      const path = unquoted(file);
      const modifier = (key: string): string | undefined => {
        const found = modifiers.map((text) => text.trim()).find((text) => text.startsWith(`${key}=`));
        return found && unquoted(found.slice(key.length + 1));
      };
      const type = modifier("type") ?? types[extname(path).toLowerCase()] ?? "application/octet-stream";
      const blob = new Blob([Buffer.from(await read(`@${path}`))], { type });
      form.append(name, blob, modifier("filename") ?? basename(path));
    } else {
      form.append(
        name,
        content.startsWith("<")
          ? Buffer.from(await read(`@${unquoted(content.slice(1))}`)).toString()
          : content,
      );
    }
  }
  const encoded = new Response(form);
  return {
    contentType: encoded.headers.get("content-type") ?? "",
    body: Buffer.from(await encoded.arrayBuffer()),
  };
}

function unquoted(text: string): string {
  return /^".*"$/s.test(text) ? text.slice(1, -1).replaceAll(/\\(["\\])/g, "$1") : text;
}
