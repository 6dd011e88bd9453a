import { describe, expect, it } from 'vitest';
import { compileJsonSchema, jsonSchemaText } from './json-schema.ts';

const compile = (schema: unknown) => compileJsonSchema(jsonSchemaText(schema, 'it'), 'it');

describe('JSON Schemas from outside', () => {
  it('says where a value does not fit, and nothing when it does', () => {
    const { problemOf } = compile({
      type: 'object',
      required: ['a'],
      properties: { a: { type: 'integer' } },
    });
    expect(problemOf({ a: 1 })).toBeNull();
    expect(problemOf({ a: 'x' })).toBe('at /a it must be integer');
    expect(problemOf({})).toContain('at its root it must have');
  });

  it('takes 2020-12, and draft-07 where the schema says so', () => {
    const tuple = compile({ prefixItems: [{ type: 'string' }], items: false });
    expect(tuple.problemOf(['a'])).toBeNull();
    expect(tuple.problemOf(['a', 'b'])).not.toBeNull();
    const old = compile({
      $schema: 'http://json-schema.org/draft-07/schema#',
      items: [{ type: 'string' }],
      additionalItems: false,
    });
    expect(old.problemOf(['a', 'b'])).not.toBeNull();
  });

  it('lets two schemas of the same $id live beside each other', () => {
    expect(compile({ $id: 'https://example.com/s', type: 'string' }).problemOf('x')).toBeNull();
    expect(compile({ $id: 'https://example.com/s', type: 'number' }).problemOf(1)).toBeNull();
  });

  it('keeps schemas apart, whatever was compiled or refused before', () => {
    const named = { $defs: { inner: { $id: 'https://example.com/inner', type: 'string' } } };
    compile({ ...named, $ref: 'https://example.com/inner' });
    expect(() => compile({ $ref: 'https://example.com/inner' })).toThrow(/no usable JSON Schema/);
    expect(() => compile({ type: 'nonsense' })).toThrow(/no usable JSON Schema/);
    for (let i = 0; i < 450; i++) {
      const { problemOf } = compile({ $defs: { x: { const: i } }, items: { $ref: '#/$defs/x' } });
      expect([problemOf([i]), problemOf([i + 1])]).toEqual([null, 'at /0 it must be equal to constant']);
    }
  });

  it.each([
    ['text', 'it must be a JSON Schema: an object.'],
    [[], 'it must be a JSON Schema'],
    [{ type: 'nonsense' }, 'it is no usable JSON Schema'],
    [{ $ref: 'https://example.com/elsewhere' }, 'it is no usable JSON Schema'],
    [{ description: 'x'.repeat(65_536) }, 'at most 65536 bytes'],
  ])('refuses %j', (schema, message) => {
    expect(() => compile(schema)).toThrow(message);
  });

  it('gives up on references that branch at every level', () => {
    const { problemOf } = compile({
      $defs: {
        a: { anyOf: [{ $ref: '#/$defs/b' }, { $ref: '#/$defs/c' }] },
        b: { type: 'array', items: { $ref: '#/$defs/a' }, maxItems: 1 },
        c: { type: 'array', items: { $ref: '#/$defs/a' }, minItems: 1 },
      },
      $ref: '#/$defs/a',
    });
    const nested = (depth: number) => JSON.parse(`${'['.repeat(depth)}7${']'.repeat(depth)}`);
    expect(problemOf(nested(60))).toBe('checking it against the schema takes too long');
    expect(problemOf([[]])).not.toBe('checking it against the schema takes too long');
  });

  it('gives up on a pattern that would run for hours', () => {
    const { problemOf } = compile({ type: 'string', pattern: '^(a+)+$' });
    expect(problemOf(`${'a'.repeat(60)}!`)).toBe('checking it against the schema takes too long');
    expect(problemOf('aaa')).toBeNull();
  });
});
