import type { ReportContext } from '../assessment/report-context.js';
import { html, type Markup } from './html.js';
import { formatCount } from './quantities.js';

export function dataSection({ warnings, rejected }: ReportContext): Markup {
  return html`<section aria-labelledby="data"><h2 id="data">Data warnings and rejected rows</h2>
${warnings.length === 0 && html`<p>The checks of the data found nothing to warn of.</p>`}
${warnings.length > 0 && html`<ul class="warnings">${warnings.map((warning) => html`<li>${warning}</li>`)}</ul>`}
${rejected.total === 0 && html`<p>No row was rejected.</p>`}
${
  rejected.total > 0 &&
  html`<p>Rejected rows: ${formatCount(rejected.total)}${rejected.path !== undefined && html`, all listed in <code>${rejected.path}</code>`}.</p>
<div class="scroll" role="region" aria-label="Reasons for rejection" tabindex="0"><table><caption>Why rows were rejected</caption>
<thead><tr><th scope="col">Reason</th><th scope="col" class="number">Rows</th></tr></thead>
<tbody>${rejected.reasons.map(({ reason, count }) => html`<tr><td>${reason}</td><td class="number">${formatCount(count)}</td></tr>`)}</tbody></table></div>`
}
</section>`;
}

export function reproduceSection({ reproduce }: ReportContext): Markup {
  const { command, seed, versions, hashes } = reproduce;
  const fact = ([name, value]: readonly [string, string]) =>
    html`<dt>${name}</dt><dd class="value">${value}</dd>`;
  return html`<section aria-labelledby="reproduce"><h2 id="reproduce">How to reproduce</h2>
<pre><code>${command}</code></pre>
<dl class="facts">${fact(['Seed', String(seed)])}${Object.entries(versions).map(fact)}${Object.entries(hashes).map(([name, hash]) => fact([`SHA-256 of ${name}`, hash]))}</dl>
</section>`;
}
