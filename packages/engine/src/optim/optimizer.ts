import { checkRange } from '../graph/check.js';
import type { ArenaRange } from './arena.js';

/** What changes from one update to the next, or from one parameter group to another. */
export interface UpdateSettings {
  /** Number of this update, from 1. */
  readonly step: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Multiplies the gradient as it is read (clipping, averaging over accumulated batches, loss scale). */
  readonly gradientScale: number;
}

/** Hyper-parameters and one fused update pass over a range of an arena. Stateless: all state is in the slots. */
export interface Optimizer {
  readonly name: string;
  /** Names of the slots, PyTorch's where it has the optimizer. */
  readonly slots: readonly string[];
  /** What every slot starts from. */
  readonly initialSlotValue: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  update(range: ArenaRange, settings: UpdateSettings): void;
}

export interface SgdOptions {
  /** Default 1e-3. */
  readonly learningRate?: number;
  /** In [0, 1); default 0, which needs no slot. */
  readonly momentum?: number;
  /** With momentum, the gradient enters the velocity times 1 - dampening, except in the first update. Default 0. */
  readonly dampening?: number;
  /** Nesterov's momentum (Sutskever et al. 2013, as rearranged by PyTorch). Default false. */
  readonly nesterov?: boolean;
  /** L2 coefficient, added to the gradient. Default 0. */
  readonly weightDecay?: number;
}

/**
 * Stochastic gradient descent with PyTorch's momentum: v = momentum v + (1 - dampening) g, p = p - learningRate v (or
 * g + momentum v with `nesterov`). ONNX's Momentum with beta is dampening 1 - beta.
 * @throws RangeError when an option is out of range.
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  const { learningRate = 1e-3, momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } = options;
  checkCommon(learningRate, weightDecay);
  checkRange('momentum', momentum, 0, 1, 'below');
  checkRange('dampening', dampening, Number.NEGATIVE_INFINITY, 1);
  const common = { name: 'sgd', initialSlotValue: 0, learningRate, weightDecay };
  if (nesterov && momentum === 0) {
    throw new RangeError('nesterov without momentum: set momentum, for instance 0.9, or nesterov: false');
  }
  if (momentum === 0) {
    return {
      ...common,
      slots: [],
      update: ({ kernels, count, parameter, gradient }, settings) =>
        kernels.sgd(
          count,
          parameter,
          gradient,
          settings.gradientScale,
          settings.weightDecay,
          1,
          settings.learningRate,
        ),
    };
  }
  return {
    ...common,
    slots: ['momentum_buffer'],
    update: ({ kernels, count, parameter, gradient, slots }, settings) =>
      kernels.momentum(
        count,
        parameter,
        gradient,
        slots[0]!,
        settings.gradientScale,
        settings.weightDecay,
        1,
        settings.learningRate,
        momentum,
        settings.step === 1 ? 1 : 1 - dampening,
        nesterov ? 1 : 0,
        nesterov ? momentum : 1,
      ),
  };
}

export interface AdamOptions {
  /** Default 1e-3. */
  readonly learningRate?: number;
  /** Decay rate of the mean of gradients, in [0, 1). Default 0.9. */
  readonly beta1?: number;
  /** Decay rate of the mean of squared gradients, in [0, 1). Default 0.999. */
  readonly beta2?: number;
  /** Positive. Default 1e-8. */
  readonly epsilon?: number;
  /** adamw: decoupled, default 0.01. adam: L2 coefficient added to the gradient, default 0. */
  readonly weightDecay?: number;
  /** Divide both means by 1 - beta^step. Default true; false as in BERT's original optimizer. */
  readonly biasCorrection?: boolean;
  /**
   * Add epsilon before the second mean is corrected ("epsilon hat", Kingma & Ba 2015, end of section 2; TensorFlow and
   * ONNX do so) instead of after (PyTorch). Default false.
   */
  readonly epsilonHat?: boolean;
}

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter 2019, Algorithm 2, PyTorch's form: the decay is multiplied by
 * the learning rate).
 * @throws RangeError when an option is out of range.
 */
export function adamw(options: AdamOptions = {}): Optimizer {
  return adamFamily('adamw', true, { weightDecay: 0.01, ...options });
}

