/** Values shorter than this are not masked: they would blank out ordinary words and numbers. */
const minimumLength = 6;

/**
 * Masks by value: every secret the process has held, in each form in which it can reach an output
 * (as it is, percent-encoded, base64, JSON-escaped).
 */
export class Redactor {
  /** What stands in the place of each secret. */
  readonly #masks = new Map<string, string>();
  /** The same of each of its forms, made once something is to be masked. */
  readonly #forms = new Map<string, string>();
  readonly #learned: ((secret: string) => void) | undefined;

  /** @param learned told each secret when it is first added, for a log that masks by itself */
  constructor(learned?: (secret: string) => void) {
    this.#learned = learned;
  }

  /** @param name what stands in its place, `[name]` */
  add(name: string, secret: string | undefined): void {
    if (secret === undefined || secret.length < minimumLength) return;
    if (!this.#masks.has(secret)) this.#learned?.(secret);
    this.#masks.set(secret, `[${name}]`);
    this.#forms.clear();
  }

  redact(text: string): string {
    if (this.#masks.size === 0) return text;
    if (this.#forms.size === 0) this.#makeForms();
    // Longest first, so that a secret that contains another is masked whole.
    const forms = [...this.#forms].toSorted(([a], [b]) => b.length - a.length);
    return forms.reduce((masked, [form, mask]) => masked.replaceAll(form, mask), text);
  }

  #makeForms(): void {
    for (const [secret, mask] of this.#masks) for (const form of formsOf(secret)) this.#forms.set(form, mask);
  }
}

/** Each form in which it can reach an output. */
function formsOf(secret: string): string[] {
  return [
    secret,
    encodeURIComponent(secret),
    // RFC 5849 3.6 encodes these four as well; an OAuth header encodes twice in its base string.
    strictlyEncoded(secret),
    encodeURIComponent(strictlyEncoded(secret)),
    // A form leaves out other characters, and writes a space as a plus.
    new URLSearchParams([["", secret]]).toString().slice(1),
    Buffer.from(secret).toString("base64"),
    Buffer.from(secret).toString("base64url"),
    JSON.stringify(secret).slice(1, -1),
  ];
}

/**
 * What GitHub Actions takes for the wish to mask a value, and shows to nobody. It masks the usual encodings too, and each
 * line of several.
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#masking-a-value-in-a-log
 */
export function maskCommand(secret: string): string {
  const escaped = secret.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  return `::add-mask::${escaped}\n`;
}

function strictlyEncoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
