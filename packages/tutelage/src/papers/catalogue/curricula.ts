import type { CataloguePaper } from './paper.js';

export const curricula: readonly CataloguePaper[] = [
  {
    card: 7,
    title: 'Learning to Learn: How to Continuously Teach Humans and Machines',
    arxiv: '2211.15470',
    published: '2022-11-28',
    authorCount: 10,
    summary:
      'The order in which classes arrive decides how much a continual learner, net or person, remembers in the end. The orders are ranked beforehand by distances between class features, without training.',
  },
  {
    card: 22,
    title: 'Teacher algorithms for curriculum learning of Deep RL in continuously parameterized environments',
    arxiv: '1910.07224',
    published: '2019-10-16',
    authorCount: 4,
    summary:
      'A teacher that sees only the parameters of a task and the score chooses the next exercise where scores are changing most. It fits a mixture of Gaussians to absolute learning progress and samples from it.',
  },
  {
    card: 24,
    title:
      'RDTF: Resource-efficient Dual-mask Training Framework for Multi-frame Animated Sticker Generation',
    arxiv: '2503.17735',
    published: '2025-03-22',
    authorCount: 8,
    summary:
      'A small model for animated stickers is trained from scratch with two masks, so that stills, short clips and clips without captions are all of use. A curriculum from easy to hard makes the masked training converge.',
  },
  {
    card: 41,
    title: 'Cyclical Curriculum Learning',
    arxiv: '2202.05531',
    published: '2022-02-11',
    authorCount: 2,
    summary:
      'The share of the training data in use swings from a small easy part to all and back, over and over. Neither a new loss nor new data are needed, and the only teacher is an earlier run of the same net.',
  },
];
