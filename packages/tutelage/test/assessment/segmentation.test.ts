import { expect, test } from 'vitest';
import { pixelConfusion, segmentationLines, segmentationScores } from '../../src/assessment/segmentation.js';

test('intersection over union by class, without the pixels to ignore', () => {
  //                       right  as 1  right  as 0  ignored
  const labels = [0, 0, 0, 0, 1, 1, 9];
  const answers = [0, 0, 0, 1, 1, 0, 2];
  const { iou, meanIou, pixelAccuracy } = segmentationScores(pixelConfusion(labels, answers, 3, 9));
  expect(iou).toEqual([3 / 5, 1 / 3, undefined]);
  expect(meanIou).toBeCloseTo((3 / 5 + 1 / 3) / 2, 12);
  expect(pixelAccuracy).toBeCloseTo(4 / 6, 12);
});

test('a class that is answered and never there has no intersection', () => {
  const { iou, meanIou } = segmentationScores(pixelConfusion([0, 0], [0, 1], 2, 9));
  expect(iou).toEqual([1 / 2, 0]);
  expect(meanIou).toBe(1 / 4);
});

test('what can not be measured is refused', () => {
  expect(() => pixelConfusion([9, 9], [0, 0], 2, 9)).toThrow('nothing to measure');
  expect(() => pixelConfusion([0], [0, 1], 2, 9)).toThrow('different lengths');
  expect(() => pixelConfusion([0, 3], [0, 1], 2, 9)).toThrow('no such class: 3');
});

test('lines name nets and classes', () => {
  const net = { name: 'student', meanIou: 0.5, pixelAccuracy: 0.75, iou: [0.5, undefined] };
  const lines = segmentationLines(['road', 'sky'], [net]).map((line) => line.replaceAll('\u00a0', ' '));
  expect(lines).toEqual(['student: mean IoU 50.0 %, right pixels 75.0 %', '  road: 50.0 %', '  sky: -']);
});
