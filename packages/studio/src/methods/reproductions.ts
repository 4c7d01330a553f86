import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { type Reproduction, readReproduction, recordedFiles } from 'tutelage/claims';
import { methodsByCard } from 'tutelage/papers';
import type { ShownReproduction } from '../api/index.js';
import type { Claims } from '../papers/rows.js';
import { fileCache } from '../runs/file-cache.js';

/** What reproductions found: the user's own, and those that come with the library. */
export interface Reproductions {
  /** Of a claim, the user's own first. */
  of(claim: string): ShownReproduction[];
  /** The plot of the first of them, as SVG. */
  plot(claim: string): string | undefined;
  /** The method of each paper that has one, with the verdict on its first claim. */
  claims(): Claims;
}

/** @param folder of the user's own */
export function reproductionsIn(folder: string): Reproductions {
  const cache = fileCache<Reproduction | undefined>(500);
  const filesOf = (claim: string) => {
    const recorded = recordedFiles(claim);
    const own = { record: join(folder, `${claim}.json`), plot: join(folder, `${claim}.svg`) };
    const isRecorded =
      recorded && existsSync(own.record) && realpathSync(own.record) === realpathSync(recorded.record);
    return [
      ...(isRecorded ? [] : [{ ...own, origin: 'own' as const }]),
      ...(recorded ? [{ ...recorded, origin: 'recorded' as const }] : []),
    ];
  };
  const of = (claim: string): ShownReproduction[] =>
    filesOf(claim).flatMap(({ record, origin }) => {
      const reproduction = cache.get(record, () => readable(record));
      return reproduction ? [shown(reproduction, origin)] : [];
    });
  return {
    of,
    plot(claim) {
      const path = filesOf(claim).find((files) => existsSync(files.plot))?.plot;
      return path === undefined ? undefined : readFileSync(path, 'utf8');
    },
    claims: () =>
      new Map(
        Object.entries(methodsByCard).map(([card, method]) => {
          const verdict = of(method)[0]?.verdict;
          return [Number(card), { method, ...(verdict !== undefined && { verdict }) }];
        }),
      ),
  };
}

/** A damaged record is no reason to show nothing else. */
function readable(path: string): Reproduction | undefined {
  try {
    return readReproduction(path);
  } catch {
    return undefined;
  }
}

function shown(reproduction: Reproduction, origin: ShownReproduction['origin']): ShownReproduction {
  const { verdict, metric, arm, against, lead, parts = [], seeds, arms, cpuMinutes, version } = reproduction;
  return {
    origin,
    verdict,
    metric,
    arm,
    against,
    lead,
    parts: parts.map((part) => ({ statement: part.statement, verdict: part.verdict, lead: part.lead })),
    seeds: seeds.length,
    arms: arms.map(({ id, title, mean, values, lead: own }) => ({
      id,
      title,
      mean,
      values,
      ...(own && { lead: own }),
    })),
    cpuMinutes,
    version,
  };
}
