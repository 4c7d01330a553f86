import { describe, expect, it } from 'vitest';
import { bindOptimizer } from '../../src/optim/bind.js';
import { muon } from '../../src/optim/muon.js';
import { adagrad, adamw, lion, sgd } from '../../src/optim/optimizer.js';
import { fillNormal } from '../../src/random/fill.js';
import { key } from '../../src/random/keys.js';

const PARAMETERS = [
  { name: 'layer.weight', size: 18 },
  { name: 'layer.bias', size: 3 },
];

function bound(options: Parameters<typeof bindOptimizer>[2] = {}, optimizer = sgd({ learningRate: 1 })) {
  const result = bindOptimizer(optimizer, PARAMETERS, options);
  const [weight, bias] = [...result.tensors.values()];
  return { ...result, weight: weight!, bias: bias! };
}

describe('parameter groups', () => {
  it('take the settings of the first match, and the optimizer’s for what is left out', () => {
    const { weight, bias, step } = bound(
      {
        groups: [
          { match: /bias/g, learningRate: 0.5 },
          { match: () => true, learningRate: 0.25 },
        ],
      },
      sgd({ learningRate: 1, weightDecay: 1 }),
    );
    weight.parameter.fill(4);
    bias.parameter.fill(4);
    step({ learningRateFactor: 0.5 });
    expect(weight.parameter[17]).toBe(4 - 0.125 * 4);
    expect(bias.parameter[2]).toBe(4 - 0.25 * 4);
  });

  it('can be without decay', () => {
    const { weight, bias, step } = bound(
      { groups: [{ match: /bias/, weightDecay: 0 }] },
      adamw({ learningRate: 0.5, weightDecay: 0.5 }),
    );
    weight.parameter.fill(4);
    bias.parameter.fill(4);
    step();
    expect([weight.parameter[0], bias.parameter[0]]).toEqual([3, 4]);
  });

  it('can be frozen: no gradient, no slots, no change', () => {
    const { weight, bias, step, exportState } = bound(
      { groups: [{ match: /weight/, frozen: true }] },
      adamw({ learningRate: 1 }),
    );
    weight.parameter.fill(2);
    bias.gradient!.fill(1);
    step();
    expect([weight.gradient, weight.slots]).toEqual([null, []]);
    expect(weight.parameter.every((x) => x === 2)).toBe(true);
    expect(bias.parameter[0]).not.toBe(0);
    expect([...exportState().tensors.keys()]).toEqual(['layer.bias.exp_avg', 'layer.bias.exp_avg_sq']);
  });

  it('must leave something to train', () => {
    expect(() => bound({ groups: [{ match: /./, frozen: true }] })).toThrow('nothing to train');
  });
});

describe('gradient norm', () => {
  it('is global, and clips to the limit', () => {
    const { weight, bias, step } = bound({ clipNorm: 1 });
    weight.gradient![5] = 3;
    bias.gradient![1] = 4;
    expect(step()).toEqual({ applied: true, step: 1, gradientNorm: 5 });
    expect(weight.parameter[5]).toBeCloseTo(-0.6, 6);
    expect(bias.parameter[1]).toBeCloseTo(-0.8, 6);
    weight.gradient!.fill(0);
    bias.gradient!.fill(0.1);
    bias.parameter.fill(0);
    step();
    expect(bias.parameter[0]).toBe(Math.fround(-0.1));
  });

  it('counts the gradient scale', () => {
    const { bias, step } = bound({ clipNorm: 10 });
    bias.gradient![0] = 1024;
    expect(step({ gradientScale: 1 / 256 }).gradientNorm).toBe(4);
    expect(bias.parameter[0]).toBe(-4);
  });

  it('when not finite, leaves everything as it was and says so', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const { weight, bias, step, exportState } = bound({ averageDecay: 0.9 }, adamw());
      weight.parameter.fill(1);
      weight.gradient!.fill(1);
      step();
      const parameters = weight.parameter.slice();
      const state = exportState();
      bias.gradient![2] = value;
      expect(step()).toEqual({ applied: false, step: 1, gradientNorm: value });
      expect(weight.parameter).toEqual(parameters);
      expect(exportState()).toEqual(state);
    }
  });
});

describe('accumulation', () => {
  it('steps with the mean, and starts afresh afterwards', () => {
    const { bias, accumulate, step } = bound({ accumulates: true });
    for (let round = 1; round <= 2; round += 1) {
      for (const gradient of [1, 2, 6]) {
        bias.gradient!.fill(gradient);
        accumulate();
      }
      expect(step().gradientNorm).toBeCloseTo(3 * Math.sqrt(3), 6);
      expect(bias.parameter[0]).toBe(-3 * round);
    }
    bias.gradient!.fill(1);
    step();
    expect(bias.parameter[0]).toBe(-7);
  });

  it('must be asked for, and be finished before the state is exported', () => {
    expect(() => bound().accumulate()).toThrow('bind the optimizer with `accumulates: true`');
    const { accumulate, exportState, step } = bound({ accumulates: true });
    accumulate();
    expect(exportState).toThrow('1 pending');
    step();
    expect(exportState().tensors.size).toBe(0);
  });
});

