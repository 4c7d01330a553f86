import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodeModel, encodeModel } from '../../src/onnx/proto.js';
import { validateModel } from '../../src/onnx/validate.js';

// Debian's package libonnx-testdata: ONNX's own test vectors.
const folder = '/usr/share/libonnx-testdata/data';
const files = existsSync(folder)
  ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))
  : [];
const models = files.filter((name) => name.endsWith('.onnx'));

describe.skipIf(files.length === 0)(
  "ONNX's test vectors (skipped where libonnx-testdata isn't installed)",
  () => {
    test('every model is valid and survives decoding, encoding and decoding', () => {
      expect(models.length).toBeGreaterThan(1000);
      for (const file of models) {
        const model = decodeModel(readFileSync(file));
        validateModel(model);
        expect(decodeModel(encodeModel(model)), file).toEqual(model);
      }
    });
  },
);
