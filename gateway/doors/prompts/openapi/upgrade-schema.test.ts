import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { upgradeSchema } from './upgrade-schema.ts';

const $schema = 'http://json-schema.org/draft-07/schema#';

describe('a schema of draft-07', () => {
  it.each<[schema: Record<string, unknown>, values: readonly unknown[]]>([
    [{ items: [{ type: 'string' }], additionalItems: false }, [['a'], ['a', 1], [1], []]],
    [
      { items: [{ type: 'string' }], additionalItems: { type: 'null' } },
      [
        ['a', null],
        ['a', 1],
      ],
    ],
    [{ items: { type: 'string' }, additionalItems: false }, [['a', 'b'], [1]]],
    [
      { dependencies: { a: ['b'], c: { required: ['d'] } } },
      [{ a: 1 }, { a: 1, b: 1 }, { c: 1 }, { c: 1, d: 1 }],
    ],
    [
      {
        definitions: { s: { type: 'string' } },
        properties: { a: { $ref: '#/definitions/s', maxLength: 1 } },
      },
      [{ a: 'long' }, { a: 'x' }],
    ],
    [
      { definitions: { s: { $id: '#s', type: 'string' } }, properties: { a: { $ref: '#s' } } },
      [{ a: 'x' }, { a: 1 }],
    ],
    [
      { properties: { items: { items: [{ const: { items: ['a'] } }] }, dependencies: { type: 'object' } } },
      [{ items: [{ items: ['a'] }] }, { items: [1] }, { dependencies: 1 }],
    ],
  ])('accepts in the keywords of 2020-12 the same as before: %j', (schema, values) => {
    const before = new Ajv({ strict: false }).compile({ $schema, ...schema });
    const after = new Ajv2020({ strict: false }).compile(upgradeSchema({ $schema, ...schema }));
    const accepted = values.map((value) => before(value));
    expect(new Set(accepted).size).toBe(2);
    expect(values.map((value) => after(value))).toEqual(accepted);
  });

  it('is left as it is where it is of 2020-12', () => {
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      items: { $ref: '#', maxItems: 1 },
    };
    expect(upgradeSchema(schema)).toBe(schema);
    expect(upgradeSchema({ type: 'string' })).toEqual({ type: 'string' });
  });
});
