import type { CataloguePaper } from './paper.js';

export const reasoning: readonly CataloguePaper[] = [
  {
    card: 4,
    title: 'Can LLMs Learn by Teaching? A Preliminary Study',
    arxiv: '2406.14629',
    published: '2024-06-20',
    authorCount: 10,
    summary:
      "Explanations that let weaker models solve similar problems are taken to be the better ones. That feedback picks a strong model's answers, tunes its preferences and improves its worked examples.",
  },
  {
    card: 5,
    title: 'Dualformer: Controllable Fast and Slow Thinking by Learning with Randomized Reasoning Traces',
    arxiv: '2410.09918',
    published: '2024-10-13',
    authorCount: 5,
    summary:
      "A small transformer learns mazes from a solver's search traces, of which structured parts are left out at random. One set of weights then answers at once, thinks first, or chooses between the two.",
  },
  {
    card: 8,
    title: 'More Than One Teacher: Adaptive Multi-Guidance Policy Optimization for Diverse Exploration',
    arxiv: '2510.02227',
    published: '2025-10-02',
    authorCount: 8,
    summary:
      'Reinforcement learning with verified rewards gets no signal from a question on which every attempt fails. There, and only there, solutions of several teachers step in, those first that the student understands best.',
  },
  {
    card: 28,
    title: 'Learning Math Reasoning from Self-Sampled Correct and Partially-Correct Solutions',
    arxiv: '2205.14318',
    published: '2022-05-27',
    authorCount: 7,
    summary:
      'A model samples solutions of its own while it trains, and an executor keeps those that are right, as well as beginnings that reach a known state. Learning from all of them is better than from one reference solution.',
  },
  {
    card: 30,
    title: 'Better LLM Reasoning via Dual-Play',
    arxiv: '2511.11881',
    published: '2025-11-14',
    authorCount: 4,
    summary:
      'One model writes questions with answers and another solves them; both learn by reinforcement without labels. The writer earns by questions that are valid, new and hard for the solver.',
  },
  {
    card: 33,
    title: 'SuperCorrect: Supervising and Correcting Language Models with Error-Driven Insights',
    arxiv: '2410.09008',
    published: '2024-10-11',
    authorCount: 7,
    summary:
      'A small model first learns a structured way of thinking from a large one. Preference tuning on single wrong steps then teaches it to find and mend a mistake as the teacher does.',
  },
  {
    card: 42,
    title:
      "EduFlow: Advancing MLLMs' Problem-Solving Proficiency through Multi-Stage, Multi-Perspective Critique",
    arxiv: '2507.09374',
    published: '2025-07-12',
    authorCount: 6,
    summary:
      'A critic that marks single steps guides a tree search over school problems, with reflection as one of the moves. The solver is trained on what was searched, and criticised again when it answers.',
  },
  {
    card: 44,
    title: 'ThinkTuning: Instilling Cognitive Reflections without Distillation',
    arxiv: '2508.07616',
    published: '2025-08-11',
    authorCount: 7,
    summary:
      "A teacher of the same size reads a student's answer and goes on with feedback and a corrected solution. The continued answer is rewarded like any other, and so habits of reflection are learned that the student did not have.",
  },
];
