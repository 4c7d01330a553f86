import { ModelFileError, nodePlace } from '../onnx/errors.js';
import { DataType, type OnnxNode, type OnnxTensor } from '../onnx/model.js';
import { operatorName } from './operator-sets.js';

/** A tensor that a node holds among its attributes, under the name by which it is a parameter. */
export interface Held {
  readonly part: 'value' | 'coefficients' | 'intercepts';
  readonly name: string;
  readonly tensor: OnnxTensor;
}

/** Tensors that a node holds: the value of a constant, the weights of a linear model of scikit-learn. */
export function heldBy(node: OnnxNode): Held[] {
  const output = node.outputs.find((name) => name !== '') ?? '';
  switch (operatorName(node)) {
    case 'Constant': {
      const { value } = node.attributes;
      return value?.type === 'tensor' ? [{ part: 'value', name: output, tensor: value.value }] : [];
    }
    case 'ai.onnx.ml.LinearClassifier':
    case 'ai.onnx.ml.LinearRegressor': {
      const numbers = (name: string): readonly number[] => {
        const found = node.attributes[name];
        return found?.type === 'floats' ? found.value : [];
      };
      const [coefficients, intercepts] = [numbers('coefficients'), numbers('intercepts')];
      const rows = rowsOf(node);
      if (rows < 1 || coefficients.length === 0 || coefficients.length % rows !== 0) {
        throw new ModelFileError(
          `${coefficients.length} coefficients for ${rows} results (${nodePlace(node)})`,
        );
      }
      const held = (part: 'coefficients' | 'intercepts', dims: number[], values: readonly number[]): Held => {
        const data = new Uint8Array(Float32Array.from(values).buffer);
        return {
          part,
          name: `${output}.${part}`,
          tensor: { name: '', dataType: DataType.FLOAT, dims, data },
        };
      };
      return [
        held('coefficients', [rows, coefficients.length / rows], coefficients),
        ...(intercepts.length === rows ? [held('intercepts', [rows], intercepts)] : []),
      ];
    }
    default:
      return [];
  }
}

/** How many results a linear model gives. */
function rowsOf({ attributes }: OnnxNode): number {
  const { targets, classlabels_ints: ints, classlabels_strings: strings } = attributes;
  if (ints?.type === 'ints' && ints.value.length > 0) return ints.value.length;
  if (strings?.type === 'strings' && strings.value.length > 0) return strings.value.length;
  return targets?.type === 'int' ? targets.value : 1;
}
