import type { CataloguePaper } from './paper.js';

export const dialogue: readonly CataloguePaper[] = [
  {
    card: 9,
    title:
      'Can Language Models Teach Weaker Agents? Teacher Explanations Improve Students via Theory of Mind',
    arxiv: '2306.09299',
    published: '2023-06-15',
    authorCount: 3,
    summary:
      'A teacher that may explain only part of the questions decides whether, when and how an explanation helps a weaker student. It does so by predicting what the student would answer with it and without it.',
  },
  {
    card: 18,
    title:
      'MathDial: A Dialogue Tutoring Dataset with Rich Pedagogical Properties Grounded in Math Reasoning Problems',
    arxiv: '2305.14536',
    published: '2023-05-23',
    authorCount: 7,
    summary:
      'Human tutors talk with a language model that plays a pupil who holds one particular misconception. Tutors trained on these dialogues are scored by how often the pupil gets there and how often the answer is given away.',
  },
  {
    card: 40,
    title: 'Pedagogical Alignment of Large Language Models',
    arxiv: '2402.05000',
    published: '2024-02-07',
    authorCount: 4,
    summary:
      'A good tutor gives hints where an assistant gives the answer. Pairs made automatically, with the better act of tutoring preferred, train this better than imitation alone.',
  },
];
