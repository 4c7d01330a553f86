import type { CataloguePaper } from './paper.js';

export const retrieval: readonly CataloguePaper[] = [
  {
    card: 2,
    title: 'How to Make Cross Encoder a Good Teacher for Efficient Image-Text Retrieval?',
    arxiv: '2407.07479',
    published: '2024-07-10',
    authorCount: 10,
    summary:
      'A slow model that reads picture and text together teaches a fast one that embeds them apart. It hands over the order of the hardest wrong candidates and leaves its scores aside.',
  },
  {
    card: 12,
    title: 'Efficiently Teaching an Effective Dense Retriever with Balanced Topic Aware Sampling',
    arxiv: '2104.06967',
    published: '2021-04-14',
    authorCount: 5,
    summary:
      'A small dense retriever is trained on one graphics card by batches of queries on one topic, with pairs from narrow to wide margins. Two teachers score them: one that reads pairs, and one that compares within the batch.',
  },
  {
    card: 20,
    title:
      'Alloprof: a new French question-answer education dataset and its use in an information retrieval case study',
    arxiv: '2302.07738',
    published: '2023-02-10',
    authorCount: 3,
    summary:
      'Questions of pupils in Quebec are matched with the help pages that teachers linked in their answers. The links are the supervision, and a small retriever is the student.',
  },
  {
    card: 23,
    title: 'Dynamic Contrastive Distillation for Image-Text Retrieval',
    arxiv: '2207.01426',
    published: '2022-07-04',
    authorCount: 7,
    summary:
      'A model that ranks pictures and texts is made small while its teacher picks the hard negatives. The weight of each sample follows its difficulty and what the student can do by now.',
  },
  {
    card: 25,
    title: 'MaskSearch: A Universal Pre-Training Framework to Enhance Agentic Search Capability',
    arxiv: '2505.20285',
    published: '2025-05-26',
    authorCount: 9,
    summary:
      'A model learns to search by filling masked spans in paragraphs with the help of a search tool, before any question is asked. Several masks are harder than one, and that is the curriculum.',
  },
  {
    card: 34,
    title: 'SciPIP: An LLM-based Scientific Paper Idea Proposer',
    arxiv: '2410.23166',
    published: '2024-10-30',
    authorCount: 10,
    summary:
      'For a stated research problem, papers are found by meaning, by entities and by being cited together. Ideas are drawn from them and from free association, and merged into a few proposals.',
  },
];
