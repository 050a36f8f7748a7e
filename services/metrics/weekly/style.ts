/** The look of the pages: light and dark, narrow and wide, and A4. Text meets WCAG AA on its ground. */
export const style = `
:root {
  --ground: #fcfbf8; --panel: #ffffff; --ink: #1c2025; --quiet: #5a626c; --rule: #e3dfd6; --accent: #a84b06;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root { --ground: #14171b; --panel: #1b1f24; --ink: #eae8e3; --quiet: #a5acb5; --rule: #31373f; --accent: #f3a862; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 2.5rem 1.5rem 4rem; background: var(--ground); color: var(--ink); }
h1, h2 { line-height: 1.2; letter-spacing: -0.015em; margin: 0; text-wrap: balance; overflow-wrap: anywhere; }
h1 { font-size: 2rem; font-weight: 650; }
h2 { font-size: 1.2rem; font-weight: 650; margin: 3rem 0 0.75rem; }
p { margin: 0.5rem 0; max-width: 48rem; }
a { color: var(--accent); text-underline-offset: 0.2em; text-decoration-thickness: 1px; }
a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
.brand { color: var(--accent); font-weight: 650; margin: 0 0 0.25rem; }
.quiet, small { color: var(--quiet); }
small { font-size: 0.8125rem; }
nav { display: flex; flex-wrap: wrap; gap: 0.25rem 2rem; margin: 1rem 0 0; font-size: 0.9375rem; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 0.9rem; list-style: none; margin: 0; padding: 0; }
nav li:first-child { color: var(--quiet); }
nav a[aria-current] { color: var(--ink); font-weight: 600; text-decoration: none; border-bottom: 2px solid var(--accent); }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1rem; margin: 2rem 0 0; padding: 0; list-style: none; }
.tiles li { background: var(--panel); border: 1px solid var(--rule); border-radius: 10px; padding: 1rem 1.1rem; min-width: 0; }
.tiles h2 { font-size: 0.9375rem; font-weight: 600; line-height: 1.3; letter-spacing: 0; margin: 0; }
.tiles h2 small { display: block; font-weight: 400; }
.tiles .big { font-size: 1.75rem; font-weight: 650; line-height: 1.2; letter-spacing: -0.02em; margin: 0.7rem 0 0; font-variant-numeric: tabular-nums; }
.tiles p { margin: 0; line-height: 1.35; }
.word { white-space: nowrap; }
.spark { display: block; width: 100%; height: auto; margin: 0.8rem 0 0.5rem; overflow: visible; }
.spark path { fill: none; stroke: var(--accent); stroke-width: 1.75; stroke-linejoin: round; stroke-linecap: round; vector-effect: non-scaling-stroke; }
.spark circle { fill: var(--accent); }
.spark .running { fill: var(--panel); stroke: var(--accent); stroke-width: 1.5; }
.spark .base { stroke: var(--rule); }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--quiet); padding: 0 0 0.5rem; font-size: 0.9375rem; }
th, td { padding: 0.5rem 0 0.5rem 1.25rem; text-align: right; vertical-align: top; border-bottom: 1px solid var(--rule); line-height: 1.35; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
thead th { font-size: 0.875rem; font-weight: 600; vertical-align: bottom; border-bottom-color: var(--quiet); }
thead small { display: block; font-weight: 400; }
tbody th { font-weight: 600; overflow-wrap: anywhere; }
tbody th small { display: block; font-weight: 400; }
td .value { white-space: nowrap; }
td small { white-space: nowrap; }
.weeks td small { display: block; }
td .overall { display: block; color: var(--quiet); font-size: 0.8125rem; }
td .overall small { font-size: inherit; }
table { table-layout: fixed; }
.services thead th:first-child { width: 22%; }
tr.running td, tr.running th { color: var(--quiet); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.35rem 1.25rem; margin: 0; font-size: 0.9375rem; }
dt { font-weight: 600; }
dd { margin: 0; color: var(--quiet); }
pre { background: var(--panel); border: 1px solid var(--rule); border-radius: 8px; padding: 0.9rem 1rem; overflow-x: auto; font: 0.875rem/1.55 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
code { font: 0.9em ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
pre code { font: inherit; }
footer { margin-top: 3rem; border-top: 1px solid var(--rule); padding-top: 0.9rem; font-size: 0.875rem; color: var(--quiet); }
footer p { max-width: none; }
@media (max-width: 52rem) {
  body { padding: 1.5rem 1rem 3rem; }
  h1 { font-size: 1.6rem; }
  .tiles { grid-template-columns: repeat(2, 1fr); gap: 0.75rem; }
  .tiles li { padding: 0.8rem 0.9rem; }
  .tiles .big { font-size: 1.35rem; }
  td small { display: block; white-space: normal; }
  td .overall { margin-top: 0.25rem; }
  th, td { padding-left: 0.6rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: 0.6rem; }
}
@media (max-width: 34rem) {
  table, caption, tbody, tr { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody tr { display: grid; grid-template-columns: 1fr 1fr; gap: 0.5rem 1rem; padding: 0.8rem 0; border-bottom: 1px solid var(--rule); }
  tbody th { grid-column: 1 / -1; padding: 0; border: 0; }
  tbody td, tbody td:first-child { padding: 0; border: 0; text-align: left; }
  tbody td::before { content: attr(data-title); display: block; font-size: 0.8125rem; color: var(--quiet); }
}
@media print {
  @page { size: A4; margin: 15mm; }
  :root { --ground: #fff; --panel: #fff; --ink: #000; --quiet: #444; --rule: #bbb; --accent: #8a3d05; font-size: 10.5px; }
  body { max-width: none; padding: 0; }
  nav { display: none; }
  tr, .tiles li, dl { break-inside: avoid; }
  h2 { break-after: avoid; }
  thead { display: table-header-group; }
  a { color: inherit; text-decoration: none; }
}
`;
