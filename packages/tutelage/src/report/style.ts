/** The whole look of the report. Colours keep a contrast of 4.5 to 1 for text and 3 to 1 for marks, on light and on dark. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #fdfdfb; --ink: #1d2126; --quiet: #5c646e; --line: #e3e3de; --tint: #f4f4ef;
  --student: #0f766e; --alone: #b45309; --teacher: #4f46a5; --warn: #9a3412;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171a; --ink: #e6e8ea; --quiet: #9aa4af; --line: #2b3036; --tint: #1b1f23;
    --student: #4fc3b5; --alone: #eb9f57; --teacher: #a9a3f2; --warn: #f4a27c;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 3rem 1.125rem 4rem; max-width: 47rem;
  background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: break-word; -webkit-text-size-adjust: 100%;
}
h1 { font-size: 1.75rem; line-height: 1.2; font-weight: 650; letter-spacing: -0.015em; margin: 0 0 0.75rem; text-wrap: balance; }
h2 { font-size: 1.1875rem; line-height: 1.3; font-weight: 650; margin: 3.25rem 0 0.5rem; }
h3 { font-size: 0.9375rem; font-weight: 600; margin: 1.5rem 0 0.25rem; }
p { margin: 0.5rem 0; max-width: 42rem; }
.eyebrow { color: var(--quiet); font-size: 0.875rem; margin: 0 0 0.25rem; }
.verdict { font-size: 1.1875rem; line-height: 1.45; padding-left: 0.875rem; border-left: 3px solid var(--verdict); margin: 1rem 0; }
.helped { --verdict: var(--student); } .hurt { --verdict: var(--warn); } .open { --verdict: var(--quiet); }
.note, figcaption { color: var(--quiet); font-size: 0.875rem; line-height: 1.45; }
.scroll { overflow-x: auto; margin: 1rem 0; }
.scroll:focus-visible, summary:focus-visible { outline: 2px solid var(--student); outline-offset: 3px; }
table { border-collapse: collapse; width: 100%; font-size: 0.9375rem; line-height: 1.4; }
caption { text-align: left; color: var(--quiet); font-size: 0.875rem; padding-bottom: 0.375rem; }
th, td { text-align: left; padding: 0.4375rem 1.125rem 0.4375rem 0; vertical-align: baseline; border-bottom: 1px solid var(--line); }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--quiet); font-weight: 500; font-size: 0.875rem; white-space: nowrap; vertical-align: bottom; }
tbody th { font-weight: 500; }
.number { text-align: right; white-space: nowrap; }
.head { color: var(--ink); font-weight: 600; font-size: 0.9375rem; } .head .range { font-weight: 400; white-space: normal; }
.range { display: block; color: var(--quiet); font-size: 0.8125rem; }
.arm { white-space: nowrap; }
.arm::before { content: ""; display: inline-block; vertical-align: 0; width: 0.625rem; height: 0.625rem; margin-right: 0.5rem; background: var(--arm); }
.arm.teacher { --arm: var(--teacher); } .arm.teacher::before { transform: rotate(45deg) scale(0.85); }
.arm.student { --arm: var(--student); } .arm.student::before { border-radius: 50%; }
.arm.alone, .arm.baseline { --arm: var(--alone); }
.legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; font-size: 0.875rem; margin: 0.75rem 0 0; padding: 0; list-style: none; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1.25rem 1.75rem; margin: 1rem 0; }
.plots.narrow { grid-template-columns: repeat(auto-fit, minmax(min(100%, 13rem), 1fr)); }
figure { margin: 0; min-width: 0; }
figure h3 { margin: 0 0 0.25rem; }
svg.plot { --plot-background: var(--page); display: block; max-width: 100%; height: auto; overflow: visible; font-family: inherit; }
svg.plot text { white-space: pre; }
.scroll svg.plot { max-width: none; }
.examples { list-style: none; padding: 0; margin: 1rem 0; }
.examples > li { padding: 0.875rem 0; border-top: 1px solid var(--line); break-inside: avoid; }
.examples blockquote { margin: 0 0 0.375rem; white-space: pre-line; }
.examples dl, .facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.125rem 1rem; margin: 0; font-size: 0.875rem; }
dt { color: var(--quiet); } dd { margin: 0; }
.right { font-weight: 600; } .right::after { content: " \\2713"; color: var(--student); }
code, pre { font: 0.8125rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
.value { font: 0.8125rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
pre { background: var(--tint); padding: 0.75rem 0.875rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; margin: 0.75rem 0; }
.warnings { padding-left: 1.125rem; } .warnings li { margin: 0.25rem 0; }
details { margin: 1rem 0; } summary { cursor: pointer; color: var(--quiet); font-size: 0.9375rem; }
footer { margin-top: 3.5rem; padding-top: 0.875rem; border-top: 1px solid var(--line); }
@media (max-width: 30rem) {
  body { padding-top: 1.75rem; } h1 { font-size: 1.4375rem; } h2 { margin-top: 2.5rem; }
  table { font-size: 0.875rem; } thead th, .range { font-size: 0.75rem; } .head { font-size: 0.8125rem; }
  th, td { padding-right: 0.625rem; } tbody th { min-width: 4.5rem; } .names th[scope="row"] { min-width: 7rem; }
  .head, .head .arm.alone { white-space: normal; } .arm::before { width: 0.5rem; height: 0.5rem; margin-right: 0.3125rem; }
}
@media print {
  :root { color-scheme: light; --page: #fff; --ink: #000; --quiet: #444; --line: #ccc; --tint: #f4f4f4;
    --student: #0f766e; --alone: #b45309; --teacher: #4f46a5; --warn: #9a3412; }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  h2, h3 { break-after: avoid; } figure, tr { break-inside: avoid; } .scroll { overflow: visible; }
  .scroll svg.plot { max-width: 100%; }
}`;
