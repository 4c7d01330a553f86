import type { Value } from '../../graph/value.js';
import { add, einsum, matmul, mul, swapAxes, transpose } from '../../ops/index.js';
import type { ImportRules } from '../call.js';

export const linearRules: ImportRules = {
  Einsum: (call) => einsum(call.string('equation'), ...call.all()),
  Gemm: (call) => {
    const product = matmul(call.input(0), call.input(1), {
      transA: call.flag('transA'),
      transB: call.flag('transB'),
      alpha: call.float('alpha', 1),
    });
    const addend = call.optional(2);
    return addend ? add(product, mul(addend, call.float('beta', 1))) : product;
  },
  MatMul: (call) => matmul(call.input(0), call.input(1)),
  'com.microsoft.FusedMatMul': (call) => {
    const operand = (index: number, side: 'A' | 'B'): Value => {
      const x = call.input(index);
      // The matrix's first axis may stand before those of the batch.
      if (!call.flag(`transBatch${side}`)) return x;
      return transpose(x, [...x.shape.map((_, i) => i).slice(1, -1), 0, x.rank - 1]);
    };
    const swapped = (x: Value, side: 'A' | 'B') => (call.flag(`trans${side}`) ? swapAxes(x, -1, -2) : x);
    return matmul(swapped(operand(0, 'A'), 'A'), swapped(operand(1, 'B'), 'B'), {
      alpha: call.float('alpha', 1),
    });
  },
};
