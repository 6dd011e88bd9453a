import { buildASTSchema, type DocumentNode, Kind, type OperationDefinitionNode, parse } from 'graphql';
import { describe, expect, it, vi } from 'vitest';
import { anonymousCaller, type Caller } from '#core/caller.ts';
import { compileDemands, denyFields, grantKey, isNeverIncluded } from './auth.ts';
import { readPolicy } from './policy.ts';

const document: DocumentNode = parse(`
  type Query {
    open: Int
    known: Int @authenticated
    scoped: Int @requiresScopes(scopes: [["models:read"], ["usage:read", "tenants:read"]])
    ruled: Int @policy(policies: [["own-app"]])
    called: Int @policy(policies: [["own-call"]])
    both: T @requiresScopes(scopes: [["models:read"]])
  }
  type T @requiresScopes(scopes: [["usage:read"]]) { a: Int }`);
const schema = buildASTSchema(document, { assumeValid: true });
const policy = readPolicy(document);

const withScopes = (...scopes: string[]): Caller => ({ ...anonymousCaller, kind: 'API_KEY', scopes });

/** The key of what the caller is granted, and the codes of the fields that it is denied. */
function judge(query: string, caller: Caller) {
  const parsed = parse(query);
  const operation = parsed.definitions[0] as OperationDefinitionNode;
  const fragments = new Map(
    parsed.definitions.flatMap((each) =>
      each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [],
    ),
  );
  const demands = compileDemands(schema, policy, operation, fragments);
  const key = grantKey(caller, demands);
  const denied = [...denyFields(demands, key)].map(([field, { code }]) => `${field.name.value} ${code}`);
  return { key, denied };
}

describe('what a caller is denied', () => {
  const all = '{ open known scoped ruled called both { a } }';
  it.each<[string, Caller, readonly string[]]>([
    [
      'without a key',
      anonymousCaller,
      ['known', 'scoped', 'ruled', 'called', 'both', 'a'].map((name) => `${name} UNAUTHENTICATED`),
    ],
    ['without scopes', withScopes(), ['scoped', 'ruled', 'both', 'a'].map((name) => `${name} FORBIDDEN`)],
    ['with one alternative', withScopes('models:read'), ['ruled FORBIDDEN', 'both FORBIDDEN', 'a FORBIDDEN']],
    [
      'with half of the other',
      withScopes('usage:read'),
      ['scoped FORBIDDEN', 'ruled FORBIDDEN', 'both FORBIDDEN'],
    ],
    ['with all scopes', withScopes('usage:read', 'tenants:read', 'models:read'), ['ruled FORBIDDEN']],
    [
      'with all scopes and an app',
      { ...withScopes('usage:read', 'tenants:read', 'models:read'), appId: 'a' },
      [],
    ],
    [
      'with all scopes and an app, for an end user',
      { ...withScopes('usage:read', 'tenants:read', 'models:read'), appId: 'a', endUserId: 'e' },
      ['ruled FORBIDDEN'],
    ],
  ])('%s', (_who, caller, denied) => {
    expect(judge(all, caller).denied).toEqual(denied);
  });

  it('is remembered apart for those without a key and for each set of what is granted', () => {
    const callers = [anonymousCaller, withScopes(), withScopes('models:read'), withScopes('usage:read')];
    expect(new Set(callers.map((caller) => judge(all, caller).key)).size).toBe(4);
    expect(judge(all, withScopes('models:read', 'routes:read')).key).toBe(
      judge(all, withScopes('models:read')).key,
    );
    expect(judge('{ open }', anonymousCaller).key).not.toBe(judge('{ open }', withScopes()).key);
  });

  it('is worded by the scopes that are missing, and otherwise by the policy', () => {
    const both = '{ strict }';
    const document = parse(
      'type Query { strict: Int @requiresScopes(scopes: [["a"]]) @policy(policies: [["own-key"], ["own-app"]]) }',
    );
    const refuse = (caller: Caller) => {
      const parsed = parse(both).definitions[0] as OperationDefinitionNode;
      const built = buildASTSchema(document, { assumeValid: true });
      const demands = compileDemands(built, readPolicy(document), parsed, new Map());
      return [...denyFields(demands, grantKey(caller, demands)).values()].map(({ message }) => message);
    };
    expect(refuse(withScopes())).toEqual(['Query.strict requires the scope a.']);
    expect(refuse(withScopes('a'))).toEqual([
      'Query.strict requires an API key of an app, which neither a page token nor a person has, or an app: use an API key of the app, or have a rule of your issuer assign you to one.',
    ]);
    expect(refuse({ ...withScopes('a'), appId: 'a' })).toEqual([]);
  });

  it('is found in fragments, also in those used twice, inside others and on no type', () => {
    const query = `{ ...F ... { ...F known } ... on Query { ruled } }
      fragment F on Query { ...G scoped } fragment G on Query { both { ...H } } fragment H on T { a }`;
    expect(judge(query, withScopes()).denied.toSorted()).toEqual([
      'a FORBIDDEN',
      'both FORBIDDEN',
      'ruled FORBIDDEN',
      'scoped FORBIDDEN',
    ]);
  });
});

it('follows a fragment once, however often it is used', () => {
  const levels = 12;
  const fragments = Array.from(
    { length: levels },
    (_, n) => `fragment F${n} on Query { ${n === levels - 1 ? 'known' : `...F${n + 1} ...F${n + 1}`} }`,
  );
  const parsed = parse(`{ ...F0 ...F0 } ${fragments.join(' ')}`);
  const byName = new Map(
    parsed.definitions.flatMap((each) =>
      each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each] as const] : [],
    ),
  );
  const get = vi.spyOn(byName, 'get');
  const [operation] = parsed.definitions as [OperationDefinitionNode];
  expect(compileDemands(schema, policy, operation, byName).requirements).toHaveLength(1);
  expect(get.mock.calls).toHaveLength(levels);
});

it.each([
  ['@skip(if: true)', true],
  ['@skip(if: false)', false],
  ['@include(if: true)', false],
  ['@include(if: false)', true],
  ['@include(if: true) @skip(if: true)', true],
  ['@include(if: $v)', false],
  ['@skip(if: $v) @include(if: false)', true],
  ['@other(if: false)', false],
  ['', false],
])('a selection with %s is never included: %s', (directives, expected) => {
  const [operation] = parse(`{ a ${directives} }`).definitions as [OperationDefinitionNode];
  expect(isNeverIncluded(operation.selectionSet.selections[0]?.directives)).toBe(expected);
});
