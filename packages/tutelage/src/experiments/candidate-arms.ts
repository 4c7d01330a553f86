import { random } from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import type { Arm } from '../core/claim.js';
import type { DualEncoder, EncoderLearner } from '../students/encoder-learner.js';
import { withUnitLength } from '../students/encoder-student.js';
import { wordBagEncoder } from '../students/word-bag-encoder.js';
import type { ChosenOptions } from '../teachers/chosen-targets.js';
import type { ContrastLog, StepSeen } from '../teachers/contrast-log.js';
import { type IntentPages, intentPages, pagesMeasured } from './intent-pages.js';

export interface CandidateExperiment extends Pick<ChosenOptions, 'candidates' | 'teacherTemperature'> {
  /** See {@link intentPages}. */
  readonly inPage: number;
  readonly learned: number;
  readonly teacherEpochs: number;
  /** Of the student's vectors. */
  readonly width: number;
  readonly learningRate: number;
  readonly batchSize: number;
  readonly steps: number;
  readonly pool: number;
  readonly directions: 'both' | 'query';
}

/** What arms change of the training. */
type Change = Partial<ChosenOptions> & { readonly distil?: number; readonly contrast?: number };

/** The method under test: teaches encoders by candidates and a teacher. */
export type LearnByCandidates = (
  encoders: DualEncoder,
  lessons: IntentPages['lessons'],
  training: CandidateExperiment & Change,
  context: { readonly seed: number; readonly signal: AbortSignal },
) => Promise<{ readonly learner: EncoderLearner; readonly log: ContrastLog }>;

/** Linear encoders of questions and pages, by who picks candidates, what is asked of the teacher, and how samples are weighed. */
export function candidateArms(experiment: CandidateExperiment, learn: LearnByCandidates): Arm[] {
  const arm = (id: string, title: string, change: Change): Arm => ({
    id,
    title,
    async run(seed, signal) {
      const data = await intentPages({ ...experiment, seed, signal });
      const { queries, passages } = data.lessons;
      const { width, batchSize, learningRate } = experiment;
      const words = wordBagEncoder([...passages, ...queries], { width, weighting: 'log' }, random.key(seed));
      const encoder = { ...withUnitLength(words), plan: { batchSize, learningRate } };
      const encoders = { query: encoder, passage: encoder };
      const { learner, log } = await learn(
        encoders,
        data.lessons,
        { ...experiment, ...change },
        { seed, signal },
      );
      const { 'nDCG@10': value, ...figures } = await pagesMeasured(learner.embed, data);
      await learner.dispose();
      const meanOf = (read: (step: StepSeen) => number) =>
        log.steps.length === 0 ? 0 : mean(log.steps.map(read));
      return {
        value,
        figures: {
          ...figures,
          "teacher's entropy": meanOf((step) => step.teacherEntropy),
          "student's entropy": meanOf((step) => step.studentEntropy),
        },
      };
    },
  });
  const still = { weights: 'static' } as const;
  return [
    arm('plain', 'contrast within the batch alone', { distil: 0, contrast: 0 }),
    arm('teacher-static', 'candidates of the teacher, distilled', still),
    arm('random-static', 'random candidates, distilled', { ...still, selector: 'random' }),
    arm('student-static', 'candidates of the student, distilled', { ...still, selector: 'student' }),
    arm('mixed-static', 'candidates of both, distilled', { ...still, selector: 'mixed' }),
    arm('teacher-hard', 'candidates of the teacher, contrasted alone', { ...still, distil: 0 }),
    arm('random-hard', 'random candidates, contrasted alone', { ...still, selector: 'random', distil: 0 }),
    arm('student-hard', 'candidates of the student, contrasted alone', {
      ...still,
      selector: 'student',
      distil: 0,
    }),
    arm('teacher-soft', 'candidates of the teacher, distilled alone', { ...still, contrast: 0 }),
    arm('dynamic', 'of the teacher, weights by both entropies', { weights: 'dynamic' }),
    arm('by-student', "of the teacher, weights by the student's entropy", { weights: 'student' }),
    arm('reverse', 'of the teacher, reversed weights', { weights: 'reverse' }),
    arm('teacher-sharp', 'of the teacher, distilled at temperature 1', { ...still, teacherTemperature: 1 }),
    arm('random-sharp', 'random, distilled at temperature 1', {
      ...still,
      selector: 'random',
      teacherTemperature: 1,
    }),
    arm('teacher-4', 'four candidates of the teacher, distilled', { ...still, candidates: 4 }),
  ];
}
