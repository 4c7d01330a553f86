import { describe, expect, test } from 'vitest';
import {
  type CompletionRequest,
  canonicalJson,
  requestId,
  type Target,
} from '../../../src/language/endpoint/request.js';
import { expectedTokens, maxInputTokens } from '../../../src/language/endpoint/tokens.js';

const target: Target = { endpoint: 'http://127.0.0.1/v1', model: 'm' };
const request: CompletionRequest = {
  messages: [{ role: 'user', content: 'Hello' }],
  parameters: { maxTokens: 10, temperature: 0, extra: { a: 1, b: { c: 2, d: 3 } } },
  trial: 0,
};

describe('request identity', () => {
  test('does not depend on the order of members, at any depth', () => {
    const same: CompletionRequest = {
      trial: 0,
      parameters: { extra: { b: { d: 3, c: 2 }, a: 1 }, temperature: 0, maxTokens: 10 },
      messages: [{ content: 'Hello', role: 'user' }],
    };
    expect(requestId(target, same)).toBe(requestId(target, request));
  });

  test('depends on everything else', () => {
    const { parameters } = request;
    const variants: [Target, CompletionRequest][] = [
      [target, request],
      [{ ...target, endpoint: 'http://127.0.0.1/v2' }, request],
      [{ ...target, model: 'n' }, request],
      [target, { ...request, trial: 1 }],
      [target, { ...request, messages: [{ role: 'system', content: 'Hello' }] }],
      [target, { ...request, messages: [...request.messages, ...request.messages] }],
      [target, { ...request, parameters: { ...parameters, maxTokens: 11 } }],
      [target, { ...request, parameters: { ...parameters, temperature: 1 } }],
      [target, { ...request, parameters: { ...parameters, topLogprobs: 5 } }],
      [target, { ...request, parameters: { ...parameters, schema: { type: 'object' } } }],
      [target, { ...request, parameters: { ...parameters, extra: { a: 1, b: { c: 2, d: 4 } } } }],
    ];
    const ids = variants.map(([where, what]) => requestId(where, what));
    expect(new Set(ids).size).toBe(variants.length);
  });

  test('canonical JSON keeps the order of arrays and drops undefined members', () => {
    expect(canonicalJson({ b: [2, 1], a: undefined, A: null })).toBe('{"A":null,"b":[2,1]}');
  });
});

describe('token counts', () => {
  const ask = (content: string) => ({ ...request, messages: [{ role: 'user' as const, content }] });

  test('the upper bound covers every byte, and the longer form of what normalises to more', () => {
    const empty = maxInputTokens(ask(''));
    expect(maxInputTokens(ask('日本語')) - empty).toBe(9);
    expect(maxInputTokens(ask('\ufdfa')) - empty).toBe(Buffer.byteLength('\ufdfa'.normalize('NFKC')));
    expect(Buffer.byteLength('\ufdfa')).toBeLessThan(Buffer.byteLength('\ufdfa'.normalize('NFKC')));
  });

  test('a schema counts, as servers put it in the prompt', () => {
    const schema = { enum: ['x'.repeat(100)] };
    const withSchema = { ...request, parameters: { ...request.parameters, schema } };
    expect(maxInputTokens(withSchema)).toBeGreaterThanOrEqual(maxInputTokens(request) + 100);
  });

  test('the expectation is a quarter of ASCII and a third of other bytes', () => {
    expect(expectedTokens('abcdefgh')).toBe(2);
    expect(expectedTokens('日本')).toBe(2);
    expect(expectedTokens('')).toBe(0);
  });
});
