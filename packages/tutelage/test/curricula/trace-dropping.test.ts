import { random } from '@tutelage/engine';
import { describe, expect, test } from 'vitest';
import {
  type DropLevel,
  drawLevel,
  leaveOut,
  paperThird,
  releasedThird,
} from '../../src/curricula/trace-dropping.js';
import type { TraceStep } from '../../src/tasks/traces.js';

const step = (kind: string, i: number): TraceStep<string> => ({
  group: kind,
  parts: [{ content: `${kind} ${i}` }, { group: 'cost', content: `c${i}` }],
});
const steps = Array.from({ length: 1000 }, (_, i) => step(i % 2 === 0 ? 'create' : 'close', i));
const table = { close: 1, cost: 2, create: 3 };
const options = { table, ...paperThird };
const left = (level: DropLevel) => leaveOut(steps, level, options, random.stream(random.key(level)));

describe('levels', () => {
  test('leave less and less', () => {
    expect(left(0).flat()).toHaveLength(2000);
    expect(left(1)[1]).toEqual(['create 2', 'c2']);
    expect(left(1)).toHaveLength(500);
    expect(left(2)).toEqual(Array.from({ length: 500 }, (_, i) => [`create ${2 * i}`]));
    const third = left(3);
    expect(third.length / 500).toBeCloseTo(0.7, 1);
    expect(third.flat().every((text) => left(2).flat().includes(text))).toBe(true);
    expect(left(4)).toEqual([]);
  });

  test('keep their order', () => {
    const places = left(3).map(([text]) => Number(text!.split(' ')[1]));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  test('the released rule for mazes keeps costs at level 3, and drops 10 to 40 % of the clauses', () => {
    const kept = Array.from({ length: 40 }, (_, i) =>
      leaveOut(
        steps,
        3,
        { table, ...releasedThird },
        random.stream(random.foldIn(random.key('released'), i)),
      ),
    );
    for (const own of kept) expect(own.every((parts) => parts.length === 2)).toBe(true);
    const dropped = kept.map((own) => 1 - own.length / 500);
    expect(Math.min(...dropped)).toBeGreaterThan(0.05);
    expect(Math.min(...dropped)).toBeLessThan(0.2);
    expect(Math.max(...dropped)).toBeGreaterThan(0.3);
  });

  test('a group that the table does not have is told', () => {
    expect(() => leaveOut([step('open', 1)], 1, options, random.stream(random.key(1)))).toThrow('open');
  });

  test('come as often as their chances tell', () => {
    const dice = random.stream(random.key(7));
    const counts = [0, 0, 0, 0, 0];
    for (let i = 0; i < 10_000; i++) counts[drawLevel([0.1, 0.2, 0.3, 0.05], dice)]!++;
    [0.35, 0.1, 0.2, 0.3, 0.05].forEach((share, level) => {
      expect(Math.abs(counts[level]! / 10_000 - share)).toBeLessThan(0.02);
    });
  });
});
