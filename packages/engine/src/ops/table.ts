import { activationRules } from './activations.js';
import { batchNormRules } from './batch-norm.js';
import { cachedAttentionRules } from './cached-attention.js';
import { convRules } from './conv.js';
import { elementRules } from './elements.js';
import { elementwiseRules } from './elementwise.js';
import { heavisideRules } from './heaviside.js';
import { indexingRules } from './indexing.js';
import { lstmRules } from './lstm.js';
import { matmulRules } from './matmul.js';
import { normalizationRules } from './normalization.js';
import { orderRules } from './order.js';
import { poolRules } from './pool.js';
import { quantileIndexRules } from './quantile-index.js';
import { randomRules } from './random.js';
import { recurrentRules } from './recurrent.js';
import { reduceRules } from './reduce.js';
import { resizeRules } from './resize.js';
import type { Op, Rule } from './rule.js';
import { scalarFunctionRules } from './scalar-functions.js';
import { scanRules } from './scan.js';
import { shapeRules } from './shape.js';
import { softmaxRules } from './softmax.js';
import { sourceRules } from './sources.js';
import { splitRules } from './split.js';
import { triangularRules } from './triangular.js';

/** The operator table. An operator of `OpAttributes` without a rule does not compile. */
export const rules: { readonly [O in Op]: Rule<O> } = {
  ...sourceRules,
  ...randomRules,
  ...elementwiseRules,
  ...scalarFunctionRules,
  ...activationRules,
  ...heavisideRules,
  ...matmulRules,
  ...convRules,
  ...poolRules,
  ...resizeRules,
  ...batchNormRules,
  ...recurrentRules,
  ...lstmRules,
  ...cachedAttentionRules,
  ...reduceRules,
  ...softmaxRules,
  ...normalizationRules,
  ...scanRules,
  ...orderRules,
  ...quantileIndexRules,
  ...shapeRules,
  ...splitRules,
  ...triangularRules,
  ...indexingRules,
  ...elementRules,
};
