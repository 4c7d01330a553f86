import {
  add,
  cachedAttention,
  concat,
  constant,
  gatherElements,
  matmul,
  mul,
  nn,
  rmsNorm,
  silu,
  type Tensor,
  tensor,
  type Value,
} from '@tutelage/engine';
import { headWidthOf, type Llama, type LlamaConfig } from '../../models/llama.js';
import { rotaryFrequencies } from '../../models/rotary-frequencies.js';
import type { Step, StepArguments } from './step.js';

/** Cosines and sines of rotary positions, [positions, frequencies]. */
function rotaryTables(
  positions: number,
  frequencies: readonly number[],
): { readonly cos: Tensor; readonly sin: Tensor } {
  const planes = frequencies.length;
  const table = (of: (angle: number) => number) =>
    tensor(
      Float32Array.from({ length: positions * planes }, (_, i) =>
        of(Math.floor(i / planes) * frequencies[i % planes]!),
      ),
      [positions, planes],
    );
  return { cos: table(Math.cos), sin: table(Math.sin) };
}

/**
 * A LLaMA model as a function of new tokens and the cache of the past. Equal to `llama` on the whole sequence, up to
 * rounding.
 *
 * @param positions most positions that a sequence can have
 */
export function llamaStep(config: LlamaConfig, positions: number): Step<Llama<Value>> {
  const { heads, keyValueHeads, ropeTheta, ropeScaling, rmsNormEpsilon: epsilon } = config;
  const tables = rotaryTables(positions, rotaryFrequencies(headWidthOf(config), ropeTheta, ropeScaling));
  return (p, { tokens, places, rows, cache, ...shared }: StepArguments) => {
    const rotary = { places, cos: constant(tables.cos), sin: constant(tables.sin) };
    const norm = (s: { readonly weight: Value }, x: Value) => rmsNorm(x, s.weight, epsilon);
    let x = nn.embed(p.model.embed_tokens, tokens);
    const added = p.model.layers.map((layer, i) => {
      const { q_proj, k_proj, v_proj, o_proj, q_norm, k_norm } = layer.self_attn;
      // Weights are constants here, so that the runtime joins them once.
      const weight = concat([q_proj.weight, k_proj.weight, v_proj.weight], 0);
      const biases = [q_proj, k_proj, v_proj].flatMap(({ bias }) => bias ?? []);
      const joined = biases.length === 0 ? { weight } : { weight, bias: concat(biases, 0) };
      const packed = nn.linear(joined, norm(layer.input_layernorm, x));
      const norms = q_norm && k_norm && { queries: q_norm.weight, keys: k_norm.weight, epsilon };
      const attended = cachedAttention(packed, {
        heads,
        keyValueHeads,
        rotary,
        ...(norms && { norms }),
        ...cache[i]!,
        ...shared,
      });
      x = add(x, nn.linear(o_proj, attended.context));
      const { gate_proj, up_proj, down_proj } = layer.mlp;
      const m = norm(layer.post_attention_layernorm, x);
      x = add(x, nn.linear(down_proj, mul(silu(nn.linear(gate_proj, m)), nn.linear(up_proj, m))));
      return { keys: attended.keys, values: attended.values };
    });
    const normed = norm(p.model.norm, x);
    const last = rows ? gatherElements(normed, rows, 1) : normed;
    const head = p.lm_head?.weight ?? p.model.embed_tokens.weight;
    return { logits: matmul(last, head, { transB: true }), added };
  };
}
