import { readFileSync } from 'node:fs';
import {
  type FieldDefinitionNode,
  type GraphQLSchema,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  parse,
  type TypeDefinitionNode,
  type TypeNode,
} from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { scopes as allScopes, anonymousCaller, type Caller } from '#core/caller.ts';
import { builtInRoles } from '#core/roles.ts';
import { buildApiSchema } from '#schema/api-schema.ts';
import { supergraphUrl } from '#schema/compose.ts';
import { readFieldRequirements } from '#schema/field-policies.ts';
import { compileDemands, denyFields, grantKey } from './auth.ts';
import { type PolicyIndex, readPolicy } from './policy.ts';

const sdl = readFileSync(supergraphUrl, 'utf8');

/** The requirement of a field as text: an own reader of the SDL, which shares nothing with the code under test. */
interface Expected {
  readonly isClosed: boolean;
  readonly all: readonly (readonly string[])[];
}

const readTypeName = (type: TypeNode): string =>
  type.kind === Kind.NAMED_TYPE ? type.name.value : readTypeName(type.type);

/** Scopes that hold another one, written out. */
const wider: Readonly<Record<string, readonly string[]>> = {
  'models:read': ['models:write'],
  'prompts:read': ['prompts:write'],
  'tenants:read': ['tenants:write', 'tenants:admin'],
  'keys:write': ['tenants:write'],
  'members:write': ['tenants:write'],
  'providers:write': ['models:write'],
};

function readExpected(): ReadonlyMap<string, Expected> {
  const types = new Map<string, TypeDefinitionNode>();
  for (const definition of parse(sdl).definitions) {
    if ('name' in definition && definition.kind.endsWith('TypeDefinition')) {
      types.set(definition.name?.value ?? '', definition as TypeDefinitionNode);
    }
  }
  const found = new Map<string, Expected>();
  for (const [name, type] of types) {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    for (const field of type.fields ?? [])
      found.set(`${name}.${field.name.value}`, readRule(type, field, types));
  }
  return found;
}

