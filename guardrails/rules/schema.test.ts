import { afterAll, describe, expect, it } from 'vitest';
import { createJsonSchemas } from '#core/json-schema/json-schema.ts';
import { guardedText, testRule } from '#test/support/guardrail-rules.ts';
import { schemaRule } from './schema.ts';

const jsonSchemas = createJsonSchemas();
afterAll(() => jsonSchemas[Symbol.asyncDispose]());

const options = {
  schema: {
    type: 'object',
    properties: { name: { type: 'string' }, age: { type: 'integer' } },
    required: ['name', 'age'],
    additionalProperties: false,
  },
};
const rule = testRule(schemaRule, options, {}, { jsonSchemas });

describe('the rule schema', () => {
  it('lets JSON of the schema pass', async () => {
    expect(await rule.look('{"name":"Ada","age":36}')).toEqual({ fired: false });
  });

  it.for([
    ['a fence', '```json\n{"name":"Ada","age":36}\n```'],
    ['single quotes', "{'name':'Ada','age':36}"],
    ['names without quotes', '{name:"Ada",age:36}'],
    ['a comma too many', '{"name":"Ada","age":36,}'],
    ['a comment', '{"name":"Ada", /* years */ "age":36}'],
    ['no end', '{"name":"Ada","age":36'],
    [
      'constants of Python',
      '{"name":"Ada","age":36,}'.replace(',}', ' }').replace('{', '{ ').replaceAll('"', '“'),
    ],
  ])('repairs JSON with %s', async ([, text]) => {
    const result = await rule.look(text as string);
    expect(result).toMatchObject({ fired: true, findings: [] });
    expect(JSON.parse((result.fired && result.repaired) || 'null')).toEqual({ name: 'Ada', age: 36 });
  });

  it.for([
    '',
    '{"name":"Ada"}',
    '{"name":"Ada","age":"36"}',
    '{"name":"Ada","age":36,"x":1}',
    'Sorry, I cannot.',
    '['.repeat(5_000),
  ])('does not repair what would have to be invented: %s', async (text) => {
    const result = await rule.look(text === '' ? '[]' : text);
    expect(result).toMatchObject({
      fired: true,
      reason: expect.stringContaining('it does not match the JSON Schema: '),
    });
    expect(result).not.toHaveProperty('repaired');
  });

  it('names the place and the problem for a retry', async () => {
    expect(await rule.look('{"name":"Ada","age":"36"}')).toMatchObject({
      reason: 'it does not match the JSON Schema: at /age it must be integer',
    });
  });

  it('repairs nothing where the policy does not want it, or the answer has alternatives', async () => {
    const strict = testRule(schemaRule, { ...options, repair: false }, {}, { jsonSchemas });
    expect(await strict.look('{name:"Ada",age:36}')).not.toHaveProperty('repaired');
    expect(await rule.look('{name:"Ada",age:36}', '{"name":"Ada","age":36}')).not.toHaveProperty('repaired');
  });

  it('looks at the text of the answer alone', async () => {
    const others = [
      guardedText('thinking', { kind: 'reasoning' }),
      guardedText('call', { kind: 'tool-name' }),
      guardedText(''),
    ];
    expect(await rule.look(...others)).toEqual({ fired: false });
  });

  it('fails where nothing can check, and refuses what is no schema', async () => {
    await expect(testRule(schemaRule, options).look('{}')).rejects.toThrow();
    await expect(
      testRule(schemaRule, { schema: { type: 'nothing' } }, {}, { jsonSchemas }).look('{}'),
    ).rejects.toThrow();
    for (const wrong of [{}, { schema: 'x' }, { schema: [] }, { schema: { x: 'y'.repeat(70_000) } }]) {
      expect(() => schemaRule.prepare(wrong, {})).toThrow();
    }
  });
});
