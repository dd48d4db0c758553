/** Masking shorter values would hide ordinary words and numbers. */
const minimumLength = 6;

/** Masks every secret that the process has held: plain, percent-encoded, in Base64 and JSON-escaped. */
export class Redactor {
  /** Secret → mask. */
  readonly #masks = new Map<string, string>();
  /** The encoded secrets. Computed by redact(). */
  #forms: Forms | undefined;
  readonly #learned: ((secret: string) => void) | undefined;

  /** @param learned receives each new secret, for logs that mask on their own */
  constructor(learned?: (secret: string) => void) {
    this.#learned = learned;
  }

  /** @param name the mask is `[name]` */
  add(name: string, secret: string | undefined): void {
    if (secret === undefined || secret.length < minimumLength) return;
    if (!this.#masks.has(secret)) this.#learned?.(secret);
    this.#masks.set(secret, `[${name}]`);
    this.#forms = undefined;
  }

  redact(text: string): string {
    if (this.#masks.size === 0) return text;
    const { all, any } = (this.#forms ??= this.#makeForms());
    const masked = any.test(text)
      ? all.reduce((partly, [form, mask]) => partly.replaceAll(form, mask), text)
      : text;
    return maskStarts(masked, all);
  }

  #makeForms(): Forms {
    const forms = new Map<string, string>();
    for (const [secret, mask] of this.#masks) for (const form of formsOf(secret)) forms.set(form, mask);
    const all = [...forms].toSorted(([a], [b]) => b.length - a.length);
    const starts = new Set(all.map(([form]) => form.slice(0, minimumLength)));
    const any = new RegExp(Array.from(starts, (start) => start.replaceAll(/\W/g, escapeCharacter)).join("|"));
    return { all, any };
  }
}

interface Forms {
  /** The longest first: a secret may contain another one. */
  all: readonly Form[];
  /** Finds the start of any of them. A report has thousands of texts without a secret. */
  any: RegExp;
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

type Form = readonly [form: string, mask: string];

/** Masks secrets that an excerpt or a table cut off in the middle. */
function maskStarts(text: string, forms: readonly Form[]): string {
  let masked = text;
  for (const cut of ["…", "~"]) {
    for (let end = masked.indexOf(cut); end >= 0; end = masked.indexOf(cut, end + 1)) {
      const before = masked.slice(0, end);
      const safe = maskStart(before, forms);
      // A long text is joined again only where it changes.
      if (safe === before) continue;
      masked = safe + masked.slice(end);
      end = safe.length;
    }
  }
  return masked;
}

/** Masks the start of a secret at the end of a text. */
function maskStart(text: string, forms: readonly Form[]): string {
  for (const [form, mask] of forms) {
    const prefix = form.slice(0, minimumLength);
    let start = text.indexOf(prefix, Math.max(0, text.length - form.length));
    while (start >= 0 && !form.startsWith(text.slice(start))) start = text.indexOf(prefix, start + 1);
    if (start >= 0) return text.slice(0, start) + mask;
  }
  return text;
}

/** Every encoding in which a secret can reach an output. */
function formsOf(secret: string): string[] {
  return [
    secret,
    encodeURIComponent(secret),
    // RFC 5849 3.6 encodes !'()* too. The signature base string encodes OAuth parameters twice.
    strictlyEncoded(secret),
    encodeURIComponent(strictlyEncoded(secret)),
    // A form encodes other characters and writes a space as a plus.
    new URLSearchParams([["", secret]]).toString().slice(1),
    Buffer.from(secret).toString("base64"),
    Buffer.from(secret).toString("base64url"),
    JSON.stringify(secret).slice(1, -1),
  ];
}

function strictlyEncoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
