/**
 * The style of all pages: light and dark, from a phone to a screen on the wall, and A4. Text meets WCAG AA on its
 * background. Charts take their colours from the same variables.
 */
export const style = `
:root {
  --ground: #faf9f5; --panel: #ffffff; --ink: #1c2025; --quiet: #59616b; --rule: #e6e2d9; --accent: #a84b06;
  --band: #f6f3ea; --band2: #ffffff; --mark: #6c7580; --better: #17694f; --worse: #b3261e; --contained: #3f8f7b; --escaped: #c8442f;
  font: clamp(16px, 9.5px + 0.45vw, 22px)/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171b; --panel: #1b1f24; --ink: #eae8e3; --quiet: #a5acb5; --rule: #31373f; --accent: #f3a862;
    --band: #22282f; --band2: #1b1f24; --mark: #8d96a1; --better: #6fcfae; --worse: #ff9c8f; --contained: #4ea08b; --escaped: #e8735f;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 108rem; padding: 2rem clamp(1rem, 3vw, 3rem) 4rem; background: var(--ground); color: var(--ink); }
h1, h2, h3 { line-height: 1.2; letter-spacing: -0.015em; margin: 0; text-wrap: balance; overflow-wrap: anywhere; }
h1 { font-size: 2rem; font-weight: 650; }
h2 { font-size: 1.2rem; font-weight: 650; margin: 3rem 0 0.75rem; }
p { margin: 0.5rem 0; max-width: 48rem; }
a { color: var(--accent); text-underline-offset: 0.2em; text-decoration-thickness: 1px; }
a:focus-visible, button:focus-visible, input:focus-visible, select:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
.brand { font-weight: 650; margin: 0 0 0.25rem; color: var(--accent); }
.brand a { text-decoration: none; }
.quiet, small { color: var(--quiet); }
small { font-size: 0.8125rem; }
nav { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 2rem; margin: 1rem 0 0; font-size: 0.9375rem; }
nav p { margin: 0; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 0.9rem; list-style: none; margin: 0; padding: 0; }
nav li:first-child { color: var(--quiet); }
nav a[aria-current] { color: var(--ink); font-weight: 600; text-decoration: none; border-bottom: 2px solid var(--accent); }
form { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 1rem; max-width: 100%; }
label { color: var(--quiet); max-width: 100%; }
input, select, button { font: inherit; color: var(--ink); background: var(--panel); border: 1px solid var(--mark); border-radius: 6px; padding: 0.2rem 0.55rem; max-width: 100%; }
select { max-width: 14rem; }
input { width: 16rem; }
button { cursor: pointer; padding: 0.2rem 0.8rem; }
.search { margin: 0 0 0.75rem; font-size: 0.9375rem; }
.words h2 { margin-top: 2rem; }
.summary { font-size: 1.125rem; }
.look-at { list-style: none; margin: 0.75rem 0 0; padding: 0; max-width: 64rem; }
.look-at li { border-left: 3px solid var(--worse); padding: 0.15rem 0 0.15rem 0.8rem; margin: 0.55rem 0; overflow-wrap: anywhere; }
.look-at .good { border-color: var(--better); }
.look-at a { font-weight: 600; }
.cards { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 1rem; margin: 0.75rem 0 0; padding: 0; list-style: none; }
.cards li, .saved-parts { background: var(--panel); border: 1px solid var(--rule); border-radius: 10px; padding: 1rem 1.1rem 0.6rem; min-width: 0; }
.cards li { display: flex; flex-direction: column; }
.cards h3 { font-size: 0.9375rem; font-weight: 600; letter-spacing: 0; }
.cards h3 small { display: block; font-weight: 400; margin-top: 0.1rem; }
.big { font-size: 1.75rem; font-weight: 650; line-height: 1.2; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
.big a { color: inherit; text-decoration-color: var(--mark); text-decoration-thickness: 1px; }
.cards p { margin: 0; line-height: 1.35; max-width: none; }
.now { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 0.6rem; margin: 0.6rem 0 0.1rem !important; }
.verdict { font-size: 0.875rem; font-weight: 600; color: var(--quiet); white-space: nowrap; }
.better { color: var(--better); }
.worse { color: var(--worse); }
.on, .note, .key, .warning { font-size: 0.8125rem; color: var(--quiet); }
.warning { color: var(--ink); font-weight: 600; }
.key { display: flex; flex-wrap: wrap; gap: 0.15rem 1.1rem; max-width: none; margin: 0; padding: 0; list-style: none; line-height: 1.4; }
.key li, .key > span { display: inline-flex; align-items: center; gap: 0.4rem; }
.key i { flex: none; font-style: normal; color: var(--mark); }
.key .line { width: 1.3rem; height: 2px; background: var(--accent); }
.key .dash { width: 1.3rem; border-top: 1.5px dashed var(--ink); }
.key .shade { width: 1.1rem; height: 0.75rem; background: color-mix(in srgb, var(--accent) 16%, var(--panel)); }
.key .bands { width: 1.1rem; height: 0.75rem; background: var(--band); border: 1px solid var(--rule); }
.swatch { width: 0.8rem; height: 0.8rem; border-radius: 2px; }
.swatch.contained { background: var(--contained); }
.swatch.escaped { background: var(--escaped); }
.chart { position: relative; margin-top: auto; padding-top: 0.6rem; }
.chart svg { display: block; width: 100%; height: auto; overflow: visible; }
.empty { position: absolute; inset: 28% 0 auto 14%; text-align: center; color: var(--quiet); font-size: 0.875rem; }
.points { position: absolute; top: 0.6rem; bottom: 0; display: flex; }
.points > * { flex: 1; position: relative; }
.points > *:hover { background: color-mix(in srgb, var(--accent) 9%, transparent); }
.points > *:hover::after { content: attr(data-text); position: absolute; z-index: 1; bottom: calc(100% - 0.4rem); left: 0; width: max-content; max-width: 15rem; background: var(--ink); color: var(--ground); font-size: 0.8125rem; line-height: 1.35; border-radius: 6px; padding: 0.3rem 0.55rem; pointer-events: none; }
.points > .from-right:hover::after { left: auto; right: 0; }
.saved-parts { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 30rem); gap: 1rem 2rem; align-items: center; }
.saved-parts .chart { width: 100%; max-width: 34rem; margin: 0; padding-top: 0; }
.saved-parts .points { top: 0; }
.saved .big { margin: 0; }
.saved b { font-weight: 650; }
.word { white-space: nowrap; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; table-layout: fixed; }
caption { text-align: left; color: var(--quiet); padding: 0 0 0.5rem; font-size: 0.9375rem; }
th, td { padding: 0.5rem 0 0.5rem 1rem; text-align: right; vertical-align: top; border-bottom: 1px solid var(--rule); line-height: 1.35; overflow-wrap: anywhere; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
thead th { font-size: 0.875rem; font-weight: 600; vertical-align: bottom; border-bottom-color: var(--mark); }
thead a { color: inherit; }
thead th:first-child { width: 20%; }
.weeks thead th:first-child { width: 14%; }
tbody th { font-weight: 600; }
tbody th small { display: block; font-weight: 400; }
td .value { white-space: nowrap; }
td small { display: block; }
td .verdict { font-size: 0.8125rem; }
td .value a { color: inherit; text-decoration-color: var(--mark); }
tr.running td, tr.running th { color: var(--quiet); }
tr.all th, tr.all td { border-top: 1px solid var(--mark); }
.pager { gap: 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.35rem 1.25rem; margin: 0; font-size: 0.9375rem; max-width: 64rem; }
dt { font-weight: 600; }
dd { margin: 0; color: var(--quiet); }
pre { background: var(--panel); border: 1px solid var(--rule); border-radius: 8px; padding: 0.9rem 1rem; overflow-x: auto; font: 0.875rem/1.55 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
code { font: 0.9em ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
pre code { font: inherit; }
footer { margin-top: 3rem; border-top: 1px solid var(--rule); padding-top: 0.9rem; font-size: 0.875rem; color: var(--quiet); }
footer p { max-width: none; }
@media screen and (max-width: 72rem) {
  .cards { grid-template-columns: repeat(2, minmax(0, 1fr)); }
}
@media screen and (max-width: 56rem) {
  body { padding-top: 1.5rem; }
  h1 { font-size: 1.6rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: 0.6rem; }
  .saved-parts { grid-template-columns: 1fr; }
  table, caption, tbody, tr { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody tr { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: 0.6rem 1rem; padding: 0.8rem 0; border-bottom: 1px solid var(--rule); }
  tbody th, tbody th:first-child { grid-column: 1 / -1; padding: 0; border: 0; }
  tbody td, tbody td:first-child, tr.all th, tr.all td { padding: 0; border: 0; text-align: left; }
  .services td.none { display: none; }
  tbody td[data-title]::before { content: attr(data-title); display: block; font-size: 0.8125rem; color: var(--quiet); }
}
@media screen and (max-width: 40rem) {
  .cards { grid-template-columns: minmax(0, 1fr); }
}
@media print {
  @page { size: A4; margin: 12mm; }
  :root {
    --ground: #fff; --panel: #fff; --ink: #000; --quiet: #444; --rule: #ccc; --accent: #8a3d05; --band: #f3f1ea; --band2: #fff;
    --mark: #666; --better: #0b5a40; --worse: #98170f; --contained: #3f8f7b; --escaped: #b93420; font-size: 10px;
  }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { max-width: none; padding: 0; }
  nav, form, .points, .pager { display: none !important; }
  h2 { margin: 1.4rem 0 0.5rem; }
  .cards { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0.7rem; }
  .cards li { padding: 0.7rem 0.9rem 0.3rem; }
  .saved-parts { grid-template-columns: 1fr 1fr; }
  thead { display: table-header-group; }
  td, tbody th, thead th { padding-top: 0.25rem; padding-bottom: 0.25rem; }
  tr, .cards li, .saved-parts, dl, .look-at { break-inside: avoid; }
  h2, caption { break-after: avoid; }
  a { color: inherit; text-decoration: none; }
}
`;

