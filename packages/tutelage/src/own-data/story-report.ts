import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decimal, percent } from '../assessment/wording.js';
import { explained } from '../runs/file-errors.js';
import type { Stories } from './baton.js';
import type { ExaminedText, StoryAnalysis } from './story-analysis.js';

function write(folder: string, name: string, content: string): void {
  const path = join(folder, name);
  explained('write the result', path, () => writeFileSync(path, content));
}

const caution =
  'Who wrote a text can not be proved this way: these are probabilities, and pieces of unseen documents are often mistaken.';

function reliability({ heldOut, authors }: StoryAnalysis): string {
  return `Of held-out pieces ${percent(heldOut.accuracy)} were given to the right one of ${authors.length} authors, at a mean confidence of ${percent(heldOut.confidence)}.`;
}

function verdict({ name, pieces, mixed, authors, rates }: ExaminedText): string {
  if (pieces.length === 0) return `${name}: too short, no verdict`;
  const who = [...new Set(pieces.map(({ author }) => author ?? 'none of these'))].join(', ');
  if (mixed === undefined || !authors || !rates) return `${name}: one piece, ${who}`;
  return `${name}: several authors with ${decimal(mixed, 2)}, likeliest ${authors.likeliest} (${authors.low} to ${authors.high}); pieces by ${who}; of stories like it ${percent(rates.falseAlarms)} of one author are taken for mixed, ${percent(rates.misses)} of mixed ones are missed`;
}

/** What the user sees of an analysis at once. */
export function analysisLines(analysis: StoryAnalysis): string[] {
  return [...analysis.texts.map(verdict), reliability(analysis), caution];
}

/** Writes `report.json` and `report.md`. */
export function writeAnalysis(folder: string, analysis: StoryAnalysis): void {
  write(folder, 'report.json', `${JSON.stringify(analysis, undefined, 2)}\n`);
  const { authors } = analysis;
  const sections = analysis.texts.map((text) =>
    [
      `## ${text.name}`,
      `${verdict(text)}.`,
      [
        `| piece | author | ${authors.join(' | ')} | change | alike | telling | begins |`,
        `|---|---|${authors.map(() => '---|').join('')}---|---|---|---|`,
        ...text.pieces.map(({ author, probabilities, change, alike, telling, begins }, i) =>
          [
            '',
            i + 1,
            author ?? 'none of these',
            ...authors.map((name) => decimal(probabilities[name]!, 2)),
            change === undefined ? '' : decimal(change, 2),
            alike === undefined ? '' : decimal(alike, 2),
            telling.map((some) => `\`${some.replaceAll(/[|`]/g, ' ')}\``).join(' '),
            begins.replaceAll('|', ' '),
            '',
          ]
            .join(' | ')
            .trim(),
        ),
      ].join('\n'),
    ].join('\n\n'),
  );
  const whole = ['# Who wrote what', caution, reliability(analysis), ...sections].join('\n\n');
  write(folder, 'report.md', `${whole}\n`);
}

/** What the user sees of stories at once. */
export function storyLines({ stories, dropped, calls }: Stories, dollars: number | undefined): string[] {
  const cost = dollars === undefined ? 'price unknown' : `$${dollars.toFixed(4)}`;
  const retries = stories.flatMap(({ parts }) => parts).reduce((sum, part) => sum + part.retries, 0);
  return [
    `${stories.length} stories, ${calls} calls, ${retries} of them again, ${cost}`,
    ...Array.from(dropped, ([why, count]) => `dropped: ${count} x ${why}`),
  ];
}

/** Writes `stories.jsonl`: prompt, order, parts with their authors, and the whole text. */
export function writeStories(folder: string, { stories }: Stories): void {
  write(folder, 'stories.jsonl', stories.map((story) => `${JSON.stringify(story)}\n`).join(''));
}
