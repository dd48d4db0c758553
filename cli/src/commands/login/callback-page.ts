import { createHash } from "node:crypto";

const style = `
:root { color-scheme: light dark; --back: #f4f6f8; --card: #fff; --text: #14191f; --soft: #55616d; --line: #d5dbe1;
  --good: #157347; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --back: #0b0f13; --card: #161c22; --text: #eef2f5; --soft: #a3b0bc; --line: #33404d; --good: #4cc38a;
    --bad: #ff8b81; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-content: center; padding: 1rem; background: var(--back);
  color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 28rem; padding: 2rem; border: 1px solid var(--line); border-radius: 1rem;
  background: var(--card); overflow-wrap: anywhere; }
svg { display: block; width: 3rem; height: 3rem; margin-bottom: 1rem; fill: none; stroke: currentColor;
  stroke-width: 3; stroke-linecap: round; stroke-linejoin: round; }
.good svg { color: var(--good); }
.bad svg { color: var(--bad); }
h1 { margin: 0 0 .5rem; font-size: 1.4rem; line-height: 1.25; }
p { margin: 0 0 .75rem; }
p:last-child { margin: 0; color: var(--soft); font-size: .9rem; }
`;

const styleHash = createHash("sha256").update(style).digest("base64");

/** Allows the style sheet and nothing else: no script, image, form or frame. */
export const contentSecurityPolicy = `default-src 'none'; style-src 'sha256-${styleHash}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

const signs = {
  good: '<circle cx="24" cy="24" r="21"/><path d="m15 25 6 6 12-13"/>',
  bad: '<circle cx="24" cy="24" r="21"/><path d="M24 14v12m0 8v.01"/>',
} as const;

/** The page that the browser shows at the end. Takes plain text and escapes it. */
export function callbackPage(sign: keyof typeof signs, heading: string, text: string, last: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(heading)} · auth-cli</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<main class="${sign}">
<svg viewBox="0 0 48 48" aria-hidden="true">${signs[sign]}</svg>
<h1>${escapeHtml(heading)}</h1>
<p>${escapeHtml(text)}</p>
<p>${escapeHtml(last)}</p>
</main>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
