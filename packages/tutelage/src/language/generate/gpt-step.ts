import {
  add,
  cachedAttention,
  gatherElements,
  gelu,
  layerNorm,
  matmul,
  nn,
  type Value,
} from '@tutelage/engine';
import type { Gpt, GptConfig } from '../../models/gpt.js';
import type { Step, StepArguments } from './step.js';

/** A GPT model as a function of new tokens and the cache of the past. Equal to `gpt` on the whole sequence, up to rounding. */
export function gptStep({ heads }: Pick<GptConfig, 'heads'>): Step<Gpt<Value>> {
  return (p, { tokens, places, rows, cache, ...shared }: StepArguments) => {
    const norm = (s: { readonly weight: Value }, x: Value) => layerNorm(x, s.weight, undefined, 1e-5);
    let x = add(nn.embed(p.wte, tokens), nn.embed(p.wpe, places));
    const added = p.h.map((layer, i) => {
      const packed = nn.linear(layer.attn.c_attn, norm(layer.ln_1, x));
      const attended = cachedAttention(packed, { heads, keyValueHeads: heads, ...cache[i]!, ...shared });
      x = add(x, nn.linear(layer.attn.c_proj, attended.context));
      x = add(x, nn.linear(layer.mlp.c_proj, gelu(nn.linear(layer.mlp.c_fc, norm(layer.ln_2, x)))));
      return { keys: attended.keys, values: attended.values };
    });
    const normed = norm(p.ln_f, x);
    const last = rows ? gatherElements(normed, rows, 1) : normed;
    return { logits: matmul(last, p.wte.weight, { transB: true }), added };
  };
}
