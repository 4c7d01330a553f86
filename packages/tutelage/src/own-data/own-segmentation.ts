import { join } from 'node:path';
import type { SegmentationNet } from '../students/segmentation.js';
import { channelScale, saveSegmenter, saveSegmenterWeights, scaled } from '../students/segmentation-files.js';
import type { LabelledMaps } from '../tasks/labelled-maps.js';
import { loadSegmentation, type SegmentationFolder } from '../tasks/segmentation-folder.js';

/** The user's images with masks, in one size; every channel of the training images has mean 0 and variance 1. */
export interface OwnSegmentation {
  readonly train: LabelledMaps;
  readonly validation: LabelledMaps;
  readonly test: LabelledMaps;
  readonly warnings: readonly string[];
  readonly hash: string;
  /** Writes `student.onnx`, which takes images as they are read, and the weights of its teacher. */
  ship(folder: string, student: SegmentationNet, teacher: SegmentationNet): void;
}

/** @throws {UserError} when the images or masks can't be used */
export async function ownSegmentation(
  found: SegmentationFolder,
  size: { readonly height: number; readonly width: number },
): Promise<OwnSegmentation> {
  const { splits, warnings, hash } = await loadSegmentation(found, size);
  const scale = channelScale(splits.train);
  const train = scaled(splits.train, scale);
  return {
    train,
    validation: scaled(splits.validation, scale),
    test: scaled(splits.test, scale),
    warnings,
    hash,
    ship(folder, student, teacher) {
      saveSegmenter(join(folder, 'student.onnx'), student, train, scale);
      saveSegmenterWeights(join(folder, 'teacher.safetensors'), teacher);
    },
  };
}
