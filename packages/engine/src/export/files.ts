import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readExternalData } from '../onnx/external-data.js';
import { decodeModel, encodeModel, type OnnxModel, type OnnxTensor } from '../onnx/proto.js';
import { validateModel } from '../onnx/validate.js';
import type { SessionOptions } from '../runtime/backend.js';
import { ExportError } from './errors.js';
import { type InferenceSession, startSession } from './session.js';

/** A file in ONNX's format cannot exceed 2 GiB; the rest is left to the graph. */
const largestSingleFile = 1.8e9;
/** Tensors in a data file start at pages, so that a runtime can map them. */
const pageBytes = 4096;
/** Smaller tensors stay in the model, where shape inference can read them. */
const smallestExternal = 1024;

/**
 * Writes a model to disk, so that the file is complete or is not there at all. Weights beyond 1.8 GB go to a data file beside it,
 * whose name is that of the model with `_data` added.
 *
 * @returns whether there is a data file
 * @throws {ExportError} when a file cannot be written
 */
export function saveModel(path: string, model: OnnxModel, inOneFile = largestSingleFile): boolean {
  const bytes = model.graph.initializers.reduce((sum, tensor) => sum + tensor.data.length, 0);
  if (bytes <= inOneFile) {
    writeAtomic(path, [encodeModel(model)]);
    return false;
  }
  const location = `${basename(path)}_data`;
  const { pieces, external } = separate(model, location);
  writeAtomic(join(dirname(path), location), pieces);
  writeAtomic(path, [encodeModel(external)]);
  return true;
}

/**
 * Loads a model file for inference, with its data file if it has one.
 *
 * @throws {ModelFileError} for a damaged model, or data outside of the model's folder
 */
export async function openSession(path: string, options: SessionOptions = {}): Promise<InferenceSession> {
  const bytes = attempt('read', path, () => readFileSync(path));
  const decoded = decodeModel(bytes);
  const complete = readExternalData(decoded, dirname(path));
  validateModel(complete);
  const isExternal = decoded.graph.initializers.some((tensor) => tensor.external);
  return startSession(decoded, isExternal ? path : bytes, options);
}

/** The model with references to a data file in place of its larger tensors, and the content of that file in pieces. */
function separate(model: OnnxModel, location: string): { pieces: Uint8Array[]; external: OnnxModel } {
  const pieces: Uint8Array[] = [];
  const hash = createHash('sha1');
  let end = 0;
  const append = (data: Uint8Array) => {
    pieces.push(data);
    hash.update(data);
    end += data.length;
  };
  const offsets = model.graph.initializers.map((tensor) => {
    if (tensor.data.length < smallestExternal) return undefined;
    append(new Uint8Array(Math.ceil(end / pageBytes) * pageBytes - end));
    append(tensor.data);
    return end - tensor.data.length;
  });
  // The checksum tells a data file of an interrupted save from the one that belongs to the model.
  const checksum = hash.digest('hex');
  const initializers = model.graph.initializers.map((tensor, i): OnnxTensor => {
    const offset = offsets[i];
    if (offset === undefined) return tensor;
    const place = { location, offset, length: tensor.data.length, checksum };
    return { ...tensor, data: new Uint8Array(0), external: place };
  });
  return { pieces, external: { ...model, graph: { ...model.graph, initializers } } };
}

function writeAtomic(path: string, pieces: readonly Uint8Array[]): void {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  attempt('write', path, () => {
    try {
      const file = openSync(temporary, 'w');
      try {
        for (const piece of pieces) {
          for (let done = 0; done < piece.length; ) done += writeSync(file, piece, done);
        }
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  });
}

function attempt<T>(what: 'read' | 'write', path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ExportError(`cannot ${what} the model file ${path}: ${reason}`, { cause: error });
  }
}
