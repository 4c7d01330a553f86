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
import type { Step, StepArguments } from './decoder.js';

/** A GPT model as a function of new tokens and the cache of the past. Equal to `gpt` on the whole sequence, up to rounding. */
export function gptStep({ heads }: Pick<GptConfig, 'heads'>): Step<Gpt<Value>> {
  return (p, { tokens, places, rows, lengths, total, cache }: StepArguments) => {
    const norm = (s: { readonly weight: Value }, x: Value) => layerNorm(x, s.weight, undefined, 1e-5);
    let x = add(nn.embed(p.wte, tokens), nn.embed(p.wpe, places));
    const next = p.h.map((layer, i) => {
      const packed = nn.linear(layer.attn.c_attn, norm(layer.ln_1, x));
      const options = { heads, keyValueHeads: heads, lengths, total };
      const attended = cachedAttention(packed, cache[i]!, options);
      x = add(x, nn.linear(layer.attn.c_proj, attended.context));
      x = add(x, nn.linear(layer.mlp.c_proj, gelu(nn.linear(layer.mlp.c_fc, norm(layer.ln_2, x)))));
      return attended.cache;
    });
    const last = gatherElements(norm(p.ln_f, x), rows, 1);
    return { logits: matmul(last, p.wte.weight, { transB: true }), cache: next };
  };
}
