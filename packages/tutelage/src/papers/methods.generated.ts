/** Made by `npm run generate`: the method of each paper that has one, by the number of its card. */
export const methodsByCard: Readonly<Record<number, string>> = {
  1: 'label-assisted-distillation',
  2: 'cprd',
  3: 'advantage-guided-distillation',
  5: 'dualformer',
  8: 'ampo',
  9: 'theory-of-mind-teacher',
  11: 'sight',
  12: 'tas-balanced',
  21: 'curry-dpo',
  22: 'alp-gmm',
  31: 'stat',
  32: 'mst-distill',
  37: 'teacher-hacking',
  40: 'pedagogical-alignment',
  41: 'cyclical-curriculum',
  43: 'knowledge-tracing',
};
