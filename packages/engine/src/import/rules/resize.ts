import { normalizeAxis } from '../../graph/shape.js';
import type { Value } from '../../graph/value.js';
import { type ResizeOptions, resize } from '../../ops/index.js';
import type { Call, ImportRules } from '../call.js';

const modes: Readonly<Record<string, ResizeOptions['mode']>> = {
  nearest: 'nearest',
  linear: 'linear',
  bilinear: 'linear',
};
const coordinates = ['half_pixel', 'pytorch_half_pixel', 'align_corners', 'asymmetric'] as const;
const roundings = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'] as const;

/** What `Resize` meant before operator set 11, and `Upsample`. */
const early: ResizeOptions = { coordinates: 'asymmetric', rounding: 'floor' };

export const resizeRules: ImportRules = {
  Resize: (call) => {
    if (call.version < 11) return scaled(call, call.input(0), call.known(1), early);
    for (const unsupported of ['antialias', 'exclude_outside']) {
      if (call.flag(unsupported)) call.fail(`attribute that is not supported: '${unsupported}'`);
    }
    if (call.string('keep_aspect_ratio_policy', 'stretch') !== 'stretch') {
      call.fail("attribute that is not supported: 'keep_aspect_ratio_policy'");
    }
    const options = {
      coordinates: oneOf(call, 'coordinate_transformation_mode', coordinates),
      rounding: oneOf(call, 'nearest_mode', roundings),
    };
    const x = call.input(0);
    const scales = call.optional(2) && call.known(2);
    if (scales && scales.length > 0)
      return scaled(
        call,
        x,
        onAllAxes(call, x, scales, () => 1),
        options,
      );
    const sizes = onAllAxes(call, x, call.knownInts(3), (d) => d);
    return resized(call, x, sizes, options);
  },
  Upsample: (call) => {
    const scales = call.version < 9 ? call.attribute('scales', 'floats') : call.known(1);
    return scaled(call, call.input(0), scales ?? call.fail("attribute missing: 'scales'"), early);
  },
};

function oneOf<T extends string>(call: Call, name: string, values: readonly [T, ...T[]]): T {
  const given = call.string(name, values[0]);
  return values.find((v) => v === given) ?? call.fail(`${name} that is not supported: '${given}'`);
}

/** Numbers for some axes, with those of the others filled in. */
function onAllAxes(
  call: Call,
  x: Value,
  numbers: readonly number[],
  otherwise: (size: number) => number,
): readonly number[] {
  const axes = call.ints('axes')?.map((a) => normalizeAxis(a, x.rank, 'Resize'));
  return axes ? x.shape.map((d, i) => numbers[axes.indexOf(i)] ?? otherwise(d)) : numbers;
}

function scaled(call: Call, x: Value, scales: readonly number[], options: ResizeOptions): Value {
  const sizes = x.shape.map((d, i) => Math.floor(d * (scales[i] ?? Number.NaN)));
  return resized(call, x, sizes, { ...options, scales: scales.slice(2) });
}

function resized(call: Call, x: Value, sizes: readonly number[], options: ResizeOptions): Value {
  const name = call.string('mode', 'nearest');
  const mode = modes[name] ?? call.fail(`mode that is not supported: '${name}'`);
  if (sizes[0] !== x.shape[0] || sizes[1] !== x.shape[1]) call.fail('only spatial axes can be resized');
  return resize(x, sizes.slice(2), { ...options, mode });
}
