import { describe, expect, it } from 'vitest';
import { createStructuredOutputs } from './structured-output.ts';

describe('structured outputs', () => {
  it('reads JSON of the shape, and says what is wrong with other texts', () => {
    const shape = createStructuredOutputs().compile({ type: 'object', required: ['a'] });
    expect(shape.read('{"a":1}')).toEqual({ json: { a: 1 } });
    expect(shape.read('{}')).toMatchObject({ problem: expect.stringContaining("'a'") });
    expect(shape.read('{"a":')).toEqual({ problem: 'it is no JSON' });
  });

  it('compiles a schema once', () => {
    const outputs = createStructuredOutputs();
    expect(outputs.compile({ type: 'string' })).toBe(outputs.compile({ type: 'string' }));
  });

  it('keeps schemas with the same $id apart, and reads both drafts', () => {
    const outputs = createStructuredOutputs();
    const $id = 'https://x/y';
    const text = outputs.compile({ $id, type: 'string' });
    const number = outputs.compile({
      $id,
      type: 'number',
      $schema: 'http://json-schema.org/draft-07/schema#',
    });
    expect(text.read('"x"')).toEqual({ json: 'x' });
    expect(number.read('1')).toEqual({ json: 1 });
  });

  it('gives up on a pattern that would take for ever', () => {
    const shape = createStructuredOutputs().compile({ type: 'string', pattern: '^(a+)+$' });
    const startedMs = performance.now();
    expect(shape.read(JSON.stringify(`${'a'.repeat(40)}b`))).toMatchObject({
      problem: expect.stringContaining('too long'),
    });
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });
});
