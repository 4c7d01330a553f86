import { pixelsOf } from '../../students/image-input.js';
import type { LoadedStudent, Prediction } from '../../students/load-student.js';
import type { PredictParameters } from '../commands/predict.js';
import { type Answer, jsonLine } from './items.js';

/** Labels of texts, or of the images in files, with their probabilities. */
export function classify(student: LoadedStudent, { top = 1, json }: PredictParameters): Answer {
  return async (items) => {
    const answers = await predictInputs(
      student,
      items.map(({ input }) => input),
    );
    return items.map((item, i) => {
      const [first, ...others] = bestOf(student.labels, answers[i]!, Math.min(top, student.labels.length));
      if (item.row || json) {
        return jsonLine(item, { ...first, ...(top > 1 && { top: [first, ...others] }) });
      }
      return [first!, ...others]
        .map(({ label, probability }) => `${label}\t${probability.toFixed(4)}`)
        .join('\t');
    });
  };
}

async function predictInputs(student: LoadedStudent, inputs: readonly string[]): Promise<Prediction[]> {
  if (student.input === 'text') return student.predict(inputs);
  const { format } = student;
  return student.predict(await Promise.all(inputs.map((input) => pixelsOf(input, format))));
}

function bestOf(
  labels: readonly string[],
  { probabilities }: Prediction,
  count: number,
): { label: string; probability: number }[] {
  return labels
    .map((label, i) => ({ label, probability: Number(probabilities[i]!.toFixed(6)) }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, count);
}
