import { convRules } from './conv.js';
import { elementwiseRules } from './elementwise.js';
import { indexingRules } from './indexing.js';
import { matmulRules } from './matmul.js';
import { reduceRules } from './reduce.js';
import type { Op, Rule } from './rule.js';
import { shapeRules } from './shape.js';
import { softmaxRules } from './softmax.js';
import { sourceRules } from './sources.js';

/** The operator table. An operator of `OpAttributes` without a rule does not compile. */
export const rules: { readonly [O in Op]: Rule<O> } = {
  ...sourceRules,
  ...elementwiseRules,
  ...matmulRules,
  ...convRules,
  ...reduceRules,
  ...softmaxRules,
  ...shapeRules,
  ...indexingRules,
};
