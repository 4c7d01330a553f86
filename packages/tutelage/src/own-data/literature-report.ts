import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decimal } from '../assessment/wording.js';
import { explained } from '../runs/file-errors.js';
import type { FoundLiterature } from './idea-job.js';
import type { OwnLiterature } from './own-literature.js';

interface ListedPaper {
  readonly id: string;
  readonly title: string;
  readonly score: number;
  readonly cosine: number;
  readonly nearest: boolean;
  readonly shared: readonly string[];
  /** Ids of the found papers that it is cited together with. */
  readonly citedWith: readonly string[];
}

function listed({ papers }: OwnLiterature, { list }: FoundLiterature): ListedPaper[] {
  return list.map(({ row, score, cosine, isNearest, shared, beside }) => ({
    id: papers[row]!.id,
    title: papers[row]!.title,
    score,
    cosine,
    nearest: isNearest,
    shared,
    citedWith: beside.map((other) => papers[other]!.id),
  }));
}

function why({ cosine, nearest, shared, citedWith }: ListedPaper): string {
  return [
    `text ${decimal(cosine, 2)}${nearest ? ', among the nearest' : ''}`,
    ...(shared.length > 0 ? [`shares ${shared.join(', ')}`] : []),
    ...(citedWith.length > 0 ? [`co-cited with ${citedWith.join(', ')}`] : []),
  ].join('; ');
}

const shown = 5;

/** What the user sees at once. */
export function literatureLines(own: OwnLiterature, found: FoundLiterature): string[] {
  const papers = listed(own, found);
  const cost = found.dollars === null ? 'price unknown' : `$${found.dollars.toFixed(4)}`;
  return [
    `${found.reached} papers found, ${papers.length} listed:`,
    ...papers.slice(0, shown).map((paper) => `  ${paper.title}: ${why(paper)}`),
    ...(found.calls > 0
      ? [
          `${found.inspirations.length} inspirations, ${found.ideas.length} ideas, ${found.calls} calls, ${cost}`,
        ]
      : []),
    ...found.problems.map((problem) => `incomplete: ${problem}`),
  ];
}

/** Writes `report.json` and `report.md`. */
export function writeLiteratureReport(folder: string, own: OwnLiterature, found: FoundLiterature): void {
  const { list: _, ...rest } = found;
  const papers = listed(own, found);
  const write = (name: string, content: string) => {
    const path = join(folder, name);
    explained('write the report', path, () => writeFileSync(path, content));
  };
  write(
    'report.json',
    `${JSON.stringify({ background: own.background, warnings: own.warnings, papers, ...rest }, undefined, 2)}\n`,
  );
  const ideas = found.ideas.map(({ text, papers: from, brainstorm, details, rating }, i) =>
    [
      `## Idea ${i + 1}`,
      text,
      `From papers: ${from.join(', ') || 'none named'}; from the brainstorm: ${brainstorm.length} of ${found.brainstorm.length} items.`,
      ...(details === undefined ? [] : ['### In detail', details]),
      ...(rating
        ? [
            `Rated by a model, which is no evidence of novelty: ${Object.entries(rating)
              .map(([name, mark]) => `${name} ${mark}`)
              .join(', ')}.`,
          ]
        : []),
    ].join('\n\n'),
  );
  const sections = [
    '# What to read, and what to try',
    own.background,
    ...found.problems.map((problem) => `**Incomplete:** ${problem}.`),
    '## Papers',
    papers.map((paper, i) => `${i + 1}. **${paper.title}** (${paper.id}): ${why(paper)}.`).join('\n'),
    ...(found.inspirations.length === 0
      ? []
      : [
          '## Inspirations',
          found.inspirations.map(({ paper, text }) => `- ${paper}: ${text.replaceAll('\n', ' ')}`).join('\n'),
        ]),
    ...ideas,
  ];
  write('report.md', `${sections.join('\n\n')}\n`);
}
