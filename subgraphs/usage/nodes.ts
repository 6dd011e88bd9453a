import { Kind, type ObjectTypeDefinitionNode, parse } from 'graphql';
import { type Caller, hasScope } from '#core/caller.ts';
import { isListed } from '#core/name-patterns.ts';
import { isOfferedTo, seesOffer } from '#core/offers.ts';
import { toCallName } from '#core/owned-id.ts';
import { type PolicySets, selectCallPolicies } from '#core/policies.ts';
import { type SubgraphName, subgraphNames } from '#core/subgraph-names.ts';
import { seesTenant } from '#core/tenant-reach.ts';
import { type NodeRecord, type NodeType, nodeTypes } from '#mongo/node-records.ts';
import { readArguments } from '#schema/directives.ts';
import { loadSubgraphSdl } from '#schema/load-sdl.ts';
import type { TypedReference } from '../runtime/entity.ts';
import { type AuthRule, enforceAuth } from '../runtime/policy/auth.ts';
import type { NodeResolvers } from './generated.ts';
import type { UsageContext } from './loaders.ts';

/** The types that implement Node in the SDL: NodeType has the same. */
type NodeName = Extract<Awaited<ReturnType<NodeResolvers['__resolveType']>>, string>;
type Guard = readonly [subgraph: SubgraphName, type: string, field: string];

/** The fields that return a record of each type by its own query: `node` requires the scopes that they require. */
const guards = {
  AccessGrant: ['tenants', 'Query', 'accessGrants'],
  Alert: ['usage', 'Query', 'alert'],
  ApiKey: ['tenants', 'App', 'keys'],
  App: ['tenants', 'Tenant', 'apps'],
  AuditRecord: ['usage', 'Query', 'auditLog'],
  Budget: ['tenants', 'Tenant', 'budgets'],
  Completion: ['inference', 'Query', 'completion'],
  GuardrailPolicy: ['tenants', 'Query', 'guardrailPolicy'],
  Invocation: ['usage', 'Query', 'invocation'],
  Member: ['tenants', 'Tenant', 'members'],
  Model: ['models', 'Query', 'model'],
  Plan: ['tenants', 'Query', 'plans'],
  Prompt: ['prompts', 'Query', 'prompt'],
  PromptVersion: ['prompts', 'Query', 'prompt'],
  Provider: ['models', 'Query', 'provider'],
  ProviderCredential: ['models', 'Provider', 'credentials'],
  Route: ['models', 'Query', 'route'],
  Team: ['tenants', 'Query', 'team'],
  Tenant: ['tenants', 'Query', 'tenant'],
} as const satisfies Readonly<Record<NodeType, Guard>> & {
  readonly [Name in NodeName]: Name extends NodeType ? Guard : never;
};

export type NodeRules = Readonly<Record<NodeType, AuthRule>>;

/** Reads from the schemas what `node` requires for each type. Once, at the start. */
export function readNodeRules(): NodeRules {
  const types = new Map<string, ObjectTypeDefinitionNode>();
  for (const name of subgraphNames) {
    for (const definition of parse(loadSubgraphSdl(name), { noLocation: true }).definitions) {
      if (definition.kind === Kind.OBJECT_TYPE_DEFINITION)
        types.set(`${name} ${definition.name.value}`, definition);
    }
  }
  const findRule = (type: NodeType): AuthRule => {
    const [subgraph, parentName, fieldName] = guards[type];
    const parent = types.get(`${subgraph} ${parentName}`);
    const field = parent?.fields?.find(({ name }) => name.value === fieldName);
    if (field === undefined) throw new Error(`The schema has no ${parentName}.${fieldName}.`);
    const directives = [
      ...(parent?.directives ?? []),
      ...(field.directives ?? []),
      ...(types.get(`${subgraph} ${type}`)?.directives ?? []),
    ];
    const scopeRules = directives
      .filter(({ name }) => name.value === 'requiresScopes')
      .map((directive) => readArguments(directive).scopes as string[][]);
    const policyRules = directives
      .filter(({ name }) => name.value === 'policy')
      .map((directive) => readArguments(directive).policies as string[][]);
    return { coordinate: 'Query.node', scopeRules, policyRules };
  };
  return Object.fromEntries(nodeTypes.map((type) => [type, findRule(type)])) as NodeRules;
}

/** What belongs to the mesh of these types is seen by its operators alone. */
const ofOperators: ReadonlySet<NodeType> = new Set<NodeType>(['Alert', 'AuditRecord', 'GuardrailPolicy']);

function isVisible(record: NodeRecord, context: UsageContext, rules: NodeRules): boolean {
  const { caller } = context;
  const { type, id, tenantId } = record;
  if ((type === 'Model' || type === 'Route') && !isListed(caller, toCallName(id))) return false;
  if (type === 'ProviderCredential' && tenantId === null) return hasScope(caller, 'models:write');
  if (type === 'Completion' || type === 'Invocation')
    return reaches(record, context, rules[type].policyRules);
  if (tenantId === null) {
    if (type === 'Prompt' || type === 'PromptVersion') return seesPromptOfMesh(record, caller);
    if (record.offers !== null) return seesOffer(record.offers, caller);
    return !ofOperators.has(type) || hasScope(caller, 'tenants:admin');
  }
  return seesTenant(caller, tenantId);
}

/** A prompt of the mesh or a version of one: those that are offered to the caller's tenant, and not archived; with tenants:admin all. */
function seesPromptOfMesh({ offers, archivedAt }: NodeRecord, caller: Caller): boolean {
  if (hasScope(caller, 'tenants:admin')) return true;
  return archivedAt === null && (offers === null || offers.some((offer) => isOfferedTo(offer, caller)));
}

/** By the policies of the field that returns such records, as the SDL states them. */
function reaches(record: NodeRecord, context: UsageContext, rules: readonly PolicySets[]): boolean {
  return (
    rules.length > 0 &&
    rules.every((sets) =>
      sets.some((set) => selectCallPolicies(set).every((name) => context.reach(name).sees(record))),
    )
  );
}

/**
 * What has the id, for the caller: null when there is nothing or nothing that the caller may see, FORBIDDEN without
 * the scopes of its type. The type's own subgraph reads the fields, and decides again.
 */
export async function findNode(
  id: string,
  context: UsageContext,
  rules: NodeRules,
): Promise<TypedReference | null> {
  const record = (await context.loaders.nodeRecords.load(id)).find((candidate) =>
    isVisible(candidate, context, rules),
  );
  if (record === undefined) return null;
  enforceAuth(rules[record.type], context.caller);
  const { type: __typename } = record;
  if (__typename === 'Invocation')
    return withType(await context.loaders.invocation.load(record.id), __typename);
  if (__typename === 'Alert') return withType(await context.loaders.alert.load(record.id), __typename);
  if (__typename === 'AuditRecord')
    return withType(await context.loaders.auditRecord.load(record.id), __typename);
  return { __typename, id };
}

function withType(record: object | null, __typename: NodeType): TypedReference | null {
  return record === null ? null : { ...record, __typename };
}
