/** Light and dark, from 360 pixels width, and for print. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --sunk: #f1f3f6; --line: #d5dae1;
  --ink: #17202b; --soft: #55606e;
  --good: #17692f; --good-tint: #e3f5e7; --bad: #b3202c; --bad-tint: #fdebec; --skip: #7a5200; --skip-tint: #fff3d6;
  --dns: #8046d8; --tcp: #a86b00; --tls: #0b7a82; --wait: #1f67d2; --body: #2b8a4b; --other: #8b96a5;
  --shadow: 0 1px 2px rgb(20 30 45 / .06), 0 4px 16px rgb(20 30 45 / .05);
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #0e1319; --card: #171e27; --sunk: #10161d; --line: #323d4a;
    --ink: #e8edf3; --soft: #a5b1bf;
    --good: #6fd58d; --good-tint: #12301d; --bad: #ff8f92; --bad-tint: #3a171b; --skip: #edc15f; --skip-tint: #332708;
    --dns: #b78cff; --tcp: #e0a63e; --tls: #45c4cc; --wait: #69a6ff; --body: #5fcf86; --other: #76828f;
    --shadow: none;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  overflow-wrap: anywhere;
}
.page { max-width: 66rem; margin: 0 auto; padding: 2rem 1.25rem 3rem; }
h1, h2, h3, h4, p, dl, dd, ol, ul { margin: 0; }
h1 { font-size: 1.6rem; line-height: 1.2; letter-spacing: -.01em; }
h2 { font-size: 1.15rem; margin-bottom: .75rem; }
h3 { font-size: 1rem; }
.card > h3 { margin-bottom: .6rem; }
code, .mono { font: .9em/1.45 ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace; }
svg { display: block; }
.passed { --tone: var(--good); --tint: var(--good-tint); }
.failed { --tone: var(--bad); --tint: var(--bad-tint); }
.skipped { --tone: var(--skip); --tint: var(--skip-tint); }
.card {
  background: var(--card); border: 1px solid var(--line); border-radius: 14px; box-shadow: var(--shadow);
  padding: 1.25rem; margin-top: 1.25rem;
}
.verdict { display: grid; grid-template-columns: auto 1fr; gap: .35rem 1rem; align-items: center; border-top: 5px solid var(--tone); margin-top: 0; }
.verdict .seal { width: 3.25rem; height: 3.25rem; color: var(--tone); }
.verdict .counts { color: var(--soft); }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; font-size: .875rem; }
.verdict .facts { grid-column: 1 / -1; margin-top: .75rem; padding-top: .85rem; border-top: 1px solid var(--line); }
.facts dt { color: var(--soft); }
.stage { margin-top: 2.5rem; }
.stage > h2 { display: flex; align-items: center; gap: .5rem; font-size: 1.3rem; }
.stage > h2 svg { width: 1.4rem; height: 1.4rem; color: var(--tone); flex: none; }
.brief { margin-top: 2.5rem; }
.brief details { background: var(--card); border: 1px solid var(--line); margin-top: -1px; padding: 0 1.25rem; }
.brief details[open] { padding-bottom: 1.25rem; }
.brief summary {
  display: grid; grid-template-columns: auto minmax(6rem, 1fr) 9rem 5rem 24rem 1rem; gap: .75rem; align-items: center;
  margin: 0 -1.25rem; padding: .4rem 1.25rem; cursor: pointer; font-size: .9375rem;
}
.brief summary:hover { background: var(--sunk); }
.brief summary svg { width: 1.1rem; height: 1.1rem; color: var(--tone); }
.brief summary::after { content: "▸"; color: var(--soft); text-align: right; }
.brief [open] > summary::after { content: "▾"; }
.brief summary .name { font-weight: 650; }
.brief summary .mono { color: var(--soft); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }

.chain { list-style: none; padding: 0; display: grid; grid-template-columns: repeat(4, 1fr); gap: 2.5rem; }
.chain li {
  position: relative; border: 1.5px solid var(--tone); border-radius: 12px; background: var(--tint);
  padding: .9rem .8rem; display: flex; flex-direction: column; gap: .2rem; align-items: center; text-align: center;
}
.chain li.skipped { border-style: dashed; }
.chain .icon { width: 2.25rem; height: 2.25rem; color: var(--ink); }
.chain .name { font-weight: 650; }
.chain .role { font-size: .8rem; line-height: 1.35; color: var(--soft); }
.chain .state { display: flex; align-items: center; justify-content: center; gap: .35rem; margin-top: auto; padding-top: .4rem; color: var(--tone); font-weight: 650; font-size: .875rem; }
.chain .state svg { width: 1.1rem; height: 1.1rem; flex: none; }
.chain .blame { font-size: .8rem; line-height: 1.35; color: var(--tone); }
.chain .time { font-size: .875rem; font-variant-numeric: tabular-nums; }
.chain .arrow { position: absolute; right: 100%; top: calc(50% - .5rem); width: 2.5rem; height: 1rem; color: var(--soft); }

.failure { border-left: 5px solid var(--tone); }
.failures { margin-top: 1.75rem; }
.failures .failure { margin-top: .75rem; }
.failure h3, .failure h4 { font-size: 1.02rem; display: flex; gap: .5rem; align-items: center; color: var(--tone); }
.failure h3 svg, .failure h4 svg { width: 1.2rem; height: 1.2rem; flex: none; }
.failure .message { margin-top: .35rem; }
.why { display: grid; grid-template-columns: max-content 1fr; gap: .6rem 1rem; margin-top: .85rem; }
.why dt { font-weight: 650; color: var(--soft); }
.why ul { padding-left: 1.1rem; }
.why .fix { background: var(--good-tint); border-radius: 8px; padding: .5rem .75rem; margin: -.1rem 0; }
.meta { margin-top: .85rem; font-size: .8125rem; color: var(--soft); }
.notes { padding-left: 1.1rem; }
.notes li + li { margin-top: .3rem; }

table { width: 100%; border-collapse: collapse; font-size: .9375rem; }
th, td { text-align: left; padding: .45rem .6rem; border-bottom: 1px solid var(--line); vertical-align: middle; }
thead th { font-size: .8125rem; color: var(--soft); font-weight: 600; }
tbody tr:last-child > * { border-bottom: 0; }
tbody th { font-weight: 500; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.result { color: var(--tone); font-weight: 650; white-space: nowrap; }
.result span { display: inline-flex; vertical-align: middle; gap: .35rem; align-items: center; }
.result svg { width: 1.1rem; height: 1.1rem; }
.result a, .why a { color: inherit; }
tr.failed > * { background: var(--bad-tint); }
.route { color: var(--soft); }
.lane { width: 38%; min-width: 9rem; }
.axis { display: flex; justify-content: space-between; }
.bar { width: 100%; height: 14px; overflow: visible; }
.grid { stroke: var(--line); }
.dns { fill: var(--dns); } .tcp { fill: var(--tcp); } .tls { fill: var(--tls); }
.wait { fill: var(--wait); } .body { fill: var(--body); } .other { fill: var(--other); }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; list-style: none; padding: 0; margin-top: .85rem; font-size: .8125rem; color: var(--soft); }
.legend li { display: flex; align-items: center; gap: .4rem; }
.legend svg { width: 1.1rem; height: 14px; }
.scroll { overflow-x: auto; }
.scroll th, .scroll td { padding: .4rem .45rem; }
.scroll table { font-size: .8125rem; white-space: nowrap; overflow-wrap: normal; }
.scroll:focus-visible { outline: 3px solid var(--wait); outline-offset: 2px; }
footer { margin-top: 1.5rem; font-size: .8125rem; color: var(--soft); }

@media (max-width: 46rem) {
  .page { padding: 1rem .75rem 2rem; }
  .card { padding: 1rem; border-radius: 12px; }
  h1 { font-size: 1.3rem; }
  .verdict .seal { width: 2.5rem; height: 2.5rem; }
  .facts, .why { grid-template-columns: 1fr; gap: .05rem; }
  .facts dd, .why dd { margin-bottom: .5rem; }
  .why .fix { margin: .15rem 0 0; }
  .brief summary { grid-template-columns: auto 1fr auto auto auto; }
  .brief summary .mono { display: none; }
  .chain { grid-template-columns: 1fr; gap: 1.6rem; }
  .chain li { display: grid; grid-template-columns: 2.5rem 1fr auto; gap: 0 .75rem; text-align: left; align-items: center; }
  .chain .icon { grid-row: 1 / span 3; align-self: start; }
  .chain .role { grid-column: 2 / span 2; }
  .chain .blame { grid-column: 2 / span 2; }
  .chain .state { grid-column: 2; justify-content: flex-start; padding-top: .3rem; }
  .chain .time { grid-column: 3; grid-row: 1; }
  .chain .arrow { right: auto; left: calc(50% - 1.25rem); top: -1.3rem; transform: rotate(90deg); width: 1.5rem; margin-left: .5rem; }
  .checks thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .checks, .checks tbody { display: block; }
  .checks tr { display: grid; grid-template-columns: 1fr auto auto; gap: 0 .75rem; padding: .55rem .4rem; border-bottom: 1px solid var(--line); }
  .checks tbody tr:last-child { border-bottom: 0; }
  .checks th, .checks td { border: 0; padding: 0; }
  .checks th { grid-column: 1 / -1; }
  .checks .lane { grid-column: 1 / -1; width: auto; padding-top: .3rem; }
  .checks .lane:empty { display: none; }
  tr.failed { background: var(--bad-tint); }
}
@media print {
  @page { margin: 14mm; }
  :root { color-scheme: light; }
  html { font-size: 12px; }
  body { background: none; font-size: 12px; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .page { max-width: none; padding: 0; }
  .card { box-shadow: none; }
  .failure, .chain li, tr, .verdict { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .scroll { overflow: visible; }
  .scroll table { white-space: normal; font-size: .75rem; }
}
`;
