import { describe, expect, it } from 'vitest';
import {
  constant,
  cosine,
  cosineRestarts,
  cyclical,
  linear,
  oneCycle,
  polynomial,
  type Schedule,
  stepDecay,
} from '../../src/optim/schedules.js';
import { torchFixture } from './fixture.js';

const ours: Record<string, Schedule> = {
  step: stepDecay({ every: 7, factor: 0.5 }),
  polynomial: polynomial({ total: 30, power: 2 }),
  cosine: cosine({ total: 40, end: 0.1 }),
  restarts: cosineRestarts({ period: 5, growth: 2, end: 0.1 }),
  oneCycle: oneCycle({ total: 40 }),
  triangular: cyclical({ halfCycle: 6, base: 0.2 }),
  triangular2: cyclical({ halfCycle: 6, base: 0.2, shape: 'triangular2' }),
  exponential: cyclical({ halfCycle: 6, base: 0.2, shape: 'exponential', gamma: 0.97 }),
};

describe('schedules against PyTorch', () => {
  for (const [name, values] of Object.entries(torchFixture.schedules)) {
    it(name, () => {
      values.forEach((value, step) => {
        expect(ours[name]!(step)).toBeCloseTo(value, 9);
      });
    });
  }
});

describe('schedules in closed form', () => {
  it('constant stays 1', () => {
    expect([0, 1, 1e6].map(constant())).toEqual([1, 1, 1]);
  });

  it('linear rises from 0, falls to the end, and stays there', () => {
    const factor = linear({ total: 110, warmup: 10, end: 0.2 });
    expect([0, 5, 10].map(factor)).toEqual([0, 0.5, 1]);
    expect(factor(60)).toBeCloseTo(0.6, 12);
    expect([110, 500].map(factor)).toEqual([0.2, 0.2]);
  });

  it('cosine passes 1/2 midway, with a warm-up', () => {
    const factor = cosine({ total: 120, warmup: 20 });
    expect(factor(10)).toBe(0.5);
    expect(factor(20)).toBe(1);
    expect(factor(20 + 100 / 3)).toBeCloseTo(0.75, 12);
    expect(factor(70)).toBeCloseTo(0.5, 12);
    expect(factor(1000)).toBeCloseTo(0, 12);
  });

  it('restarts of constant length start at 1', () => {
    const factor = cosineRestarts({ period: 10 });
    for (const step of [0, 10, 20, 990]) expect(factor(step)).toBe(1);
    expect(factor(15)).toBeCloseTo(0.5, 12);
  });

  it('grown restarts never miss their step', () => {
    const factor = cosineRestarts({ period: 3, growth: 3 });
    for (let start = 0, length = 3; start < 1e9; start += length, length *= 3) {
      expect(factor(start)).toBeCloseTo(1, 9);
      expect(factor(start + length / 2)).toBeCloseTo(0.5, 9);
    }
  });

  it('one cycle stays at its end', () => {
    expect(oneCycle({ total: 10 })(50)).toBeCloseTo(1 / 25 / 1e4, 12);
  });
});

it('says what is wrong with an option', () => {
  expect(() => linear({ total: 10, warmup: 10 })).toThrow('invalid warmup: 10');
  expect(() => cosine({ total: 0 })).toThrow('invalid total: 0');
  expect(() => stepDecay({ every: 1.5 })).toThrow('invalid every: 1.5');
  expect(() => cyclical({ halfCycle: 3, base: 2 })).toThrow('invalid base: 2');
  expect(() => oneCycle({ total: 2 })).toThrow('invalid rise: 0.3 of 2 steps');
});
