import type { CataloguePaper } from './paper.js';

export const learners: readonly CataloguePaper[] = [
  {
    card: 17,
    title:
      'Determining the Difficulties of Students With Dyslexia via Virtual Reality and Artificial Intelligence: An Exploratory Analysis',
    arxiv: '2402.01668',
    published: '2024-01-15',
    authorCount: 6,
    summary:
      'A questionnaire and short tests in virtual reality ask students with dyslexia what hinders them. From earlier answers it is predicted which tools and study strategies will help a learner.',
  },
  {
    card: 19,
    title: 'Handwritten Code Recognition for Pen-and-Paper CS Education',
    arxiv: '2408.07220',
    published: '2024-08-07',
    authorCount: 4,
    summary:
      "Python on paper becomes running code: indentation is restored from the geometry of the boxes, and a language model mends the spelling. It must not mend the student's own mistakes, which are what a teacher looks for.",
  },
  {
    card: 26,
    title: 'Scalable and Equitable Math Problem Solving Strategy Prediction in Big Educational Data',
    arxiv: '2308.03892',
    published: '2023-08-07',
    authorCount: 3,
    summary:
      'The sequence of skills that a student will use on a problem is predicted from the log of a tutoring system. Learners are clustered by mastery, and a small sample across the clusters trains the model, rare learners included.',
  },
  {
    card: 35,
    title: 'EduPlanner: LLM-Based Multi-Agent Systems for Customized and Intelligent Instructional Design',
    arxiv: '2504.05370',
    published: '2025-04-07',
    authorCount: 6,
    summary:
      'A lesson plan for one group of learners is rewritten until their predicted score rises, and likely mistakes are added to it. Language models play evaluator, optimiser and analyst over a tree of skills.',
  },
  {
    card: 43,
    title: 'EdNet: A Large-Scale Hierarchical Dataset in Education',
    arxiv: '1912.03072',
    published: '2019-12-06',
    authorCount: 10,
    summary:
      'The log of a language-learning app: 131 million interactions of 784 thousand students on four levels of detail. It is used for predicting the next answer from those so far, and from that what a learner has mastered.',
  },
];
