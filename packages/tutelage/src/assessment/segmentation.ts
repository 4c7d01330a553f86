import { checkPaired, mean } from './checks.js';
import { type ConfusionMatrix, confusionMatrix } from './confusion.js';
import { percent } from './wording.js';

export interface SegmentationScores {
  /** Mean of the classes' intersections over union, over the classes that occur in labels or answers, in [0, 1]. */
  readonly meanIou: number;
  /** Of each class, in [0, 1]; undefined where the class does not occur. */
  readonly iou: readonly (number | undefined)[];
  /** Share of right pixels, in [0, 1]. */
  readonly pixelAccuracy: number;
}

/**
 * Counts how the pixels of all examples were taken, those to ignore left out.
 *
 * @param labels ids of all pixels
 * @param predicted the answer at each of them, in [0, classes)
 * @param ignore the id that counts for nothing
 * @throws RangeError if the lists differ in length, no pixel counts, or a class is outside
 */
export function pixelConfusion(
  labels: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
  ignore: number,
): ConfusionMatrix {
  checkPaired('segmentation', labels, predicted);
  const counted: number[] = [];
  for (let i = 0; i < labels.length; i++) if (labels[i] !== ignore) counted.push(i);
  const at = (values: ArrayLike<number>) => Int32Array.from(counted, (i) => values[i]!);
  return confusionMatrix(at(labels), at(predicted), classes);
}

/** Intersection over union of each class, from the pixels of all examples together (Everingham et al. 2010, section 4.1.4). */
export function segmentationScores({ size, counts }: ConfusionMatrix): SegmentationScores {
  let [right, total] = [0, 0];
  const iou = Array.from({ length: size }, (_, label) => {
    let union = 0;
    for (let other = 0; other < size; other++) {
      union += counts[label * size + other]!;
      if (other !== label) union += counts[other * size + label]!;
      total += counts[label * size + other]!;
    }
    const both = counts[label * size + label]!;
    right += both;
    return union === 0 ? undefined : both / union;
  });
  return {
    meanIou: mean(iou.filter((own) => own !== undefined)),
    iou,
    pixelAccuracy: right / total,
  };
}

/** Several nets' scores as lines: a summary of each, then the intersection over union of each class, net by net. */
export function segmentationLines(
  classes: readonly string[],
  nets: readonly (SegmentationScores & { readonly name: string })[],
): string[] {
  const share = (value: number | undefined) => (value === undefined ? '-' : percent(value));
  return [
    ...nets.map(
      ({ name, meanIou, pixelAccuracy }) =>
        `${name}: mean IoU ${percent(meanIou)}, right pixels ${percent(pixelAccuracy)}`,
    ),
    ...classes.map((label, i) => `  ${label}: ${nets.map(({ iou }) => share(iou[i])).join(', ')}`),
  ];
}
