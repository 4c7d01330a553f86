import type { ClassificationReport } from '../assessment/classification-report-schema.js';
import { percent } from '../assessment/wording.js';
import { studentOf } from './arms.js';
import { html, type Markup } from './html.js';
import {
  formatBytes,
  formatCount,
  formatDollars,
  formatMilliseconds,
  formatRate,
  formatTimes,
} from './quantities.js';

const secondsOf = (seconds: number): string => formatMilliseconds(1000 * seconds);

/** What the student saves, and what it took to get there, in sentences; none without a teacher. */
export function economySentences(report: ClassificationReport): string[] {
  if (!report.economy) return [];
  const { teacher, timesFaster, timesLessComputing, timesSmaller } = report.economy;
  const { costs: student } = studentOf(report);
  const { costs, asked, bill } = teacher;
  const { trainingSeconds } = student;
  const calls =
    bill &&
    `${formatCount(bill.calls)} calls, ${formatCount(bill.inputTokens)} tokens in and ${formatCount(bill.outputTokens)} out`;
  return [
    timesFaster !== undefined &&
      `The student answers ${formatRate(student.examplesPerSecond!)} examples a second on one thread, the teacher answered ${formatRate(costs.examplesPerSecond!)}: ${formatTimes(timesFaster)} as many.`,
    timesLessComputing !== undefined &&
      `For 1,000 examples the student takes ${secondsOf(student.cpuSecondsPerThousand!)} of processor time and the teacher ${secondsOf(costs.cpuSecondsPerThousand!)}, ${formatTimes(timesLessComputing)} as much.`,
    costs.dollarsPerThousand !== undefined &&
      `For 1,000 examples the teacher costs ${formatDollars(costs.dollarsPerThousand)}; the student needs no calls${
        student.cpuSecondsPerThousand === undefined
          ? ''
          : `, and ${secondsOf(student.cpuSecondsPerThousand)} of processor time`
      }.`,
    timesSmaller !== undefined &&
      `The student weighs ${formatBytes(student.bytes!)}, the teacher ${formatBytes(costs.bytes!)}, ${formatTimes(timesSmaller)} as much.`,
    bill &&
      `The teacher's answers for this run came to ${calls}${bill.dollars === undefined ? ', at a price that is not known' : `: ${formatDollars(bill.dollars)}`}.`,
    asked.examples > 0 &&
      `Asking it about ${formatCount(asked.examples)} examples, in all runs of the folder, took ${secondsOf(asked.seconds)}.`,
    trainingSeconds !== undefined && `Teaching the student took ${secondsOf(trainingSeconds)}.`,
  ].filter((sentence) => typeof sentence === 'string');
}

export function economySection(report: ClassificationReport): Markup | undefined {
  const sentences = economySentences(report);
  if (!report.economy || sentences.length === 0) return undefined;
  return html`<section aria-labelledby="economy"><h2 id="economy">Cost against the teacher</h2>
<p class="note">Teacher: ${report.economy.teacher.title}.</p>
<ul>${sentences.map((sentence) => html`<li>${sentence}</li>`)}</ul>
<p class="note">Times of interrupted runs are added up. A teacher is timed as it was asked, on all the threads that it had.</p>
</section>`;
}

/** How the student was chosen among presets. */
export function choiceSection({ choice }: ClassificationReport): Markup | undefined {
  if (!choice) return undefined;
  return html`<section aria-labelledby="choice"><h2 id="choice">Why this student</h2>
<p>${choice.reason}.</p>
<div class="scroll" role="region" aria-label="Presets that were tried" tabindex="0"><table>
<thead><tr><th scope="col">Preset</th><th scope="col" class="number">Validation accuracy</th><th scope="col" class="number">Size</th><th scope="col" class="number">Latency</th><th scope="col" class="number">Tried in</th></tr></thead>
<tbody>${choice.trials.map(
    ({ preset, accuracy, bytes, milliseconds, seconds, finished }) =>
      html`<tr><th scope="row">${preset}</th><td class="number">${percent(accuracy)}</td><td class="number">${formatBytes(bytes)}</td><td class="number">${formatMilliseconds(milliseconds)}</td><td class="number">${secondsOf(seconds)}${!finished && ', stopped early'}</td></tr>`,
  )}${choice.untried.map((preset) => html`<tr><th scope="row">${preset}</th><td colspan="4">no time was left</td></tr>`)}</tbody></table></div>
</section>`;
}
