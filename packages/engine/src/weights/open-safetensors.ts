import { dirname, join } from 'node:path';
import { inPlace, ModelFileError } from '../onnx/errors.js';
import { openFileSource } from '../onnx/file-source.js';
import { readSafetensorsSource, type Safetensors, type SafetensorsInfo } from './safetensors.js';
import { parseStrictJson } from './strict-json.js';

const MAX_INDEX_BYTES = 64 * 2 ** 20;

/** A shard lies beside its index. Symbolic links are followed: the Hugging Face cache is made of them. */
const SHARD_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*\.safetensors$/;

/**
 * Opens `model.safetensors`, or all shards of a `model.safetensors.index.json`. Only headers are read at once; each
 * tensor is read from disk when asked for. Close it when done. Throws `ModelFileError`.
 */
export function openSafetensors(path: string): Safetensors {
  if (path.endsWith('.json')) return openShards(path);
  return openOne(path);
}

function openOne(path: string): Safetensors {
  const source = openFileSource(path);
  try {
    return readSafetensorsSource(source);
  } catch (error) {
    source.close();
    throw inPlace(error, `file '${path}'`);
  }
}

function openShards(indexPath: string): Safetensors {
  const shardOf = readIndex(indexPath);
  const shards = new Map<string, Safetensors>();
  const closeAll = () => {
    for (const shard of shards.values()) shard.close();
  };
  try {
    const tensors = new Map<string, SafetensorsInfo>();
    for (const [name, file] of shardOf) {
      const shard = shards.get(file) ?? openOne(join(dirname(indexPath), file));
      shards.set(file, shard);
      const info = shard.tensors.get(name);
      if (info === undefined)
        throw new ModelFileError(`tensor missing from its shard: '${name}' (file '${file}')`);
      tensors.set(name, info);
    }
    return {
      metadata: Object.assign({}, ...[...shards.values()].map((shard) => shard.metadata)),
      tensors,
      read(name) {
        const file = shardOf.get(name);
        if (file === undefined) throw new ModelFileError(`no such tensor: '${name}'`);
        return shards.get(file)!.read(name);
      },
      close: closeAll,
    };
  } catch (error) {
    closeAll();
    throw error;
  }
}

function readIndex(path: string): Map<string, string> {
  const weightMap = parseIndex(path);
  const shardOf = new Map<string, string>();
  for (const [name, file] of Object.entries(weightMap)) {
    if (typeof file !== 'string' || !SHARD_NAME.test(file)) {
      throw new ModelFileError(`invalid shard name: ${JSON.stringify(file)} (file '${path}')`);
    }
    shardOf.set(name, file);
  }
  return shardOf;
}

function parseIndex(path: string): object {
  const source = openFileSource(path);
  try {
    if (source.size > MAX_INDEX_BYTES) throw new ModelFileError(`shard index too long: ${source.size} bytes`);
    const json = parseStrictJson(source.read(0, source.size));
    if (typeof json === 'object' && json !== null && 'weight_map' in json) {
      const map = json.weight_map;
      if (typeof map === 'object' && map !== null && !Array.isArray(map)) return map;
    }
    throw new ModelFileError('shard index without a weight_map');
  } catch (error) {
    throw inPlace(error, `file '${path}'`);
  } finally {
    source.close();
  }
}
