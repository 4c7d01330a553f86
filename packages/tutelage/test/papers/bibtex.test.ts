import { expect, test } from 'vitest';
import { bibtex } from '../../src/papers/index.js';

test('an entry has what is known of a paper, and nothing that TeX would take for itself', () => {
  const entry = bibtex([
    {
      title: 'On {Costs} & gains: 50 % of $1_000\n~ x^2 # \\alpha',
      authors: ['Ada Lovelace', 'Ole Müller'],
      year: 2025,
      arxiv: '2502.00001',
      url: 'https://arxiv.org/abs/2502.00001',
    },
  ]);
  expect(entry).toBe(`@misc{lovelace2025costs,
  title = {{On Costs \\& gains: 50 \\% of \\$1\\_000 \\textasciitilde{} x\\textasciicircum{}2 \\# \\textbackslash{}alpha}},
  author = {Ada Lovelace and Ole Müller},
  year = {2025},
  eprint = {2502.00001},
  archiveprefix = {arXiv},
  url = {https://arxiv.org/abs/2502.00001},
}
`);
});

test('keys are all different, and of what there is', () => {
  const paper = { title: 'Teaching', authors: ['É. Galois'], year: 2020 };
  const keys = (text: string) => [...text.matchAll(/@misc\{(.*),/g)].map(([, key]) => key);
  expect(keys(bibtex([paper, paper, { title: '學', authors: [] }]))).toEqual([
    'galois2020teaching',
    'galois2020teaching-2',
    'paper',
  ]);
});
