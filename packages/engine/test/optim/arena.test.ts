import { describe, expect, it } from 'vitest';
import { createArena } from '../../src/optim/arena.js';

describe('createArena', () => {
  it('aligns every view to 64 bytes and lets none overlap', () => {
    const sizes = [1, 3, 4, 17, 64];
    const arena = createArena(
      sizes.map((size, i) => ({ name: `t${i}`, size })),
      2,
    );
    const views = [...arena.tensors.values()].flatMap(({ parameter, gradient, slots }) => [
      parameter,
      gradient!,
      ...slots,
    ]);
    expect(views).toHaveLength(20);
    views.forEach((view, index) => {
      expect(view.byteOffset % 64).toBe(0);
      view.fill(index + 1);
    });
    views.forEach((view, index) => {
      expect(view.every((x) => x === index + 1)).toBe(true);
    });
    expect(views.map(({ length }) => length)).toEqual(sizes.flatMap((size) => [size, size, size, size]));
  });

  it('makes one range of a group, whatever the order of the request, and keeps that order in its map', () => {
    const arena = createArena(
      [
        { name: 'a', size: 5, group: 1 },
        { name: 'b', size: 20 },
        { name: 'c', size: 16, group: 1 },
        { name: 'd', size: 7, group: 'frozen' },
        { name: 'e', size: 1 },
      ],
      1,
    );
    expect([...arena.tensors.keys()]).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(arena.ranges.map(({ group, count }) => [group, count])).toEqual([
      [0, 48],
      [1, 32],
    ]);
    const c = arena.tensors.get('c')!;
    const [, second] = arena.ranges;
    expect([c.parameter, c.gradient!, c.slots[0]!].map((view) => view.byteOffset - 64)).toEqual([
      second!.parameter,
      second!.gradient,
      second!.slots[0],
    ]);
    const frozen = arena.tensors.get('d')!;
    expect([frozen.parameter.length, frozen.gradient, frozen.slots]).toEqual([7, null, []]);
  });

  it('begins a new memory when one is full', () => {
    const requests = Array.from({ length: 5 }, (_, i) => ({ name: `t${i}`, size: 16 }));
    const arena = createArena(requests, 1, 2 * 3 * 64);
    expect(arena.ranges.map(({ count }) => count)).toEqual([32, 32, 16]);
    expect(new Set([...arena.tensors.values()].map(({ parameter }) => parameter.buffer)).size).toBe(3);
    for (const { parameter, gradient, slots } of arena.tensors.values()) {
      expect(gradient!.buffer).toBe(parameter.buffer);
      expect(slots[0]!.buffer).toBe(parameter.buffer);
    }
  });

  it('reaches beyond 2 GiB', () => {
    const arena = createArena(
      [
        { name: 'large', size: 2 ** 28 - 64 },
        { name: 'small', size: 3, group: 1 },
      ],
      1,
    );
    const { parameter, gradient, slots } = arena.tensors.get('small')!;
    expect(slots[0]!.byteOffset).toBeGreaterThan(2 ** 31);
    gradient!.fill(2);
    slots[0]!.fill(4);
    const range = arena.ranges[1]!;
    range.kernels.momentum(
      range.count,
      range.parameter,
      range.gradient,
      range.slots[0]!,
      1,
      0,
      1,
      1,
      0.5,
      1,
      0,
      1,
    );
    expect(Array.from(slots[0]!)).toEqual([4, 4, 4]);
    expect(Array.from(parameter)).toEqual([-4, -4, -4]);
  });

  it('explains what it can not do', () => {
    expect(() => createArena([{ name: 'w', size: 0 }], 0)).toThrow('invalid size of parameter w: 0');
    expect(() => createArena([{ name: 'w', size: 1.5 }], 0)).toThrow('invalid size of parameter w: 1.5');
    expect(() =>
      createArena(
        [
          { name: 'w', size: 1 },
          { name: 'w', size: 2 },
        ],
        0,
      ),
    ).toThrow('repeated parameter name: w');
    expect(() => createArena([{ name: 'w', size: 2 ** 29 }], 2)).toThrow(
      'parameter too large: w takes 8.00 GiB',
    );
  });
});
