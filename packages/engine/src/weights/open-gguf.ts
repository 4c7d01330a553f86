import { inPlace } from '../onnx/errors.js';
import { openFileSource } from '../onnx/file-source.js';
import { type Gguf, readGgufSource } from './gguf.js';

/** Opens a GGUF file (version 2 or 3); only its header is read at once. Close it when done. Throws `ModelFileError`. */
export function openGguf(path: string): Gguf {
  const source = openFileSource(path);
  try {
    return readGgufSource(source);
  } catch (error) {
    source.close();
    throw inPlace(error, `file '${path}'`);
  }
}
