import type { ImportRule, ImportRules } from './call.js';
import { attentionRules } from './rules/attention.js';
import { classicRules } from './rules/classic.js';
import { controlFlowRules } from './rules/control-flow.js';
import { convolutionRules } from './rules/convolution.js';
import { elementwiseRules } from './rules/elementwise.js';
import { indexingRules } from './rules/indexing.js';
import { linearRules } from './rules/linear.js';
import { lossRules } from './rules/losses.js';
import { normaliseRules } from './rules/normalise.js';
import { recurrentRules } from './rules/recurrent.js';
import { reduceRules } from './rules/reduce.js';
import { resizeRules } from './rules/resize.js';
import { shapeRules } from './rules/shape.js';

/** What each of ONNX's operators is in ours. Operators of other domains have the domain before their name. */
const rules: ImportRules = {
  ...elementwiseRules,
  ...shapeRules,
  ...indexingRules,
  ...linearRules,
  ...reduceRules,
  ...normaliseRules,
  ...convolutionRules,
  ...resizeRules,
  ...recurrentRules,
  ...attentionRules,
  ...controlFlowRules,
  ...lossRules,
  ...classicRules,
};

/** The rule of an operator, or undefined for one that can't be imported. */
export function ruleFor(operator: string): ImportRule | undefined {
  return Object.hasOwn(rules, operator) ? rules[operator] : undefined;
}
