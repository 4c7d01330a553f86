import { isDeepStrictEqual } from 'node:util';
import { defined } from 'tutelage/papers';
import type { Comparison } from '../api/index.js';
import { Problem } from '../problems/problem.js';
import type { Runs } from './runs.js';

const most = 50;

/**
 * Sets runs side by side: curves, figures, and the settings in which they differ.
 *
 * @throws {Problem} for one run or too many, and for one that is not there
 */
export function compareRuns(
  runs: Runs,
  ids: readonly string[],
  wanted: { readonly names?: string | undefined; readonly points: number },
): Comparison {
  if (ids.length < 2 || ids.length > most)
    throw new Problem(400, `two to ${most} runs can be compared: ${ids.length}`);
  const compared = ids.map((id) => {
    const assessment = runs.assessment(id);
    return {
      settings: flattened(runs.config(id)),
      shown: defined<Comparison['runs'][number]>({
        ...runs.summary(id),
        series: runs.metrics(id, wanted).series,
        figures: [...(assessment?.figures ?? [])],
        bytes: assessment?.costs.bytes,
        milliseconds: assessment?.costs.milliseconds,
        dataHash: assessment?.dataHash,
      }),
    };
  });
  const names = [...new Set(compared.flatMap(({ settings }) => [...settings.keys()]))];
  return {
    runs: compared.map(({ shown }) => shown),
    differences: names
      .map((setting) => ({ setting, values: compared.map(({ settings }) => settings.get(setting) ?? null) }))
      .filter(({ values }) => values.some((value) => !isDeepStrictEqual(value, values[0]))),
    sameData: new Set(compared.flatMap(({ shown }) => shown.dataHash ?? [])).size <= 1,
  };
}

/** The values of nested objects by paths such as `settings.epochs`. */
function flattened(config: Readonly<Record<string, unknown>>, path = ''): Map<string, unknown> {
  return new Map(
    Object.entries(config).flatMap(([key, value]) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? [...flattened(value as Record<string, unknown>, `${path}${key}.`)]
        : [[`${path}${key}`, value] as const],
    ),
  );
}
