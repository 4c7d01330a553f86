import { describe, expect, test } from 'vitest';
import { parseTeacher, type TeacherChoice } from '../../src/teachers/parse-teacher.js';

describe('--teacher', () => {
  test.each<[string, TeacherChoice]>([
    ['llm:gpt-x', { kind: 'llm', model: 'gpt-x', baseURL: undefined, apiKeyEnv: undefined }],
    ['local:SmolLM2:Q8', { kind: 'local', model: 'SmolLM2:Q8' }],
    ['onnx:C:\\models\\big.onnx', { kind: 'onnx', path: 'C:\\models\\big.onnx' }],
    [' student: runs/a b/student ', { kind: 'student', path: 'runs/a b/student' }],
    ['none', { kind: 'none' }],
  ])('%s', (text, choice) => {
    expect(parseTeacher(text)).toEqual(choice);
  });

  test('takes the endpoint from flags', () => {
    const flags = { baseURL: 'http://127.0.0.1:1/v1', apiKeyEnv: 'KEY' };
    expect(parseTeacher('llm:m', flags)).toEqual({ kind: 'llm', model: 'm', ...flags });
    expect(() => parseTeacher('onnx:m.onnx', flags)).toThrow(
      '--base-url and --api-key-env without an endpoint: --teacher onnx:m.onnx',
    );
  });

  test.each([
    ['gpt-x', undefined],
    ['', undefined],
    ['openai:gpt-x', undefined],
    ['onnx:', 'say what after onnx:'],
    ['models/big.onnx', 'perhaps onnx:models/big.onnx'],
  ])('"%s" is refused with the forms that there are', (text, hint) => {
    expect(() => parseTeacher(text)).toThrow(
      expect.objectContaining({
        message: `not a teacher: ${text || '(empty)'}`,
        detail: expect.stringMatching(/llm:MODEL.*local:MODEL.*onnx:FILE.*student:PATH.*none/s),
        hint,
      }),
    );
  });
});
