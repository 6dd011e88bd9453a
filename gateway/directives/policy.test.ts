import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { readPolicy } from './policy.ts';

const readScopes = (sdl: string, type: string, field: string) =>
  readPolicy(parse(sdl)).field(type, field)?.requirement?.scopes;

describe('the policy in a schema', () => {
  it('demands for a field what its type and the type it returns demand, all together', () => {
    const sdl = `
      type T @requiresScopes(scopes: [["a"]]) { f: R @requiresScopes(scopes: [["b"], ["c"]]) }
      type R @requiresScopes(scopes: [["d"]]) { g: Int }`;
    expect(readScopes(sdl, 'T', 'f')).toEqual([[['a']], [['b'], ['c']], [['d']]]);
  });

  it('demands for a field of an interface what any implementation demands', () => {
    const sdl = `
      interface N { n: Int }
      interface M implements N { n: Int }
      type A implements N { n: Int @requiresScopes(scopes: [["a"]]) }
      type B implements M & N @requiresScopes(scopes: [["b"]]) { n: Int }`;
    expect(readScopes(sdl, 'N', 'n')).toEqual(expect.arrayContaining([[['a']], [['b']]]));
    expect(readScopes(sdl, 'M', 'n')).toEqual([[['b']]]);
    expect(readScopes(sdl, 'A', 'n')).toEqual([[['a']]]);
  });

  it('demands for a scalar or an enum what its definition demands', () => {
    const sdl = `
      scalar S @authenticated
      enum E @requiresScopes(scopes: [["e"]]) { X }
      type T { s: [S!]! e: E plain: Int }`;
    expect(readScopes(sdl, 'T', 's')).toEqual([]);
    expect(readScopes(sdl, 'T', 'e')).toEqual([[['e']]]);
    expect(readPolicy(parse(sdl)).field('T', 'plain')?.requirement).toBeUndefined();
  });

  it('grants no caller a field with @policy', () => {
    const sdl = 'type T { f: Int @policy(policies: [["x"]]) }';
    expect(readPolicy(parse(sdl)).field('T', 'f')?.requirement?.unmeetable).toBe(true);
  });

  it('refuses a cost where it is not counted', () => {
    expect(() => readPolicy(parse('input I { a: Int @cost(weight: 5) }'))).toThrow(/I\.a/);
  });

  it('grants no caller a field that any @policy concerns, whatever else is demanded', () => {
    const sdl = `
      type T @requiresScopes(scopes: [["a"]]) { f: R g: S }
      type R @policy(policies: [["x"]]) { h: Int }
      scalar S`;
    const unmeetable = (field: string) => readPolicy(parse(sdl)).field('T', field)?.requirement?.unmeetable;
    expect([unmeetable('f'), unmeetable('g')]).toEqual([true, false]);
  });

  it.each([
    ['@quota(meters: [TOKENS])', [true, true]],
    ['@quota(meters: [COST])', [true, true]],
    ['@quota(meters: [REQUESTS, COST])', [true, true]],
    ['@quota(meters: [REQUESTS])', [true, false]],
    ['', [false, false]],
  ])(
    'meters a field with %s, and admits it together with others where it is charged',
    (directive, expected) => {
      const policy = readPolicy(parse(`type T { f: Int ${directive} }`)).field('T', 'f');
      expect([policy?.metered, policy?.charged]).toEqual(expected);
    },
  );
});
