import { checkRange } from '../graph/check.js';

export interface MuonOptions {
  /** Default 0.02. */
  readonly learningRate?: number;
  /** In [0, 1). Default 0.95. */
  readonly momentum?: number;
  /** Default true. */
  readonly nesterov?: boolean;
  /** Decoupled. Default 0. */
  readonly weightDecay?: number;
  /** Newton-Schulz iterations, from 1 to 20. Default 5. */
  readonly iterations?: number;
}

/** Hyper-parameters of Muon. The update is made of matrix products, so it belongs in a graph, not in these kernels. */
export interface MuonDescription extends Required<MuonOptions> {
  readonly name: 'muon';
  readonly slots: readonly ['momentum_buffer'];
  /** (a, b, c) of the iteration X = a X + b (X X') X + c (X X')^2 X, which pushes singular values towards 1. */
  readonly coefficients: readonly [number, number, number];
}

/**
 * Muon (Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"): momentum whose matrix is
 * replaced by a nearly orthogonal one. For the weight matrices of hidden layers; embeddings, heads, biases and norms
 * stay with adamw.
 * @throws RangeError when an option is out of range.
 */
export function muon(options: MuonOptions = {}): MuonDescription {
  const { learningRate = 0.02, momentum = 0.95, nesterov = true, weightDecay = 0, iterations = 5 } = options;
  checkRange('learningRate', learningRate, 0);
  checkRange('momentum', momentum, 0, 1, 'below');
  checkRange('weightDecay', weightDecay, 0);
  checkRange('iterations', iterations, 1, 20);
  return {
    name: 'muon',
    slots: ['momentum_buffer'],
    learningRate,
    momentum,
    nesterov,
    weightDecay,
    iterations,
    coefficients: [3.4445, -4.775, 2.0315],
  };
}
