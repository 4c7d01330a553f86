import type { CataloguePaper } from './paper.js';

export const data: readonly CataloguePaper[] = [
  {
    card: 6,
    title: 'Unlock the Power: Competitive Distillation for Multi-Modal Large Language Models',
    arxiv: '2311.08213',
    published: '2023-11-14',
    authorCount: 4,
    summary:
      'A small vision and language model is taught by questions and answers alone. An assessor finds where it falls behind the teacher, and new questions of that kind join the pool for the next round.',
  },
  {
    card: 10,
    title: 'Skill-Mix: a Flexible and Expandable Family of Evaluations for AI models',
    arxiv: '2310.17567',
    published: '2023-10-26',
    authorCount: 6,
    summary:
      'A model is asked to write a short text that shows several skills at once, drawn at random with a topic. There are too many combinations for texts it remembers to be enough.',
  },
  {
    card: 11,
    title: 'SIGHT: A Large Annotated Dataset on Student Insights Gathered from Higher Education Transcripts',
    arxiv: '2306.09343',
    published: '2023-06-15',
    authorCount: 4,
    summary:
      'Comments on lecture videos are sorted into nine categories of a rubric, first by people on a sample and then by a language model on all. The agreement between people says for each category how far the labels can be trusted.',
  },
  {
    card: 13,
    title: 'Aligning Teacher with Student Preferences for Tailored Training Data Generation',
    arxiv: '2406.19227',
    published: '2024-06-27',
    authorCount: 6,
    summary:
      'A teacher that writes training examples is tuned towards those that help one given student. What helped becomes preference pairs for the teacher, and the tuned teacher writes the final data.',
  },
  {
    card: 15,
    title: 'AI-Assisted Generation of Difficult Math Questions',
    arxiv: '2407.21009',
    published: '2024-07-30',
    authorCount: 9,
    summary:
      'New and harder mathematics questions come from forcing two different skills into one. Models attack and vet each question before a person sees it, and scores on the new set should be near the square of the old ones.',
  },
  {
    card: 27,
    title: 'How Abilities in Large Language Models are Affected by Supervised Fine-tuning Data Composition',
    arxiv: '2310.05492',
    published: '2023-10-09',
    authorCount: 10,
    summary:
      'One model is to keep mathematics, code and conversation after being tuned on data for each. The special sets come first, then the general one with a small replayed share of the special ones.',
  },
  {
    card: 31,
    title: 'Skill-Targeted Adaptive Training',
    arxiv: '2510.10023',
    summary:
      "A strong model looks at a student's wrong answers and names the skills that were missing. The training set is then selected anew or written anew around those skills.",
  },
  {
    card: 36,
    title:
      'Advancing Math Reasoning in Language Models: The Impact of Problem-Solving Data, Data Synthesis Methods, and Training Stages',
    arxiv: '2501.14002',
    published: '2025-01-23',
    authorCount: 6,
    summary:
      "For a reasoning skill, problems with worked solutions are worth more training tokens than text about the subject. Of the ways to multiply such problems the best one plays a tutor who finds, explains and corrects a weak student's wrong step.",
  },
  {
    card: 38,
    title: 'Guiding Through Complexity: What Makes Good Supervision for Hard Reasoning Tasks?',
    arxiv: '2410.20533',
    published: '2024-10-27',
    authorCount: 3,
    summary:
      'A supervisor who is too weak for hard tasks may label them badly or label easier parts well. Hard tasks labelled badly teach more, wrong steps harm more than wrong ends, and matching parts add to both.',
  },
  {
    card: 45,
    title: 'CollabStory: Multi-LLM Collaborative Story Generation and Authorship Analysis',
    arxiv: '2406.12665',
    published: '2024-06-18',
    authorCount: 3,
    summary:
      'Several language models write a story in turns, so that the author of each part is known. Detectors are asked whether there were several authors, how many, and who wrote what.',
  },
  {
    card: 46,
    title: 'DataEnvGym: Data Generation Agents in Teacher Environments with Student Feedback',
    arxiv: '2410.06215',
    published: '2024-10-08',
    authorCount: 4,
    summary:
      "A testbed for teachers that write training data: task, student and agent can each be exchanged. The agent sees what the student gets wrong, plans and writes data, and its reward is the student's improvement.",
  },
];
