import {
  type DirectiveNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
} from 'graphql';
import type { Meter } from '#core/graph-enums.generated.ts';
import { arePoliciesKnown, type CallPolicyName, selectCallPolicies } from '#core/policies.ts';
import { readArguments } from '#schema/directives.ts';
import type { AuthRule } from './auth.ts';
import type { QuotaRule } from './quota.ts';

/** What the SDL states of one field, read once when the schema is built. */
export interface ExecutedPolicy {
  readonly auth: AuthRule | undefined;
  readonly quota: QuotaRule | undefined;
  /** The action that @audited names. */
  readonly audited: string | undefined;
  /** The policies of its own that a record decides: one of the sets is decided before anything is returned. */
  readonly byRecord: readonly (readonly CallPolicyName[])[];
}

type Field = GraphQLField<unknown, unknown>;

const quotas = new WeakMap<Field, QuotaRule>();

/** What @quota declares for the field being resolved; undefined where it declares nothing. */
export function readQuota(info: GraphQLResolveInfo): QuotaRule | undefined {
  return quotas.get(info.parentType.getFields()[info.fieldName] as Field);
}

/** Calls `visit` for every field that the SDL states something of. Throws where it states what cannot be enforced. */
export function visitPolicies(
  schema: GraphQLSchema,
  visit: (field: Field, parent: GraphQLObjectType, policy: ExecutedPolicy) => void,
): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      const policy = buildPolicy(field, type, schema);
      if (policy.quota) quotas.set(field, policy.quota);
      if (policy.auth || policy.quota || policy.audited !== undefined) visit(field, type, policy);
    }
  }
}

function buildPolicy(field: Field, parent: GraphQLObjectType, schema: GraphQLSchema): ExecutedPolicy {
  const coordinate = `${parent.name}.${field.name}`;
  const own = field.astNode?.directives ?? [];
  const result = getNamedType(field.type);
  const around = [
    ...own,
    ...readDirectives(parent),
    ...readDirectives(result),
    ...parent
      .getInterfaces()
      .flatMap((type) => [
        ...readDirectives(type),
        ...(type.getFields()[field.name]?.astNode?.directives ?? []),
      ]),
  ];
  const policyRules = around.filter(isPolicy).map(readSets);
  if (!policyRules.every(arePoliciesKnown)) {
    throw new Error(`${coordinate}: @policy is not enforced here; use a name of core/policies.ts.`);
  }
  const byRecord = own.flatMap(readCallPolicies);
  const decided = new Set(byRecord.flat());
  const undecided = around
    .flatMap(readCallPolicies)
    .flat()
    .find((name) => !decided.has(name));
  if (undecided !== undefined) {
    throw new Error(
      `${coordinate}: @policy ${undecided} is decided where a field itself has it; it has no effect on types and interfaces.`,
    );
  }
  const scopeRules = around
    .filter((directive) => directive.name.value === 'requiresScopes')
    .map((directive) => readArguments(directive).scopes as string[][]);
  const authenticated =
    around.some((directive) => directive.name.value === 'authenticated') || policyRules.length > 0;
  const quota = own.find((directive) => directive.name.value === 'quota');
  const audited = own.find((directive) => directive.name.value === 'audited');
  if (audited && parent === schema.getSubscriptionType()) {
    throw new Error(`${coordinate}: @audited belongs on mutations and reads, not on subscriptions.`);
  }
  return {
    auth: authenticated || scopeRules.length > 0 ? { coordinate, scopeRules, policyRules } : undefined,
    quota: quota && toQuotaRule(readArguments(quota)),
    audited: audited && String(readArguments(audited).action),
    byRecord,
  };
}

function isPolicy({ name }: DirectiveNode): boolean {
  return name.value === 'policy';
}

function readSets(directive: DirectiveNode): string[][] {
  return readArguments(directive).policies as string[][];
}

/** The policies that a record decides, of each set that has some. */
function readCallPolicies(directive: DirectiveNode): CallPolicyName[][] {
  if (!isPolicy(directive)) return [];
  return readSets(directive)
    .map(selectCallPolicies)
    .filter((names) => names.length > 0);
}

function readDirectives(type: {
  readonly astNode?: { readonly directives?: readonly DirectiveNode[] } | null | undefined;
  readonly extensionASTNodes: readonly { readonly directives?: readonly DirectiveNode[] }[];
}): readonly DirectiveNode[] {
  return [
    ...(type.astNode?.directives ?? []),
    ...type.extensionASTNodes.flatMap((node) => node.directives ?? []),
  ];
}

function toQuotaRule(values: Record<string, unknown>): QuotaRule {
  return { meters: values.meters as Meter[], weight: typeof values.weight === 'number' ? values.weight : 1 };
}
