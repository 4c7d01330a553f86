import { join } from 'node:path';
import { decodeModel, type OnnxModel, saveModel, toFloat16, weights } from '@tutelage/engine';
import { UserError } from '../../core/errors.js';
import { openCausalModel } from '../../language/causal-model.js';
import { exportCausalModel } from '../../language/export-onnx.js';
import { writeFileAtomic } from '../../runs/atomic.js';
import { explained } from '../../runs/file-errors.js';
import { nodeFileSystem as fs } from '../../runs/file-system.js';
import type { ExportParameters } from '../commands/export.js';
import type { Console } from '../console.js';
import { studentIn } from '../student-in.js';

/** `tutelage export`. */
export async function exportStudent({ run, file, format }: ExportParameters, io: Console): Promise<void> {
  if (format === 'transformers.js') {
    const isModel = fs.kind(join(run, 'model.safetensors')) === 'file';
    await exportCausalModel(await openCausalModel(isModel ? run : studentIn(run)), file);
    io.print(file);
    return;
  }
  const folder = studentIn(run);
  const model = readModel(join(folder, format === 'int8' ? 'model.int8.onnx' : 'model.onnx'));
  if (format === 'safetensors') writeFileAtomic(fs, file, safetensorsOf(model));
  else {
    explained('write the model', file, () =>
      saveModel(file, format === 'float16' ? toFloat16(model) : model),
    );
  }
  io.print(file);
}

function readModel(path: string): OnnxModel {
  if (fs.kind(path) !== 'file') {
    throw new UserError(`no student to export: ${path}`, { hint: 'finish the run with: tutelage resume' });
  }
  return decodeModel(explained('read the model', path, () => fs.read(path)));
}

/** ONNX's code of float32. */
const float32 = 1;

/** The parameters under their names; the constants of the graph are left out. */
function safetensorsOf({ graph, metadata }: OnnxModel): Uint8Array {
  const tensors = graph.initializers
    .filter(({ dataType }) => dataType === float32)
    .map(({ name, dims, data }) => [name, { dtype: 'F32', shape: dims, data }] as const);
  return weights.writeSafetensors(Object.fromEntries(tensors), { ...metadata });
}