/**
 * Adam (Kingma & Ba 2015, Algorithm 1), with the classic L2 penalty.
 * @throws RangeError when an option is out of range.
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return adamFamily('adam', false, options);
}

function adamFamily(name: string, decoupled: boolean, options: AdamOptions): Optimizer {
  const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
  const { biasCorrection = true, epsilonHat = false } = options;
  checkCommon(learningRate, weightDecay);
  checkRange('beta1', beta1, 0, 1, 'below');
  checkRange('beta2', beta2, 0, 1, 'below');
  checkEpsilon(epsilon);
  return {
    name,
    slots: ['exp_avg', 'exp_avg_sq'],
    initialSlotValue: 0,
    learningRate,
    weightDecay,
    update({ kernels, count, parameter, gradient, slots }, settings) {
      const correction1 = biasCorrection ? 1 - beta1 ** settings.step : 1;
      const correction2 = biasCorrection ? Math.sqrt(1 - beta2 ** settings.step) : 1;
      const stepSize = (settings.learningRate / correction1) * (epsilonHat ? correction2 : 1);
      kernels.adam(
        count,
        parameter,
        gradient,
        slots[0]!,
        slots[1]!,
        settings.gradientScale,
        decoupled ? 0 : settings.weightDecay,
        decoupled ? 1 - settings.learningRate * settings.weightDecay : 1,
        stepSize,
        beta1,
        1 - beta1,
        beta2,
        1 - beta2,
        epsilonHat ? 1 : 1 / correction2,
        epsilon,
      );
    },
  };
}

export interface AdagradOptions {
  /** Default 0.01. */
  readonly learningRate?: number;
  /** The learning rate of update t (from 1) is divided by 1 + (t - 1) * learningRateDecay. Default 0. */
  readonly learningRateDecay?: number;
  /** What the sums of squares start from. Default 0. */
  readonly initialAccumulator?: number;
  /** Positive. Default 1e-10. */
  readonly epsilon?: number;
  /** L2 coefficient, added to the gradient. Default 0. */
  readonly weightDecay?: number;
}

/**
 * Adagrad (Duchi, Hazan & Singer 2011), diagonal form, as in PyTorch.
 * @throws RangeError when an option is out of range.
 */
export function adagrad(options: AdagradOptions = {}): Optimizer {
  const { learningRate = 0.01, learningRateDecay = 0, initialAccumulator = 0 } = options;
  const { epsilon = 1e-10, weightDecay = 0 } = options;
  checkCommon(learningRate, weightDecay);
  checkRange('learningRateDecay', learningRateDecay, 0);
  checkRange('initialAccumulator', initialAccumulator, 0);
  checkEpsilon(epsilon);
  return {
    name: 'adagrad',
    slots: ['sum'],
    initialSlotValue: initialAccumulator,
    learningRate,
    weightDecay,
    update: ({ kernels, count, parameter, gradient, slots }, settings) =>
      kernels.adagrad(
        count,
        parameter,
        gradient,
        slots[0]!,
        settings.gradientScale,
        settings.weightDecay,
        settings.learningRate / (1 + (settings.step - 1) * learningRateDecay),
        epsilon,
      ),
  };
}

export interface LionOptions {
  /** Default 1e-4: three to ten times below AdamW's. */
  readonly learningRate?: number;
  /** Weight of the mean in the sign that is taken, in [0, 1). Default 0.9. */
  readonly beta1?: number;
  /** Decay rate of the mean, in [0, 1). Default 0.99. */
  readonly beta2?: number;
  /** Decoupled. Default 0. */
  readonly weightDecay?: number;
}

/**
 * Lion (Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms", Algorithm 2). The sign of 0 is 0.
 * @throws RangeError when an option is out of range.
 */
export function lion(options: LionOptions = {}): Optimizer {
  const { learningRate = 1e-4, beta1 = 0.9, beta2 = 0.99, weightDecay = 0 } = options;
  checkCommon(learningRate, weightDecay);
  checkRange('beta1', beta1, 0, 1, 'below');
  checkRange('beta2', beta2, 0, 1, 'below');
  return {
    name: 'lion',
    slots: ['exp_avg'],
    initialSlotValue: 0,
    learningRate,
    weightDecay,
    update: ({ kernels, count, parameter, gradient, slots }, settings) =>
      kernels.lion(
        count,
        parameter,
        gradient,
        slots[0]!,
        settings.gradientScale,
        1 - settings.learningRate * settings.weightDecay,
        settings.learningRate,
        beta1,
        1 - beta1,
        beta2,
        1 - beta2,
      ),
  };
}

function checkCommon(learningRate: number, weightDecay: number): void {
  checkRange('learningRate', learningRate, 0);
  checkRange('weightDecay', weightDecay, 0);
}

/** Zero would make the padding of the arena 0 / 0. */
function checkEpsilon(epsilon: number): void {
  checkRange('epsilon', Math.fround(epsilon), 0, Number.POSITIVE_INFINITY, 'above');
}
