import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { readExternalData } from '../onnx/external-data.js';
import { decodeModel } from '../onnx/proto.js';
import { type ImportedModel, type ImportOptions, importOnnx } from './import.js';

/**
 * Reads an ONNX file as `importOnnx` does, with the tensor data that it keeps in other files of its folder.
 *
 * @throws {ModelFileError} also when the model names data outside of its folder
 */
export function importOnnxFile(path: string, options?: ImportOptions): ImportedModel {
  return importOnnx(readExternalData(decodeModel(readFileSync(path)), dirname(path)), options);
}
