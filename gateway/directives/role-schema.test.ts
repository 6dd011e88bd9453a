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
import { readPolicy } from './policy.ts';
import { RoleSchemas } from './role-schema.ts';

const sdl = readFileSync(supergraphUrl, 'utf8');
const api = buildApiSchema(sdl);
const schemas = new RoleSchemas(api, readPolicy(parse(sdl)));
const required = new Map(readFieldRequirements(sdl).map((one) => [one.coordinate, one]));

const toCaller = (held: readonly string[]): Caller => ({
  ...anonymousCaller,
  kind: 'API_KEY',
  tenantId: 'acme',
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

/** What a client finds that follows what `policy` allows, from the roots on. */
function listReachable(caller: Caller): string[] {
  const isOpen = (coordinate: string) =>
    required.get(coordinate)?.demands.every((sets) => meetsScopes(caller, sets)) ?? true;
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
    for (const field of Object.values(type.getFields())) {
      const below = getNamedType(field.type).name;
      if (!isOpen(`${name}.${field.name}`)) continue;
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
      expect(listFields(shown)).toEqual(listReachable(toCaller(held)));
      expect(validateSchema(shown)).toEqual([]);
    },
  );

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