/** The additional style of the pages of receipts and of stories. */
export const receiptStyle = `
.receipt-value { font-size: 2.25rem; font-weight: 650; line-height: 1.2; letter-spacing: -0.02em; margin: 1.5rem 0 0; font-variant-numeric: tabular-nums; }
.receipt { table-layout: fixed; }
.receipt th, .receipt td { text-align: left; overflow-wrap: anywhere; padding-left: 1.25rem; }
.receipt th:first-child, .receipt td:first-child { padding-left: 0; }
.receipt .when { width: 11.5rem; }
.receipt .service { width: 22%; }
.receipt .value { width: 9rem; text-align: right; }
.receipt td.number { text-align: right; white-space: nowrap; }
.receipt td small { display: block; white-space: normal; }
.receipt summary, .story summary { cursor: pointer; color: var(--quiet); font-size: 0.875rem; }
.receipt summary:focus-visible, .story summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.events { list-style: none; margin: 0.35rem 0 0; padding: 0; font-size: 0.8125rem; }
.events li { padding: 0.15rem 0; overflow-wrap: anywhere; }
.events code { white-space: pre-wrap; }
.more { margin: 1rem 0 0; }
.story { border-left: 2px solid var(--rule); padding: 0 0 0.25rem 1.1rem; margin: 1.25rem 0 0; }
.story h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
.story ul { margin: 0.35rem 0; padding-left: 1.1rem; }
@media (max-width: 34rem) {
  .receipt td { grid-column: 1 / -1; padding-left: 0; }
  .receipt td.number { text-align: left; }
}
`;
