import type {
  LanguageReport,
  MeasuredReport,
  RetrievalReport,
} from '../assessment/measured-report-schema.js';
import { decimal, percent } from '../assessment/wording.js';
import { armNames } from './arms.js';
import { comparison } from './comparison.js';
import { html, type Markup } from './html.js';
import { dataSection, reproduceSection } from './origin-sections.js';
import { measurePlot } from './plots.js';
import { formatBytes, formatCount } from './quantities.js';
import { learningSection } from './summary-sections.js';

/** The report on a retriever or a language model. */
export function measuredSections(report: MeasuredReport): readonly (Markup | undefined)[] {
  return [
    heading(report),
    summarySection(report),
    ...(report.kind === 'retrieval' ? [intervalsSection(report)] : []),
    learningSection(report),
    ...(report.kind === 'retrieval'
      ? [hardestQueriesSection(report)]
      : [samplesSection(report), hardestTextSection(report)]),
    dataSection(report),
    reproduceSection(report),
  ];
}

const tones = { better: 'helped', worse: 'hurt', open: 'open' } as const;

function heading({ kind, title, verdict }: MeasuredReport): Markup {
  const what = kind === 'retrieval' ? 'retriever' : 'language model';
  return html`<header>
<p class="eyebrow">Report on a taught ${what}</p>
<h1>${title}</h1>
<p class="verdict ${tones[verdict.tone]}">${verdict.sentence}</p>
</header>`;
}

/** On how much the figures rest. */
export function measuredOn(report: MeasuredReport): string {
  const { sizes } = report;
  if (report.kind === 'retrieval') {
    return `${formatCount(sizes.test)} test queries, each against all of ${formatCount(report.documents)} documents; 95 % intervals over the queries`;
  }
  return `${formatBytes(sizes.test)} of test text; 95 % intervals over its stretches`;
}

function summarySection(report: MeasuredReport): Markup {
  const { sizes } = report;
  const isRetrieval = report.kind === 'retrieval';
  const amount = (size: number) => (isRetrieval ? `${formatCount(size)} queries` : formatBytes(size));
  const measures = isRetrieval
    ? 'nDCG weighs the documents found by rank and grade, MRR is the reciprocal rank of the first relevant one, and recall the share of the relevant ones that are found, all among the first so many. Latency and throughput are those of embedding queries on one thread.'
    : 'Bits per byte do not depend on the tokens that a model has; perplexity does. Latency and throughput are those of one new token after half a window of text, on one thread.';
  return html`<section aria-labelledby="summary"><h2 id="summary">Summary</h2>
<p class="note">${measuredOn(report)}. Taught on ${amount(sizes.train)}, watched on ${amount(sizes.validation)}.</p>
${comparison(report)}
<p class="note">${measures} The intervals say how far chance in the choice of the test data may have moved a figure, for the model as it
was trained: another training seed moves it too.</p>
</section>`;
}

function intervalsSection({ arms, lead }: RetrievalReport): Markup {
  const names = arms[0]!.measures.map(({ name }) => name);
  return html`<section aria-labelledby="intervals"><h2 id="intervals">Confidence intervals</h2>
<div class="plots">${names.map(
    (name, i) =>
      html`<figure><h3>${name}</h3>${measurePlot(
        name,
        arms.map(({ id, measures }) => ({ ...measures[i]!, id, name: armNames[id] })),
      )}</figure>`,
  )}</div>
${lead && html`<p class="note">In ${percent(lead.shareNotGreater)} of the bootstrap resamples of the queries the retriever is not ahead in ${names[0]!}.</p>`}
</section>`;
}

function hardestQueriesSection({ hardest, arms }: RetrievalReport): Markup | undefined {
  if (hardest.length === 0) return undefined;
  const { name } = arms[0]!.measures[0]!;
  return html`<section aria-labelledby="hardest"><h2 id="hardest">The queries that it answers worst</h2>
<ol class="examples">${hardest.map(
    ({ query, score, wanted, rank, first }) => html`<li><blockquote dir="auto">${query}</blockquote>
<dl><dt>${name}</dt><dd>${decimal(score, 3)}</dd><dt>Relevant</dt><dd dir="auto">${wanted.text} (${rank === undefined ? 'not found' : `rank ${rank}`})</dd>${
      first !== undefined &&
      first.id !== wanted.id &&
      html`<dt>Ranked first</dt><dd dir="auto">${first.text}</dd>`
    }</dl></li>`,
  )}</ol>
</section>`;
}

function samplesSection({ samples }: LanguageReport): Markup {
  return html`<section aria-labelledby="samples"><h2 id="samples">What it writes</h2>
<p>Drawn at temperature 0.8: the first from nothing, the others after the beginnings shown in bold, which are from the test text.</p>
<ol class="examples">${samples.map(
    ({ prompt, text }) =>
      html`<li><blockquote dir="auto"><strong>${prompt}</strong>${text}</blockquote></li>`,
  )}</ol>
</section>`;
}

function hardestTextSection({ hardest }: LanguageReport): Markup | undefined {
  if (hardest.length === 0) return undefined;
  return html`<section aria-labelledby="hardest"><h2 id="hardest">The text that surprises it most</h2>
<ol class="examples">${hardest.map(
    ({ text, bitsPerByte }) =>
      html`<li><blockquote dir="auto">${text}</blockquote><dl><dt>Bits per byte</dt><dd>${decimal(bitsPerByte, 2)}</dd></dl></li>`,
  )}</ol>
</section>`;
}
