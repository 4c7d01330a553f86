import type { OwnSkillGaps } from './own-skill-gaps.js';
import type { SelectionSettings } from './skill-job.js';

/** Of a probe of which nothing is known, this share is taken to be difficult; and a mistake to miss so many skills. */
const [difficultShare, skillsAMistake] = [0.5, 2.5];
/** Questions that skills are proposed for at most, and the call that merges them. */
const proposals = 100;

export interface CallEstimate {
  readonly stage: string;
  readonly calls: number;
}

/** Calls that teaching would take of the teacher, if none needs repeating; makes none. */
export function estimateCalls(
  { pool, probe, test = [], catalogue, student }: OwnSkillGaps,
  settings: SelectionSettings & { readonly missing: number },
): CallEstimate[] {
  const all = [...pool, ...probe, ...test];
  const open = all.filter(({ skills }) => skills.length === 0).length;
  const named = catalogue !== undefined || open < all.length;
  const marked =
    student.kind === 'log' ? [...student.answers.values()].flatMap(([first]) => first?.correct ?? []) : [];
  const difficult =
    marked.length > 0 ? marked.filter((right) => !right).length : Math.round(difficultShare * probe.length);
  const needs = Math.round(difficult * Math.min(skillsAMistake, settings.missing));
  const written = settings.mode === 'write' ? needs * (1 + settings.write * settings.solutions) : 0;
  return [
    { stage: 'catalogue of skills', calls: named ? 0 : Math.min(proposals, pool.length) + 1 },
    { stage: 'labels', calls: open },
    { stage: 'missing skills', calls: difficult },
    { stage: 'new questions and solutions', calls: written },
  ];
}

/** The estimate in lines for people. */
export function estimateLines(estimate: readonly CallEstimate[], cap: number | undefined): string[] {
  const total = estimate.reduce((sum, { calls }) => sum + calls, 0);
  return [
    ...estimate.map(({ stage, calls }) => `${stage}: about ${calls} calls`),
    `in all: about ${total} calls, none of which was made${cap === undefined ? '' : `; the cap is ${cap}`}`,
  ];
}
