import { afterAll, describe, expect, it } from 'vitest';
import { createJsonSchemas } from '#core/json-schema/json-schema.ts';
import { measureCpuMs } from '#test/support/cpu-time.ts';
import { parseResponseSchema, readStructuredAnswer } from './structured-output.ts';

const jsonSchemas = createJsonSchemas();
afterAll(() => jsonSchemas[Symbol.asyncDispose]());
const readShape = (schema: unknown) => {
  const parsed = parseResponseSchema(schema);
  return { read: (text: string) => readStructuredAnswer(text, parsed, 'user', jsonSchemas) };
};

describe('structured outputs', () => {
  it('reads JSON of the shape, and states what is wrong with other texts', async () => {
    const shape = readShape({ type: 'object', required: ['a'] });
    expect(await shape.read('{"a":1}')).toEqual({ json: { a: 1 } });
    expect(await shape.read('{}')).toMatchObject({ problem: expect.stringContaining("'a'") });
    expect(await shape.read('{"a":')).toEqual({ problem: 'it is no JSON' });
  });

  describe('a code fence', () => {
    const shape = readShape({ type: 'object', required: ['a'] });
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
    ])('%s round the whole answer is not part of it', async (_, text, a) => {
      expect(await shape.read(text)).toEqual({ json: { a } });
    });

    it.each([
      ['with talk before it', 'Here you are:\n```json\n{"a":1}\n```'],
      ['with talk after it', '```json\n{"a":1}\n```\nAnything else?'],
      ['that is not closed', '```json\n{"a":1}'],
      ['that is only closed', '{"a":1}\n```'],
      ['round two values', '```json\n{"a":1}\n```\n```json\n{"a":2}\n```'],
      ['round nothing', '```json\n```'],
      ['in one line', '```{"a":1}```'],
    ])('%s leaves no JSON', async (_, text) => {
      expect(await shape.read(text)).toEqual({ problem: 'it is no JSON' });
    });

    it('is looked for in linear time', async () => {
      const cpuMs = await measureCpuMs(async () => {
        for (const text of [
          '```'.repeat(200_000),
          `\`\`\`\n${'\n'.repeat(400_000)}`,
          `\`\`\`\n${' '.repeat(400_000)}x`,
        ]) {
          expect(await shape.read(text)).toEqual({ problem: 'it is no JSON' });
        }
      });
      expect(cpuMs).toBeLessThan(5_000);
    });
  });

  it('keeps the digits that a number was answered with', async () => {
    const shape = readShape({ items: { type: 'number' } });
    const read = await shape.read('[12345678901234567890, 1]');
    expect(JSON.stringify(read)).toBe('{"json":[12345678901234567890,1]}');
  });

  it('reads no answer that is larger than two million characters', async () => {
    const shape = readShape({ type: 'string' });
    expect(await shape.read(JSON.stringify('x'.repeat(2_097_150)))).toHaveProperty('json');
    expect(await shape.read(JSON.stringify('x'.repeat(2_097_151)))).toEqual({
      problem: 'it has more than 2097152 characters',
    });
  });
});