it('averages parameters from the first update on', () => {
  const { weight, bias, averages, step } = bound({
    averageDecay: 0.75,
    groups: [{ match: /bias/, frozen: true }],
  });
  weight.gradient!.fill(-4);
  step();
  expect(averages.get('layer.weight')![0]).toBe(4);
  step();
  expect(averages.get('layer.weight')![17]).toBe(0.75 * 4 + 0.25 * 8);
  expect(averages.get('layer.bias')).toBe(bias.parameter);
});

describe('state', () => {
  const optimizers = {
    adamw: () => adamw({ learningRate: 0.1 }),
    adagrad: () => adagrad({ initialAccumulator: 0.5 }),
    lion: () => lion({ learningRate: 0.1, weightDecay: 0.1 }),
    nesterov: () => sgd({ momentum: 0.9, dampening: 0.1, nesterov: true }),
  };

  for (const [name, make] of Object.entries(optimizers)) {
    it(`resumes ${name} to the same bits`, () => {
      const options = { averageDecay: 0.9, clipNorm: 2 };
      const run = (target: ReturnType<typeof bound>, from: number, to: number) => {
        for (let index = from; index < to; index += 1) {
          fillNormal(target.weight.gradient!, key(index));
          fillNormal(target.bias.gradient!, key(index), 1000);
          target.step({ learningRateFactor: 1 / (1 + index) });
        }
      };
      const whole = bound(options, make());
      run(whole, 0, 6);
      const first = bound(options, make());
      run(first, 0, 3);
      const second = bound(options, make());
      second.weight.parameter.set(first.weight.parameter);
      second.bias.parameter.set(first.bias.parameter);
      second.importState(first.exportState());
      run(second, 3, 6);
      expect(second.weight.parameter).toEqual(whole.weight.parameter);
      expect(second.bias.parameter).toEqual(whole.bias.parameter);
      expect(second.exportState()).toEqual(whole.exportState());
    });
  }

  it('is refused unless it fits', () => {
    const { importState, exportState } = bound({}, adamw());
    const state = exportState();
    const changed = (change: (tensors: Map<string, Float32Array>) => void) => {
      const tensors = new Map(state.tensors);
      change(tensors);
      return () => importState({ ...state, tensors });
    };
    expect(() => importState({ ...state, optimizer: 'lion' })).toThrow('state of another optimizer: lion');
    expect(() => importState({ ...state, step: -1 })).toThrow('invalid step');
    expect(changed((tensors) => tensors.delete('layer.bias.exp_avg'))).toThrow('missing');
    expect(changed((tensors) => tensors.set('x.exp_avg', new Float32Array(1)))).toThrow('unknown');
    expect(changed((tensors) => tensors.set('layer.bias.exp_avg', new Float32Array(4)))).toThrow(
      'has 4, not 3',
    );
  });
});

describe('options', () => {
  it('are checked', () => {
    expect(() => sgd({ learningRate: -1 })).toThrow('invalid learningRate: -1; must be a number at least 0');
    expect(() => sgd({ nesterov: true })).toThrow('nesterov without momentum');
    expect(() => adamw({ beta1: 1 })).toThrow('invalid beta1: 1; must be a number at least 0 and below 1');
    expect(() => adamw({ epsilon: 0 })).toThrow('invalid epsilon: 0; must be a number above 0');
    expect(() => lion({ weightDecay: Number.NaN })).toThrow('invalid weightDecay: NaN');
    expect(() => adagrad({ learningRateDecay: -1 })).toThrow('invalid learningRateDecay: -1');
    expect(() => muon({ iterations: 0 })).toThrow('invalid iterations: 0');
    expect(() => bound({ clipNorm: 0 })).toThrow('invalid clipNorm: 0');
    expect(() => bound({ averageDecay: 1 })).toThrow('invalid averageDecay: 1');
    expect(() => bound({ groups: [{ match: /bias/, learningRate: -1 }] })).toThrow(
      'invalid learningRate of group /bias/: -1',
    );
    expect(() => bound().step({ learningRateFactor: Number.NaN })).toThrow('invalid learningRateFactor: NaN');
  });

  it('describe Muon', () => {
    expect(muon({ learningRate: 0.1 })).toMatchObject({ name: 'muon', learningRate: 0.1, momentum: 0.95 });
  });
});
