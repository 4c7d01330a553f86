import { ModelFileError } from '../onnx/errors.js';

const quantized =
  /(^|\.)(QLinear|QGemm|QAttention|DynamicQuantize|Quantize|Dequantize|MatMulInteger|ConvInteger|MatMulNBits)/;

/** Operators of a model that have no counterpart in the engine, so that the model can't be trained. */
export class UnsupportedOperatorsError extends ModelFileError {
  /** @param operators names of the nodes of each operator */
  constructor(readonly operators: ReadonlyMap<string, readonly string[]>) {
    const lines = [...operators].map(
      ([operator, nodes]) => `  ${operator}: ${nodes.map((n) => `'${n}'`).join(', ')}`,
    );
    const hint = [...operators.keys()].some((operator) => quantized.test(operator))
      ? '\nA quantized model has no gradients: import the float model that it was made from.'
      : '';
    super(`operators that can't be imported: ${operators.size}\n${lines.join('\n')}${hint}`);
  }
}
