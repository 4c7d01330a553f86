import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '@tutelage/engine';
import { describe, expect, test } from 'vitest';
import { bestOf, mergedHits } from '../../src/search/hits.js';
import {
  buildApproximate,
  exactSearch,
  loadApproximate,
  openIndex,
  saveIndex,
} from '../../src/search/index.js';
import { testFolder, userError } from '../tasks/folder.js';

const width = 16;

function normal(count: number, name: string): Float32Array {
  const data = new Float32Array(count * width);
  random.fillNormal(data, random.foldIn(random.key(3), name));
  return data;
}

/** All products in double precision, sorted. */
function naive(data: Float32Array, query: Float32Array, k: number): number[] {
  const scores = Array.from({ length: data.length / width }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += query[i]! * data[row * width + i]!;
    return { row, sum };
  });
  return scores
    .sort((a, b) => b.sum - a.sum)
    .slice(0, k)
    .map(({ row }) => row);
}

describe('hits', () => {
  test('the best of scores, lower rows first where equal', () => {
    expect(bestOf([1, 3, 3, 0, 2], 3).rows).toEqual(Int32Array.of(1, 2, 4));
    expect(bestOf([1, 3, 3, 0, 2], 9).rows).toEqual(Int32Array.of(1, 2, 4, 0, 3));
    expect(bestOf([1, 3, 3, 0, 2], 9, 1).rows).toEqual(Int32Array.of(1, 2, 4));
    expect(bestOf([1, 2], 0).rows).toHaveLength(0);
    const many = normal(100, 'scores');
    const order = Array.from(many, (_, i) => i).sort((a, b) => many[b]! - many[a]!);
    expect([...bestOf(many, 40).rows]).toEqual(order.slice(0, 40));
  });

  test('two lists become one', () => {
    const of = (rows: number[], scores: number[]) => ({
      rows: Int32Array.from(rows),
      scores: Float32Array.from(scores),
    });
    const merged = mergedHits(of([2, 0], [5, 1]), of([9, 7, 8], [5, 4, 0]), 4);
    expect(merged).toEqual(of([2, 9, 7, 0], [5, 5, 4, 1]));
  });
});

describe('exactSearch', () => {
  test('finds what all products say, over several blocks of rows and queries', async () => {
    const data = normal(20_000, 'documents');
    const queries = normal(300, 'queries');
    const search = exactSearch({ data, width }, { threads: 1 });
    const hits = await search.search(queries, 7);
    await search.dispose();
    expect(hits).toHaveLength(300);
    for (const q of [0, 1, 255, 256, 299]) {
      const query = queries.subarray(q * width, (q + 1) * width);
      expect([...hits[q]!.rows]).toEqual(naive(data, query, 7));
    }
  });

  test('finds all rows where fewer are there than asked for', async () => {
    const search = exactSearch({ data: normal(3, 'documents'), width });
    const [hits] = await search.search(normal(1, 'query'), 10);
    expect([...hits!.rows].sort()).toEqual([0, 1, 2]);
    await search.dispose();
  });

  test('refuses vectors that are not finite', async () => {
    const data = normal(3, 'documents');
    data[2 * width] = Number.NaN;
    expect(() => exactSearch({ data, width })).toThrow('a vector is not finite: NaN, vector 2');
    expect(() => exactSearch({ data: data.subarray(1), width })).toThrow('not vectors of 16 numbers');
  });
});

describe('approximate search', () => {
  const data = normal(3000, 'documents').map((x, i) => x * (1 + (Math.floor(i / width) % 5)));
  const queries = normal(50, 'queries');
  const folder = testFolder();

  test('finds at least 95 % of the best ten, vectors of unequal lengths included, and the same from its file', async () => {
    const graph = await buildApproximate({ data, width });
    const found = await graph.search(queries, 10);
    const shares = found.map(({ rows }, q) => {
      const best = naive(data, queries.subarray(q * width, (q + 1) * width), 10);
      return best.filter((row) => rows.includes(row)).length / 10;
    });
    expect(shares.reduce((a, b) => a + b, 0) / shares.length).toBeGreaterThan(0.95);
    const exact = exactSearch({ data, width });
    const [best] = await exact.search(queries, 1);
    expect(found[0]!.scores[0]).toBeCloseTo(best!.scores[0]!, 3);
    await exact.dispose();

    const path = join(folder.path, 'graph');
    graph.save(path);
    const loaded = await loadApproximate(path, width);
    expect(await loaded.search(queries, 10)).toEqual(found);
  });

  test.each(['exact', 'approximate'] as const)('an %s index comes back from its folder', async (kind) => {
    const path = join(folder.path, kind);
    const ids = Array.from({ length: 3000 }, (_, i) => `d${i}`);
    await saveIndex(path, ids, { data, width }, kind);
    const index = await openIndex(path);
    const [hits] = await index.search.search(queries.subarray(0, width), 3);
    expect(index.ids[hits!.rows[0]!]).toBe(`d${naive(data, queries.subarray(0, width), 1)[0]}`);
    await index.search.dispose();

    writeFileSync(join(path, kind === 'exact' ? 'vectors.f32' : 'graph.usearch'), 'not vectors');
    expect((await userError(openIndex(path))).message).toMatch(/^not an index, or damaged: /);
  });

  test('a folder without an index is the user’s to mend', async () => {
    expect((await userError(openIndex(join(folder.path, 'none')))).message).toMatch(
      /^could not read an index: /,
    );
    folder.write('odd/index.json', '{"width": 0}');
    expect((await userError(openIndex(join(folder.path, 'odd')))).message).toMatch(/damaged/);
  });
});
