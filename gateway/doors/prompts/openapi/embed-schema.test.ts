import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { embedSchema } from './embed-schema.ts';

const pointer = '#/components/schemas/greet.3.output';
const embed = (schema: Record<string, unknown>) => embedSchema(schema, pointer);

describe('an output schema in the document', () => {
  it.each<[what: string, schema: Record<string, unknown>, expected: object]>([
    ['the whole', { $ref: '#' }, { $ref: pointer }],
    ['a part', { $ref: '#/$defs/a' }, { $ref: `${pointer}/$defs/a` }],
    [
      'a part below an $id',
      { $id: 'https://a.example/s', $ref: '#/$defs/a' },
      { $ref: `${pointer}/$defs/a` },
    ],
    [
      'an address of its own',
      { $id: 'https://a.example/s', items: { $ref: 'https://a.example/s#/$defs/a' } },
      { items: { $ref: `${pointer}/$defs/a` } },
    ],
    [
      'a relative address',
      { $id: 'https://a.example/s', items: { $ref: 's#' } },
      { items: { $ref: pointer } },
    ],
    [
      'an anchor',
      { $defs: { 'a/b': { $anchor: 'here', type: 'string' } }, items: { $ref: '#here' } },
      { $defs: { 'a/b': { type: 'string' } }, items: { $ref: `${pointer}/$defs/a~1b` } },
    ],
    [
      'a dynamic anchor',
      { $dynamicAnchor: 'node', properties: { next: { $dynamicRef: '#node' } } },
      { properties: { next: { $ref: pointer } } },
    ],
    [
      'an address within it',
      {
        $id: 'https://a.example/s',
        $defs: { inner: { $id: 'inner', $defs: { x: {} }, items: { $ref: '#/$defs/x' } } },
        items: { $ref: 'inner' },
      },
      {
        $defs: { inner: { $defs: { x: {} }, items: { $ref: `${pointer}/$defs/inner/$defs/x` } } },
        items: { $ref: `${pointer}/$defs/inner` },
      },
    ],
    ['another document', { $ref: 'https://b.example/s#/a' }, { $ref: 'https://b.example/s#/a' }],
  ])('has the references to %s as pointers', (_what, schema, expected) => {
    expect(embed(schema)).toEqual(expected);
  });

  it('keeps data and names of properties that look like keywords', () => {
    const schema = {
      properties: {
        $ref: { type: 'string' },
        $id: { const: { $ref: '#/x' } },
        enum: { enum: [{ $id: 'a' }] },
      },
      default: { $ref: '#' },
    };
    expect(embed(schema)).toEqual(schema);
  });

  it.each<[schema: Record<string, unknown>, valid: unknown, invalid: unknown]>([
    [
      { $id: 'https://a.example/s', $defs: { a: { type: 'string' } }, items: { $ref: '#/$defs/a' } },
      ['a'],
      [1],
    ],
    [{ $anchor: 'top', type: 'object', properties: { next: { $ref: '#top' } } }, { next: {} }, { next: 1 }],
    [{ $defs: { 'a b%/~': { type: 'null' } }, items: { $ref: '#/$defs/a%20b%25~1~0' } }, [null], [1]],
  ])('accepts what it accepts alone, twice in one document: %j', (schema, valid, invalid) => {
    const names = ['one.1.output', 'two.1.output'];
    const schemas = names.map((name) => [name, embedSchema(schema, `#/components/schemas/${name}`)]);
    const ajv = new Ajv2020({ strict: false }).addSchema(
      { components: { schemas: Object.fromEntries(schemas) } },
      'd',
    );
    for (const name of names) {
      const check = ajv.compile({ $ref: `d#/components/schemas/${name}` });
      expect([check(valid), check(invalid)]).toEqual([true, false]);
    }
  });
});
