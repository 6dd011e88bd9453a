import { describe, expect, it } from 'vitest';
import { sampleSdls } from '#test/support/gateways/sample-graph.ts';
import { composeSupergraph } from '../compose.ts';
import { checkSchema } from './check.ts';
import { findDemandChanges } from './demand-changes.ts';

const found = (before: string, after: string) =>
  findDemandChanges(before, after).map(({ where, problem }) => `${where} ${problem}`);

const query = (directives: string) => `type Query { a: Int ${directives} }`;
const scopes = (sets: string) => query(`@requiresScopes(scopes: ${sets})`);

describe('a demand that some callers of today do not meet', () => {
  it.each([
    ['that asks for credentials', query(''), query('@authenticated')],
    ['that asks for a scope', query('@authenticated'), scopes('[["x"]]')],
    ['that asks for another scope', scopes('[["x"]]'), scopes('[["y"]]')],
    ['that asks for one scope more', scopes('[["x"]]'), scopes('[["x", "y"]]')],
    ['that has one way in less', scopes('[["x"], ["y"]]'), scopes('[["x"]]')],
    ['that names a policy', query('@authenticated'), query('@policy(policies: [["p"]])')],
    [
      'of its type',
      'type Query { a: T } type T { b: Int }',
      'type Query { a: T } type T @authenticated { b: Int }',
    ],
    ['of its enum', 'type Query { a: E } enum E { X }', 'type Query { a: E } enum E @authenticated { X }'],
  ])('is found: one %s', (_what, before, after) => {
    expect(findDemandChanges(before, after)).toEqual(
      expect.arrayContaining([
        {
          rule: 'breaking',
          where: 'Query.a',
          problem: expect.stringContaining('FIELD_AUTH_TIGHTENED'),
          whatToDo: expect.stringMatching(/\w/),
        },
      ]),
    );
  });

  it('is reported with the demand before and after', () => {
    expect(found(scopes('[["x"], ["y", "z"]]'), scopes('[["x"]]'))).toEqual([
      'Query.a FIELD_AUTH_TIGHTENED: it required the scope x, or y and z, and now requires the scope x',
    ]);
    expect(found(query(''), query('@authenticated'))).toEqual([
      'Query.a FIELD_AUTH_TIGHTENED: it required nothing, and now requires credentials',
    ]);
  });

  it('is found through composition, by the whole check', async () => {
    const models = sampleSdls.models.replace('motd: String', 'motd: String @authenticated');
    const [baseline, composed] = [
      composeSupergraph(sampleSdls),
      composeSupergraph({ ...sampleSdls, models }),
    ];
    const findings = await checkSchema({ composed, committed: composed, baseline });
    expect(findings.map(({ rule, where }) => `${rule} ${where}`)).toEqual(['breaking Query.motd']);
  });
});

describe('a demand that admits callers that it refused', () => {
  it.each([
    ['none any more', scopes('[["x"]]'), query('')],
    ['no credentials', query('@authenticated'), query('')],
    ['credentials alone', scopes('[["x"]]'), query('@authenticated')],
    ['one way in more', scopes('[["x"]]'), scopes('[["y"], ["x"]]')],
    ['one scope less', scopes('[["x", "y"]]'), scopes('[["x"]]')],
    ['no policy', query('@policy(policies: [["p"]])'), query('@authenticated')],
    ['none of its type', 'type Query @authenticated { a: Int }', 'type Query { a: Int }'],
    ['none of its scalar', 'type Query { a: S } scalar S @authenticated', 'type Query { a: S } scalar S'],
  ])('is loosened: %s', (_what, before, after) => {
    expect(findDemandChanges(before, after)).toContainEqual({
      rule: 'loosened',
      where: 'Query.a',
      problem: expect.stringContaining('FIELD_AUTH_LOOSENED'),
      whatToDo: expect.stringMatching(/\w/),
    });
  });

  it('is loosened and tightened at once by another scope', () => {
    const rules = findDemandChanges(scopes('[["x"]]'), scopes('[["y"]]')).map(({ rule }) => rule);
    expect(rules).toEqual(['breaking', 'loosened']);
  });
});

describe('a demand that stays what it was', () => {
  it.each([
    ['the same', scopes('[["x"]]'), scopes('[["x"]]')],
    ['in another order', scopes('[["x", "y"], ["z"]]'), scopes('[["z"], ["y", "x"]]')],
    ['of a new field', query(''), 'type Query { a: Int b: Int @authenticated }'],
    [
      'moved from the type to the field',
      'type Query @authenticated { a: Int }',
      'type Query { a: Int @authenticated }',
    ],
  ])('is let through: %s', (_what, before, after) => {
    expect(found(before, after)).toEqual([]);
  });
});
