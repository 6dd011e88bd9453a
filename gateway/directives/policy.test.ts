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

  it.each([
    ['a field', 'type T { f: Int @policy(policies: [["x"]]) }', 'T.f'],
    [
      'a field, beside one that is',
      'type T { f: Int @policy(policies: [["own-app"], ["own-call", "x"]]) }',
      'T.f',
    ],
    ['a type', 'type Q { f: T } type T @policy(policies: [["x"]]) { g: Int }', 'T'],
    ['a scalar', 'type T { f: S } scalar S @policy(policies: [["x"]])', 'S'],
    ['a field, in an empty list', 'type T { f: Int @policy(policies: []) }', 'T.f'],
    ['a field, in an empty set', 'type T { f: Int @policy(policies: [["own-app"], []]) }', 'T.f'],
  ])('is refused where %s has a @policy that is not enforced', (_what, sdl, place) => {
    expect(() => readPolicy(parse(sdl))).toThrow(`@policy of ${place} names what is not enforced`);
  });

  it('refuses a cost where it is not counted', () => {
    expect(() => readPolicy(parse('input I { a: Int @cost(weight: 5) }'))).toThrow(/I\.a/);
  });

  it('demands for a field each @policy that concerns it, beside the scopes', () => {
    const sdl = `
      type T @requiresScopes(scopes: [["a"]]) { f: R @policy(policies: [["own-key"], ["own-call"]]) g: S }
      type R @policy(policies: [["own-app"]]) { h: Int }
      scalar S`;
    const requirement = (field: string) => readPolicy(parse(sdl)).field('T', field)?.requirement;
    expect(requirement('f')).toMatchObject({
      scopes: [[['a']]],
      policies: [[['own-key'], ['own-call']], [['own-app']]],
    });
    expect(requirement('g')?.policies).toEqual([]);
    expect(requirement('f')?.key).not.toBe(requirement('g')?.key);
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
