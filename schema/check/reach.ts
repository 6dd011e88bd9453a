import { Kind, parse } from 'graphql';
import { meetsScopes } from '#core/caller.ts';
import { isOfScopes, readDemands, unwrapTypeNode } from './demands.ts';
import type { SchemaFinding } from './findings.ts';

/** What a key reads without any scope: who it is. `node` itself requires of each type what the type's own query does. */
const openToEveryKey: ReadonlySet<string> = new Set([
  'Query.me',
  'Query.node',
  'Query.nodes',
  'Node.id',
  'Caller.kind',
  'Caller.tenant',
  'Caller.app',
  'Caller.endUserId',
  'Caller.keyId',
  'Caller.subject',
  'Caller.email',
  'Caller.issuerId',
  'Caller.role',
  'Caller.scopes',
  'Tenant.id',
  'Tenant.name',
  'App.id',
  'App.name',
]);

/** Fields of entities without a scope of their own, beside `id`, and why. */
const openFields: ReadonlyMap<string, string> = new Map([
  ['Completion', 'the subgraph answers those that the caller may read, and no others'],
  ['Invocation', 'the subgraph answers those that the caller may read, and no others'],
  ['AccessGrant', 'it is listed with tenants:read, and answered to the app that requests it'],
  ['Model.name', 'part of the name by which a model is called'],
  ['Model.capabilities', 'what it may be called for'],
  ['Model.provider', 'its id is part of the name of the model'],
  ['Provider.kind', 'the vendor, and with it the terms that a call falls under'],
  ['Route.alias', 'the name by which a route is called'],
  ['PromptVersion.number', 'which version a completion ran'],
]);

interface Shape {
  /** Of each object and interface type its fields, with the named type of each; of a union none. */
  readonly fields: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Of each interface and union the object types that it stands for. */
  readonly members: ReadonlyMap<string, readonly string[]>;
  readonly entities: ReadonlySet<string>;
}

function readShape(supergraphSdl: string): Shape {
  const fields = new Map<string, Map<string, string>>();
  const members = new Map<string, string[]>();
  const entities = new Set<string>();
  const join = (abstract: string, type: string) =>
    members.set(abstract, [...(members.get(abstract) ?? []), type]);
  for (const definition of parse(supergraphSdl, { noLocation: true }).definitions) {
    if (definition.kind === Kind.UNION_TYPE_DEFINITION) {
      for (const { name } of definition.types ?? []) join(definition.name.value, name.value);
    }
    if (
      definition.kind !== Kind.OBJECT_TYPE_DEFINITION &&
      definition.kind !== Kind.INTERFACE_TYPE_DEFINITION
    ) {
      continue;
    }
    const type = definition.name.value;
    for (const { name } of definition.interfaces ?? []) join(name.value, type);
    const isKeyed = definition.directives?.some(
      ({ name, arguments: given }) =>
        name.value === 'join__type' && given?.some((argument) => argument.name.value === 'key'),
    );
    if (isKeyed) entities.add(type);
    const clientFields = (definition.fields ?? []).filter(
      ({ directives }) => !directives?.some(({ name }) => name.value === 'inaccessible'),
    );
    fields.set(type, new Map(clientFields.map((field) => [field.name.value, unwrapTypeNode(field.type)])));
  }
  return { fields, members, entities };
}

/** Every field that a key with exactly these scopes can read, from the roots on but not through `node`, as coordinates. */
export function reachableFields(supergraphSdl: string, scopes: readonly string[]): ReadonlySet<string> {
  const { fields, members } = readShape(supergraphSdl);
  const demands = readDemands(supergraphSdl);
  const reached = new Set<string>();
  const types = ['Query', 'Mutation', 'Subscription'];
  const seen = new Set(types);
  for (const type of types) {
    for (const [field, result] of fields.get(type) ?? []) {
      const demand = demands.get(`${type}.${field}`) ?? [];
      if (!demand.filter(isOfScopes).every((sets) => meetsScopes({ scopes }, sets))) continue;
      reached.add(`${type}.${field}`);
      const isNode = result === 'Node';
      for (const next of [result, ...(isNode ? [] : (members.get(result) ?? []))]) {
        if (!seen.has(next)) types.push(next);
        seen.add(next);
      }
    }
  }
  return reached;
}

/**
 * Fields that show data without a scope: what a key without scopes reaches beyond who it is, and fields of entities,
 * which any type may come to refer to, that have no scope of their own.
 */
export function findUnscoped(supergraphSdl: string): readonly SchemaFinding[] {
  const { fields, entities } = readShape(supergraphSdl);
  const demands = readDemands(supergraphSdl);
  const finding = (where: string, problem: string): SchemaFinding => ({
    rule: 'auth',
    where,
    problem,
    whatToDo: 'Put @requiresScopes on the field or its type.',
  });
  const open = [...reachableFields(supergraphSdl, [])]
    .filter((where) => !openToEveryKey.has(where))
    .map((where) => finding(where, 'a key without scopes reads it'));
  const unscoped = [...entities].flatMap((type) =>
    [...(fields.get(type)?.keys() ?? [])]
      .map((field) => `${type}.${field}`)
      .filter((where) => !where.endsWith('.id') && (demands.get(where) ?? []).length === 0)
      .filter((where) => !openToEveryKey.has(where) && !openFields.has(where) && !openFields.has(type))
      .map((where) => finding(where, 'it is a field of an entity and requires no scope')),
  );
  return [...open, ...unscoped];
}
