import type { ArmReport, ClassificationReport } from '../assessment/classification-report-schema.js';
import { decimal, percent } from '../assessment/wording.js';
import { armNames, studentOf } from './arms.js';
import { breakable, html, type Markup } from './html.js';
import { classStrip, confusionPlot, reliabilityPlot } from './plots.js';
import { formatCount } from './quantities.js';

const worstClasses = 10;

export function confusionSection(report: ClassificationReport): Markup {
  const { labels, confusion } = report;
  const supports = studentOf(report).classes.map(({ support }) => support);
  return html`<section aria-labelledby="confusion"><h2 id="confusion">What the student confuses</h2>
${confusion.counts && html`<div class="scroll" role="region" aria-label="Confusion matrix" tabindex="0"><figure>${confusionPlot(report)}<figcaption>True classes in rows, the student’s answers in columns.</figcaption></figure></div>`}
${confusion.pairs.length === 0 && html`<p>It makes no mistake on the test examples.</p>`}
${
  confusion.pairs.length > 0 &&
  html`<div class="scroll" role="region" aria-label="Most confused pairs" tabindex="0"><table>
<caption>Pairs confused most often</caption>
<thead><tr><th scope="col">True class</th><th scope="col">Taken for</th><th scope="col" class="number">Times</th><th scope="col" class="number">Of its examples</th></tr></thead>
<tbody>${confusion.pairs.map(
    ({ actual, predicted, count }) =>
      html`<tr><td>${breakable(labels[actual]!)}</td><td>${breakable(labels[predicted]!)}</td><td class="number">${count}</td><td class="number">${percent(count / supports[actual]!, 0)}</td></tr>`,
  )}</tbody></table></div>`
}
${classesTable(report)}
</section>`;
}

function classesTable(report: ClassificationReport): Markup {
  const sorted = studentOf(report)
    .classes.map((scores, label) => ({ ...scores, name: report.labels[label]! }))
    .filter(({ support }) => support > 0)
    .sort((a, b) => a.f1 - b.f1);
  const rows = (some: typeof sorted) =>
    some.map(
      ({ name, f1, precision, recall, support }) =>
        html`<tr><th scope="row">${breakable(name)}</th><td class="number">${percent(f1, 0)}</td><td class="number">${percent(precision, 0)}</td><td class="number">${percent(recall, 0)}</td><td class="number">${formatCount(support)}</td></tr>`,
    );
  const table = (caption: string, some: typeof sorted) =>
    html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table class="names"><caption>${caption}</caption>
<thead><tr><th scope="col">Class</th><th scope="col" class="number">F1</th><th scope="col" class="number">Precision</th><th scope="col" class="number">Recall</th><th scope="col" class="number">Examples</th></tr></thead>
<tbody>${rows(some)}</tbody></table></div>`;
  const rest = sorted.slice(worstClasses);
  return html`<figure><h3>F1 of each class, %</h3>${classStrip(report)}</figure>
${table('The classes it finds hardest', sorted.slice(0, worstClasses))}
${rest.length > 0 && html`<details><summary>The other ${rest.length} classes</summary>${table('The other classes', rest)}</details>`}`;
}

export function calibrationSection({ arms }: ClassificationReport): Markup | undefined {
  const soft = arms.filter((arm) => arm.soft !== undefined);
  if (soft.length === 0) return undefined;
  return html`<section aria-labelledby="calibration"><h2 id="calibration">Calibration</h2>
<p>Of the answers given with 80 % confidence, 80 % should be right. Dots below the dotted line are overconfident; larger dots stand for more examples.</p>
<div class="plots narrow">${soft.map(
    (arm) => html`<figure><h3 class="arm ${arm.id}">${armNames[arm.id]}</h3>${reliabilityPlot(arm)}</figure>`,
  )}</div>
<div class="scroll" role="region" aria-label="Calibration table" tabindex="0"><table>
<thead><tr><td></td>${soft.map(({ id }) => html`<th scope="col" class="number head"><span class="arm ${id}">${armNames[id]}</span></th>`)}</tr></thead>
<tbody>${calibrationFacts.map(
    ([name, value]) =>
      html`<tr><th scope="row">${name}</th>${soft.map((arm) => html`<td class="number">${value(arm.soft!)}</td>`)}</tr>`,
  )}</tbody></table></div>
<p class="note">ECE is the expected calibration error, with 15 bins of equal width unless stated otherwise. The temperature that logits are
divided by is fitted on validation data. The log loss is in nats.</p>
</section>`;
}

type Soft = NonNullable<ArmReport['soft']>;

const calibrationFacts: readonly (readonly [string, (soft: Soft) => string])[] = [
  ['ECE', ({ calibration }) => percent(calibration.error)],
  ['ECE, bins of equal mass', ({ calibration }) => percent(calibration.errorEqualMass)],
  ['Temperature', ({ calibration: { scaled } }) => (scaled ? decimal(scaled.temperature, 2) : '–')],
  ['ECE with temperature', ({ calibration: { scaled } }) => (scaled ? percent(scaled.error) : '–')],
  ['Log loss', ({ logLoss }) => decimal(logLoss, 3)],
  ['Brier score', ({ brier }) => decimal(brier, 3)],
  ['Top-3 accuracy', ({ top3 }) => percent(top3)],
];

export function agreementSection({ agreement }: ClassificationReport): Markup | undefined {
  if (!agreement) return undefined;
  const { whereTeacherRight, whereTeacherWrong, teacherRight, teacherWrong } = agreement;
  return html`<section aria-labelledby="agreement"><h2 id="agreement">Agreement with the teacher</h2>
<p>The student gives the teacher’s answer on ${percent(agreement.top1)} of the test examples${
    whereTeacherRight !== null &&
    `: on ${percent(whereTeacherRight)} of the ${formatCount(teacherRight)} that the teacher gets right`
  }${
    whereTeacherWrong !== null &&
    `, and on ${percent(whereTeacherWrong)} of the ${formatCount(teacherWrong)} that it gets wrong`
  }.</p>
<dl class="facts"><dt>Cohen’s kappa</dt><dd>${decimal(agreement.kappa, 3)}</dd><dt>Mean KL(teacher ‖ student)</dt><dd>${decimal(agreement.kl, 3)} nats</dd></dl>
</section>`;
}

export function disagreementSection(report: ClassificationReport): Markup | undefined {
  const { labels, disagreements } = report;
  if (disagreements.shown.length === 0) return undefined;
  const answer = (label: number, actual: number, confidence: number | undefined) =>
    html`<dd><span class="${label === actual ? 'right' : 'answer'}">${breakable(labels[label]!)}</span>${confidence !== undefined && ` ${percent(confidence, 0)}`}</dd>`;
  return html`<section aria-labelledby="differences"><h2 id="differences">Where student and teacher differ most</h2>
<p>They answer ${formatCount(disagreements.total)} of ${formatCount(report.sizes.test)} test examples differently. These are the ${disagreements.shown.length} on which their probabilities lie furthest apart; a tick marks the right answer.</p>
<ol class="examples">${disagreements.shown.map(
    (shown) => html`<li><blockquote dir="auto">${shown.text || shown.id}</blockquote>
<dl>${shown.student !== shown.actual && shown.teacher !== shown.actual && html`<dt>True class</dt><dd>${breakable(labels[shown.actual]!)}</dd>`}<dt>Student</dt>${answer(shown.student, shown.actual, shown.studentConfidence)}<dt>Teacher</dt>${answer(shown.teacher, shown.actual, shown.teacherConfidence)}</dl></li>`,
  )}</ol>
</section>`;
}
