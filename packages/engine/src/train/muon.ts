import { compile, type Program } from '../compile/program.js';
import type { Tensor } from '../graph/tensor.js';
import type { Value } from '../graph/value.js';
import { add, div, mul, sqrt } from '../ops/elementwise.js';
import { matmul } from '../ops/matmul.js';
import { sum } from '../ops/reduce.js';
import { transpose } from '../ops/shape.js';
import type { MuonDescription } from '../optim/muon.js';
import type { Optimizer } from '../optim/optimizer.js';
import type { SessionOptions } from '../runtime/backend.js';

/** A matrix parameter's gradient and momentum, both in the trainer's memory. */
export interface MuonMatrix {
  readonly gradient: Tensor;
  readonly momentum: Tensor;
}

/**
 * The nearly orthogonal matrix next to a given one (Jordan et al. 2024): Newton-Schulz iterations of a quintic polynomial that
 * push all singular values towards 1. The iteration runs on the wide side, where its products are smaller.
 */
export function orthogonalize(x: Value, { iterations, coefficients: [a, b, c] }: MuonDescription): Value {
  const tall = x.dim(0) > x.dim(1);
  let y = tall ? transpose(x) : x;
  y = div(y, add(sqrt(sum(mul(y, y))), 1e-7));
  for (let i = 0; i < iterations; i++) {
    const gram = matmul(y, y, { transB: true });
    const polynomial = add(mul(gram, b), matmul(gram, gram, { alpha: c }));
    y = add(mul(y, a), matmul(polynomial, y));
  }
  return tall ? transpose(y) : y;
}

/** Replaces gradients by Muon's directions and brings the momenta forward, in place, in one call of the runtime. */
export function muonDirections(
  muon: MuonDescription,
  matrices: readonly MuonMatrix[],
  options: SessionOptions,
) {
  const gradients = matrices.map((m) => m.gradient);
  const momenta = matrices.map((m) => m.momentum);
  let program: Promise<Program> | undefined;

  const directions = (g: readonly Value[], m: readonly Value[]) => {
    const next = g.map((gradient, i) => add(mul(m[i]!, muon.momentum), gradient));
    const direction = g.map((gradient, i) => {
      const sought = muon.nesterov ? add(gradient, mul(next[i]!, muon.momentum)) : next[i]!;
      // Tall matrices take larger steps, so that all matrices change their outputs alike.
      const scale = Math.sqrt(Math.max(1, gradient.dim(0) / gradient.dim(1)));
      return mul(orthogonalize(sought, muon), scale);
    });
    return { direction, next };
  };

  return {
    async run(): Promise<void> {
      program ??= compile(directions, [gradients, momenta], options);
      const both = [...gradients, ...momenta];
      await (await program).run(both, both);
    },
    async dispose(): Promise<void> {
      if (program) await (await program).release();
      program = undefined;
    },
  };
}

/** The plain update along Muon's directions, with decoupled weight decay. */
export function muonUpdate({ name, slots, learningRate, weightDecay }: MuonDescription): Optimizer {
  return {
    name,
    slots,
    initialSlotValue: 0,
    learningRate,
    weightDecay,
    update: ({ kernels, count, parameter, gradient }, settings) => {
      const decay = 1 - settings.learningRate * settings.weightDecay;
      kernels.sgd(count, parameter, gradient, 1, 0, decay, settings.learningRate);
    },
  };
}