function readRule(
  type: TypeDefinitionNode,
  field: FieldDefinitionNode,
  types: ReadonlyMap<string, TypeDefinitionNode>,
): Expected {
  const text = [type, field, types.get(readTypeName(field.type))]
    .flatMap((node) => node?.directives ?? [])
    .filter(({ name }) => /^(authenticated|requiresScopes|policy)$/.test(name.value));
  const all = text
    .filter(({ name }) => name.value === 'requiresScopes')
    .map(({ loc }) => sdl.slice(loc?.start, loc?.end))
    .map((source) =>
      [...source.matchAll(/\[([^[\]]*)\]/g)].map(([, inner = '']) => inner.replaceAll(/["\s]/g, '')),
    );
  return { isClosed: text.length > 0, all };
}

function meetsExpected({ isClosed, all }: Expected, scopes: readonly string[] | null): boolean {
  if (scopes === null) return !isClosed;
  const holds = (scope: string) => [scope, ...(wider[scope] ?? [])].some((one) => scopes.includes(one));
  return all.every((sets) => sets.some((set) => set.split(',').every(holds)));
}

const callers: readonly (readonly [string, readonly string[] | null])[] = [
  ['an anonymous caller', null],
  ['a key without scopes', []],
  ['a narrowed key', ['inference:invoke']],
  ['an operator', ['tenants:admin']],
  ...Object.entries(builtInRoles).map(([role, scopes]) => [role, scopes] as const),
];

let schema: GraphQLSchema;
let policy: PolicyIndex;
let expected: ReadonlyMap<string, Expected>;
let coordinates: readonly (readonly [type: string, field: string])[];

beforeAll(() => {
  schema = buildApiSchema(sdl);
  policy = readPolicy(parse(sdl));
  expected = readExpected();
  coordinates = Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) && !type.name.startsWith('__'))
    .flatMap((type) =>
      isObjectType(type) ? Object.keys(type.getFields()).map((field) => [type.name, field] as const) : [],
    );
});

function toCaller(scopes: readonly string[] | null): Caller {
  return scopes === null
    ? anonymousCaller
    : { ...anonymousCaller, kind: 'API_KEY', tenantId: 'acme', appId: 'app', keyId: 'key', scopes };
}

/** The refusal of a document that selects the field; undefined: it is allowed. */
function refuse(type: string, field: string, caller: Caller): string | undefined {
  const root = { Query: 'query', Mutation: 'mutation', Subscription: 'subscription' }[type];
  const text = root === undefined ? `{ ... on ${type} { ${field} } }` : `${root} { ${field} }`;
  const operation = parse(text).definitions[0] as OperationDefinitionNode;
  const demands = compileDemands(schema, policy, operation, new Map());
  const [refused] = [...denyFields(demands, grantKey(caller, demands)).values()];
  return refused && `${refused.code} ${refused.message}`;
}

describe('every field of the graph', () => {
  it.each(callers)('is allowed or refused to %s as the SDL states', (_name, scopes) => {
    const caller = toCaller(scopes);
    const wrong: string[] = [];
    let refusals = 0;
    for (const [type, field] of coordinates) {
      const coordinate = `${type}.${field}`;
      const rule = expected.get(coordinate);
      if (rule === undefined) throw new Error(`${coordinate} is not in the SDL`);
      const names = new Set(
        rule.all.map((sets) => sets.map((set) => set.split(',').join(' and ')).join(', or ')),
      );
      const words =
        scopes === null
          ? `UNAUTHENTICATED ${coordinate} requires authentication: send \`authorization: Bearer <API key>\`.`
          : `FORBIDDEN ${coordinate} requires the scope ${[...names].join('; and ')}.`;
      const wanted = meetsExpected(rule, scopes) ? undefined : words;
      const actual = refuse(type, field, caller);
      if (actual !== undefined) refusals++;
      if (actual !== wanted)
        wrong.push(`${coordinate}: ${actual ?? 'allowed'}, expected ${wanted ?? 'allowed'}`);
    }
    expect(wrong).toEqual([]);
    expect(coordinates.length).toBeGreaterThan(500);
    if (scopes === null || scopes.length < 9) expect(refusals).toBeGreaterThan(50);
  });

  it.each<[who: string, caller: Partial<Caller>, refused: readonly string[]]>([
    ['a person without an app', { kind: 'USER', appId: null, keyId: null }, ['own-app', 'own-key']],
    ['a person of an app', { kind: 'USER', keyId: null }, ['own-key']],
    ['a page token', { endUserId: 'ada' }, ['own-app', 'own-key']],
    ['an API key', {}, []],
  ])(
    'is refused to %s with every scope where its @policy does not admit it, and nowhere else',
    (_who, more, names) => {
      const caller = { ...toCaller(Object.keys(allScopes)), ...more };
      const refused = coordinates
        .map(([type, field]) => refuse(type, field, caller))
        .filter((reason) => reason !== undefined)
        .map((reason) => reason.replace(/^FORBIDDEN (\S+) requires .*$/, '$1'));
      const stated = readFieldRequirements(sdl)
        .filter(({ policies }) => policies.some((set) => set.some((name) => names.includes(name))))
        .map(({ coordinate }) => coordinate);
      expect(refused.toSorted()).toEqual(stated);
      expect(stated.length > 0).toBe(names.length > 0);
    },
  );

  it('has in the query `policy` what the SDL states', () => {
    const shown = readFieldRequirements(sdl);
    expect(shown.map(({ coordinate }) => coordinate).toSorted()).toEqual(
      expect.arrayContaining(coordinates.map((pair) => pair.join('.')).toSorted()),
    );
    for (const { coordinate, authenticated, demands, scopes } of shown) {
      const rule = expected.get(coordinate);
      if (rule === undefined) continue;
      expect([coordinate, authenticated]).toEqual([coordinate, rule.isClosed]);
      for (const [, held] of callers) {
        if (held === null) continue;
        const ways = [demands, scopes.length === 0 ? [] : [scopes]].map((all) =>
          meetsExpected({ isClosed: true, all: all.map((sets) => sets.map((set) => set.join(','))) }, held),
        );
        expect([coordinate, ...ways]).toEqual([
          coordinate,
          meetsExpected(rule, held),
          meetsExpected(rule, held),
        ]);
      }
    }
  });
});
