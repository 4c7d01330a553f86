import type { CataloguePaper } from './paper.js';

export const alignment: readonly CataloguePaper[] = [
  {
    card: 3,
    title: 'Advantage-Guided Distillation for Preference Alignment in Small Language Models',
    arxiv: '2502.17927',
    published: '2025-02-25',
    authorCount: 5,
    summary:
      'A large teacher is tuned on preferences first, and a small student then learns from what the teacher thinks of good and bad answers, token by token. It helps where direct preference tuning does little for a small model.',
  },
  {
    card: 16,
    title:
      "Don't Ignore Dual Logic Ability of LLMs while Privatizing: A Data-Intensive Analysis in Medical Domain",
    arxiv: '2309.04198',
    published: '2023-09-08',
    authorCount: 7,
    summary:
      'A model tuned on the texts of one domain tends to confirm a fact and its opposite alike. Pairs of opposite questions measure this, and some general pairs in the mixture repair it.',
  },
  {
    card: 21,
    title: 'Curry-DPO: Enhancing Alignment using Curriculum Learning & Ranked Preferences',
    arxiv: '2403.07230',
    published: '2024-03-11',
    authorCount: 5,
    summary:
      'Where several rated answers exist, preference pairs are shown from an easy, wide gap to a hard, narrow one. Each round starts from the model of the round before, and refers to it.',
  },
];
