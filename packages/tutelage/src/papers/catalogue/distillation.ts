import type { CataloguePaper } from './paper.js';

export const distillation: readonly CataloguePaper[] = [
  {
    card: 1,
    title:
      'Make a Strong Teacher with Label Assistance: A Novel Knowledge Distillation Approach for Semantic Segmentation',
    arxiv: '2407.13254',
    published: '2024-07-18',
    authorCount: 6,
    summary:
      "A segmentation net that also sees a noised copy of the training labels becomes a strong teacher, although it is no larger than its student. The student learns from the teacher's soft maps and needs no labels when it is used.",
  },
  {
    card: 14,
    title: 'ScaleKD: Strong Vision Transformers Could Be Excellent Teachers',
    arxiv: '2411.06786',
    published: '2024-11-11',
    authorCount: 4,
    summary:
      'A strong vision transformer teaches a student of another build through its features. Three helpers bridge how features are computed, their size and their density, and are dropped after training.',
  },
  {
    card: 29,
    title: 'Knowledge Concentration: Learning 100K Object Classifiers in a Single CNN',
    arxiv: '1711.07607',
    published: '2017-11-20',
    authorCount: 5,
    summary:
      'Specialists for many groups of classes are trained first and then poured into one net with the whole vocabulary. The generalist is better than one trained flat on all classes.',
  },
  {
    card: 32,
    title: 'MST-Distill: Mixture of Specialized Teachers for Cross-Modal Knowledge Distillation',
    arxiv: '2507.07015',
    published: '2025-07-09',
    authorCount: 6,
    summary:
      'A student of one modality learns from teachers that see two, or the other one. Masked copies of the teachers keep to cues that the student has, and a router picks one for each sample.',
  },
  {
    card: 37,
    title: 'On Teacher Hacking in Language Model Distillation',
    arxiv: '2502.02671',
    published: '2025-02-04',
    authorCount: 7,
    summary:
      'A student can come closer to its teacher while it gets further from the truth, which an oracle makes visible. It happens with few fixed data and many passes; fresh and diverse data prevent it.',
  },
  {
    card: 39,
    title: 'On the Generalization vs Fidelity Paradox in Knowledge Distillation',
    arxiv: '2505.15442',
    published: '2025-05-21',
    authorCount: 3,
    summary:
      "Over many pairs of teacher and student, distillation raises accuracy most for small students, while their reasoning need not become the teacher's. Accuracy, agreement and likeness are measured apart.",
  },
  {
    card: 47,
    title: 'Talking Models: Distill Pre-trained Knowledge to Downstream Models via Interactive Communication',
    arxiv: '2310.03188',
    published: '2023-10-04',
    authorCount: 6,
    summary:
      "Teacher and student exchange messages in a shared space, in both directions, on the student's task. The teacher answers in terms that the student can decode, and stays nearly as it was.",
  },
];
