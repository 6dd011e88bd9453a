import { describe, expect, it } from 'vitest';
import { createStructuredOutputs } from './structured-output.ts';

describe('structured outputs', () => {
  it('reads JSON of the shape, and says what is wrong with other texts', () => {
    const shape = createStructuredOutputs().compile({ type: 'object', required: ['a'] });
    expect(shape.read('{"a":1}')).toEqual({ json: { a: 1 } });
    expect(shape.read('{}')).toMatchObject({ problem: expect.stringContaining("'a'") });
    expect(shape.read('{"a":')).toEqual({ problem: 'it is no JSON' });
  });

  describe('a code fence', () => {
    const shape = createStructuredOutputs().compile({ type: 'object', required: ['a'] });
    it.each([
      ['with a language', '```json\n{"a":1}\n```', 1],
      ['in upper case', '```JSON\n{"a":1}\n```', 1],
      ['without a language', '```\n{"a":1}\n```', 1],
      ['between blanks', '\n\n  ```json \r\n{"a":1}\r\n```  \n', 1],
      ['of four marks', '````json\n{"a":1}\n````', 1],
      ['of tildes', '~~~\n{"a":1}\n~~~', 1],
      ['right after the JSON', '```json\n{"a":1}```', 1],
      ['round several lines', '```json\n{\n  "a": [\n    1\n  ]\n}\n```', [1]],
      ['round a text that has one', '```json\n{"a":"```js\\n1\\n```"}\n```', '```js\n1\n```'],
    ])('%s round the whole answer is not part of it', (_, text, a) => {
      expect(shape.read(text)).toEqual({ json: { a } });
    });

    it.each([
      ['with talk before it', 'Here you are:\n```json\n{"a":1}\n```'],
      ['with talk after it', '```json\n{"a":1}\n```\nAnything else?'],
      ['that is not closed', '```json\n{"a":1}'],
      ['that is only closed', '{"a":1}\n```'],
      ['round two values', '```json\n{"a":1}\n```\n```json\n{"a":2}\n```'],
      ['round nothing', '```json\n```'],
      ['in one line', '```{"a":1}```'],
    ])('%s leaves no JSON', (_, text) => {
      expect(shape.read(text)).toEqual({ problem: 'it is no JSON' });
    });

    it('is looked for in linear time', () => {
      const startedMs = performance.now();
      for (const text of [
        '```'.repeat(200_000),
        `\`\`\`\n${'\n'.repeat(400_000)}`,
        `\`\`\`\n${' '.repeat(400_000)}x`,
      ]) {
        expect(shape.read(text)).toEqual({ problem: 'it is no JSON' });
      }
      expect(performance.now() - startedMs).toBeLessThan(5_000);
    });
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
