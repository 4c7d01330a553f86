import { armIds, type ClassificationReport } from '../assessment/classification-report-schema.js';
import type { ReportContext } from '../assessment/report-context.js';
import { decimal, percent } from '../assessment/wording.js';
import { type AnyArmId, armNames } from './arms.js';
import { comparison } from './comparison.js';
import { html, type Markup } from './html.js';
import { accuracyPlot, differencePlot, learningPlot } from './plots.js';
import { formatCount } from './quantities.js';

/** Title, verdict and how to take it. */
export function heading(report: ClassificationReport): Markup {
  const { verdict, differences } = report;
  const tone =
    verdict.distillation === 'helped' || verdict.distillation === 'hurt' ? verdict.distillation : 'open';
  const teacher = differences.find(({ against }) => against === 'teacher');
  return html`<header>
<p class="eyebrow">Report on a taught classifier</p>
<h1>${report.title}</h1>
<p class="verdict ${tone}">${verdict.sentence}</p>
${teacher && html`<p>${teacher.sentence}</p>`}
</header>`;
}

export function summarySection(report: ClassificationReport): Markup {
  const { sizes, labels } = report;
  const taught = `${formatCount(sizes.test)} test examples of ${labels.length} classes. Taught on ${formatCount(sizes.train)} examples, watched on ${formatCount(sizes.validation)}.`;
  return html`<section aria-labelledby="summary"><h2 id="summary">Summary</h2>
<p class="note">${taught}</p>
${comparison(report)}
<p class="note">Ranges are 95 % intervals over the test examples, in points. They say how far chance in the choice of these examples may
have moved the figure, for the models as they were trained: another training seed moves it too.</p>
</section>`;
}

export function intervalsSection(report: ClassificationReport): Markup {
  const { differences } = report;
  return html`<section aria-labelledby="intervals"><h2 id="intervals">Confidence intervals</h2>
<div class="plots">
<figure><h3>Accuracy, %</h3>${accuracyPlot(report)}</figure>
${differences.length > 0 && html`<figure><h3>Lead of the student, points</h3>${differencePlot(report)}</figure>`}
</div>
${differences.map(
  ({ against, studentOnly, otherOnly, p, shareNotGreater }) =>
    html`<p class="note">${against === 'alone' ? 'Taught or alone' : 'Student or teacher'}: of the ${formatCount(studentOnly + otherOnly)} test examples that only one of the two gets right, ${formatCount(studentOnly)} go to the ${against === 'alone' ? 'taught student' : 'student'} (McNemar’s exact test, ${pValue(p)}). In ${percent(shareNotGreater)} of the bootstrap resamples it is not ahead.</p>`,
)}
</section>`;
}

export function learningSection({ curves }: Pick<ReportContext, 'curves'>): Markup | undefined {
  const order: readonly string[] = armIds;
  const drawn = curves
    .filter(({ points }) => points.length > 1)
    .toSorted((a, b) => order.indexOf(a.arm) - order.indexOf(b.arm));
  const metrics = [...new Set(drawn.map(({ metric }) => metric))];
  if (metrics.length === 0) return undefined;
  return html`<section aria-labelledby="learning"><h2 id="learning">Learning curves</h2>
${legend([...new Set(drawn.map(({ arm }) => arm))])}
<div class="plots">${metrics.map(
    (metric) =>
      html`<figure><h3>${metric.includes('accuracy') ? `${capital(metric)}, %` : capital(metric)}</h3>${learningPlot(
        metric,
        drawn.filter((curve) => curve.metric === metric),
      )}</figure>`,
  )}</div>
${new Set(drawn.map(({ arm }) => arm)).size > 1 && html`<p class="note">The losses of arms with different objectives are not on one scale.</p>`}
</section>`;
}

function pValue(p: number): string {
  return p < 0.0001 ? 'p < 0.0001' : `p = ${decimal(p, p < 0.01 ? 4 : 2)}`;
}

function legend(arms: readonly string[]): Markup {
  return html`<ul class="legend">${arms.map(
    (arm) => html`<li class="arm ${arm}">${arm in armNames ? armNames[arm as AnyArmId] : arm}</li>`,
  )}</ul>`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
