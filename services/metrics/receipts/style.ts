/** What the pages of receipts and stories need beyond the look of all pages. */
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
