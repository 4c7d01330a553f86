import { writeFileSync } from 'node:fs';
import {
  argMax,
  constant,
  div,
  exportOnnx,
  exportSafetensors,
  reshape,
  saveModel,
  sub,
  type Tensor,
  type Tree,
  type Value,
} from '@tutelage/engine';
import { atResolution, type Segmenter, type SegmenterState, segmenter } from '../models/segmenter.js';
import { explained } from '../runs/file-errors.js';
import type { LabelledMaps } from '../tasks/labelled-maps.js';
import type { SegmentationNet } from './segmentation.js';

/** Of each channel, in the units of the inputs. */
export interface ChannelScale {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** Mean and standard deviation of each channel; a constant one has the deviation 1. */
export function channelScale({ inputs, count, channels, size }: LabelledMaps): ChannelScale {
  const area = size.reduce((a, b) => a * b, 1);
  const channelOf = (i: number) => Math.floor(i / area) % channels;
  const [mean, square] = [new Float64Array(channels), new Float64Array(channels)];
  // Divided at the end: the sum of equal numbers is exact, and so what is constant has no variance.
  for (let i = 0; i < inputs.length; i++) mean[channelOf(i)]! += inputs[i]!;
  for (let c = 0; c < channels; c++) mean[c]! /= count * area;
  for (let i = 0; i < inputs.length; i++) square[channelOf(i)]! += (inputs[i]! - mean[channelOf(i)]!) ** 2;
  return { mean: [...mean], deviation: Array.from(square, (sum) => Math.sqrt(sum / (count * area)) || 1) };
}

/** Maps with every channel brought to a scale. */
export function scaled(maps: LabelledMaps, { mean, deviation }: ChannelScale): LabelledMaps {
  const area = maps.size.reduce((a, b) => a * b, 1);
  const inputs = maps.inputs.map((x, i) => {
    const channel = Math.floor(i / area) % maps.channels;
    return (x - mean[channel]!) / deviation[channel]!;
  });
  return { ...maps, inputs };
}

/**
 * Writes a net of images as an ONNX model that takes `image` [batch, channels, height, width] as it is read, and gives `logits`
 * [batch, classes, height, width] and `classes` [batch, height, width].
 *
 * @throws {UserError} when it can't be written
 */
export function saveSegmenter(
  path: string,
  net: SegmentationNet,
  { channels, size, classes }: LabelledMaps,
  { mean, deviation }: ChannelScale,
): void {
  type Parts = { readonly params: Segmenter<Value>; readonly state: SegmenterState<Value> };
  const perChannel = (values: readonly number[]) =>
    reshape(constant({ dtype: 'float32', shape: [channels], data: Float32Array.from(values) }), [
      channels,
      1,
      1,
    ]);
  const model = exportOnnx<Parts, { image: { dtype: 'float32'; shape: readonly (string | number)[] } }>(
    ({ params, state }, { image }) => {
      const x = div(sub(image, perChannel(mean)), perChannel(deviation));
      const logits = atResolution(segmenter(params, x, state).logits, size);
      return { logits, classes: argMax(logits, 1) };
    },
    net,
    { image: { dtype: 'float32', shape: ['batch', channels, ...size] } },
    { metadata: { name: 'segmenter', labels: classes } },
  );
  explained('write the student', path, () => saveModel(path, model));
}

/**
 * Writes a net's parameters and running statistics as safetensors.
 *
 * @throws {UserError} when it can't be written
 */
export function saveSegmenterWeights(path: string, { params, state }: SegmentationNet): void {
  const bytes = exportSafetensors({ params, state } as unknown as Tree<Tensor>);
  explained('write the teacher', path, () => writeFileSync(path, bytes));
}
