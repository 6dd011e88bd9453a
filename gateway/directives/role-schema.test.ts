import { readFileSync } from 'node:fs';
import {
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isObjectType,
  isUnionType,
  parse,
  validateSchema,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { anonymousCaller, type Caller, meetsScopes, scopes } from '#core/caller.ts';
import { builtInRoles } from '#core/roles.ts';
import { buildApiSchema } from '#schema/api-schema.ts';
import { supergraphUrl } from '#schema/compose.ts';
import { readFieldRequirements } from '#schema/field-policies.ts';
import { type PolicyIndex, readPolicy } from './policy.ts';
import { RoleSchemas } from './role-schema.ts';

const sdl = readFileSync(supergraphUrl, 'utf8');
const api = buildApiSchema(sdl);
const schemas = new RoleSchemas(api, readPolicy(parse(sdl)));
const required = new Map(readFieldRequirements(sdl).map((one) => [one.coordinate, one]));

const toCaller = (held: readonly string[]): Caller => ({
  ...anonymousCaller,
  kind: 'API_KEY',
  tenantId: 'acme',
  appId: 'app',
  keyId: 'key',
  scopes: held,
});

function listFields(schema: GraphQLSchema): string[] {
  return Object.values(schema.getTypeMap())
    .filter((type) => !type.name.startsWith('__'))
    .flatMap((type) =>
      isObjectType(type) ? Object.keys(type.getFields()).map((field) => `${type.name}.${field}`) : [],
    )
    .toSorted();
}

/** Whether `policy` allows the field to the caller. */
function isAllowed(coordinate: string, caller: Caller): boolean {
  return required.get(coordinate)?.demands.every((sets) => meetsScopes(caller, sets)) ?? true;
}

/** The types of which no field is open, and those that only lead to such ones. */
function listEmpty(isOpen: (coordinate: string) => boolean): ReadonlySet<string> {
  const gone = new Set<string>();
  const isGone = (type: ReturnType<typeof api.getType>) =>
    isUnionType(type)
      ? type.getTypes().every(({ name }) => gone.has(name))
      : (isObjectType(type) || isInterfaceType(type)) &&
        Object.values(type.getFields()).every(
          (field) => !isOpen(`${type.name}.${field.name}`) || gone.has(getNamedType(field.type).name),
        );
  for (let before = -1; before < gone.size; ) {
    before = gone.size;
    for (const type of Object.values(api.getTypeMap())) if (isGone(type)) gone.add(type.name);
  }
  return gone;
}

/** What a client finds that follows the open fields from the roots on. */
function listReachable(isOpen: (coordinate: string) => boolean): string[] {
  const gone = listEmpty(isOpen);
  const found = new Set<string>();
  const open = ['Query', 'Mutation', 'Subscription'];
  const seen = new Set<string>();
  for (const name of open) {
    if (seen.has(name)) continue;
    seen.add(name);
    const type = api.getType(name);
    if (isInterfaceType(type) || isUnionType(type))
      open.push(...api.getPossibleTypes(type).map((one) => one.name));
    if (!isObjectType(type)) continue;
    // An interface is shown with all that implement it.
    open.push(...type.getInterfaces().flatMap((one) => (gone.has(one.name) ? [] : [one.name])));
    for (const field of Object.values(type.getFields())) {
      const below = getNamedType(field.type).name;
      if (!isOpen(`${name}.${field.name}`) || gone.has(below)) continue;
      found.add(`${name}.${field.name}`);
      open.push(below);
    }
  }
  return [...found].toSorted();
}

const callers: readonly (readonly [string, readonly string[]])[] = [
  ['a key without scopes', []],
  ['a narrowed key', ['inference:invoke']],
  ['an operator', ['tenants:admin']],
  ...Object.entries(builtInRoles),
];

describe('the schema as a caller sees it', () => {
  it.each(callers)(
    'has for %s the fields that policy allows and that can be reached, and no other',
    (_name, held) => {
      const shown = schemas.find(toCaller(held));
      expect(listFields(shown)).toEqual(listReachable((coordinate) => isAllowed(coordinate, toCaller(held))));
      expect(validateSchema(shown)).toEqual([]);
    },
  );

  it('lacks a field that the caller may not select whatever its name is', () => {
    const names = [...new Set(listFields(api).map((coordinate) => coordinate.split('.')[1] ?? ''))];
    const numbers = new Map(names.map((name, index) => [name, index + 1]));
    const rounds = Math.ceil(Math.log2(names.length + 1));
    const hiddenOnce = new Set<string>();
    for (let bit = 0; bit < rounds; bit++) {
      // Each name is hidden in the rounds of the bits of its number, of which it has at least one.
      const isHidden = (name: string) => (((numbers.get(name) ?? 0) >> bit) & 1) === 1;
      const demand = { requirement: { key: 'hidden', scopes: [[['missing']]], policies: [] } };
      const index = {
        field: (_type: string, name: string) => (isHidden(name) ? demand : undefined),
        typeCost: () => undefined,
      } as PolicyIndex;
      const shown = listFields(new RoleSchemas(api, index).find(toCaller([])));
      const expected = listReachable((coordinate) => !isHidden(coordinate.split('.')[1] ?? ''));
      expect(shown).toEqual(expected);
      for (const name of names) if (isHidden(name)) hiddenOnce.add(name);
    }
    expect(hiddenOnce.size).toBe(names.length);
  });

  it('has neither types nor inputs that only hidden fields lead to', () => {
    const names = (held: readonly string[]) => Object.keys(schemas.find(toCaller(held)).getTypeMap());
    expect(names(builtInRoles.VIEWER)).not.toContain('CreateTenantInput');
    expect(names(builtInRoles.BILLING)).not.toContain('CompletionEvent');
    expect(names(['inference:invoke'])).toEqual(
      expect.arrayContaining(['CompletionInput', 'CompletionEvent']),
    );
    expect(names(['inference:invoke'])).not.toContain('AuditConnection');
  });

  it('is whole for who holds every scope, and built once for the same grants', () => {
    const all = toCaller(Object.keys(scopes));
    expect(listFields(schemas.find(all))).toEqual(listFields(api));
    expect(schemas.find({ ...all, tenantId: 'other' })).toBe(schemas.find(all));
  });
});
