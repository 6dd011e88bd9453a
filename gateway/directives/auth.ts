import {
  type DefinitionNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { type Caller, meetsScopes } from '#core/caller.ts';
import type { ErrorCode } from '#core/errors.ts';
import { meetsPolicies, requiresPolicies } from '#core/policies.ts';
import { requiresAuthentication, requiresScopes } from '#core/refusal-words.ts';
import type { IsIncluded } from '../document/selections.ts';
import { typenameField } from '../document/selections.ts';
import type { PolicyIndex, Requirement } from './policy.ts';

/** What an operation demands: every selected field that has a requirement, with it. */
export interface OperationDemands {
  readonly byField: ReadonlyMap<
    FieldNode,
    { readonly requirement: Requirement; readonly coordinate: string }
  >;
  /** Each requirement once, in the order of the document. */
  readonly requirements: readonly Requirement[];
}

export type Denied = ReadonlyMap<FieldNode, { readonly code: ErrorCode; readonly message: string }>;

function isTypename(field: FieldNode): boolean {
  return field.name.value === '__typename';
}

/** Finds what an operation demands, fragments followed. Variables play no part in it. */
export function compileDemands(
  schema: GraphQLSchema,
  policy: PolicyIndex,
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): OperationDemands {
  const byField = new Map<FieldNode, { requirement: Requirement; coordinate: string }>();
  const requirements = new Set<Requirement>();
  const seen = new Set<string>();
  const walk = (selectionSet: SelectionSetNode, parent: GraphQLCompositeType): void => {
    for (const selection of selectionSet.selections) {
      if (selection.kind === Kind.FIELD) {
        const definition = 'getFields' in parent ? parent.getFields()[selection.name.value] : undefined;
        if (definition === undefined) continue;
        const requirement = policy.field(parent.name, selection.name.value)?.requirement;
        if (requirement !== undefined) {
          byField.set(selection, { requirement, coordinate: `${parent.name}.${selection.name.value}` });
          requirements.add(requirement);
        }
        const named = getNamedType(definition.type);
        if (selection.selectionSet !== undefined && isCompositeType(named))
          walk(selection.selectionSet, named);
        continue;
      }
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        if (seen.has(selection.name.value)) continue;
        seen.add(selection.name.value);
      }
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
      if (fragment === undefined) continue;
      const condition = fragment.typeCondition?.name.value;
      const type = condition === undefined ? parent : schema.getType(condition);
      if (isCompositeType(type)) walk(fragment.selectionSet, type);
    }
  };
  const root = schema.getRootType(operation.operation);
  if (root) walk(operation.selectionSet, root);
  return { byField, requirements: [...requirements] };
}

/** How a caller stands to a requirement, as one character. */
const met = '1';
const lacksScopes = '0';
const isNotAdmitted = 'p';

function judge(caller: Caller, { scopes, policies }: Requirement): string {
  if (caller.kind === 'ANONYMOUS' || !scopes.every((sets) => meetsScopes(caller, sets))) return lacksScopes;
  return policies.every((sets) => meetsPolicies(caller, sets)) ? met : isNotAdmitted;
}

/** True when the caller shows all that the requirement requests. */
export function meets(caller: Caller, requirement: Requirement): boolean {
  return judge(caller, requirement) === met;
}

/** Which of the operation's requirements the caller meets, as text: the key under which what follows is remembered. */
export function grantKey(caller: Caller, demands: OperationDemands): string {
  let key = caller.kind === 'ANONYMOUS' ? 'a' : 'k';
  for (const requirement of demands.requirements) key += judge(caller, requirement);
  return key;
}

function describeRefusal(requirement: Requirement, coordinate: string, judged: string, anonymous: boolean) {
  if (anonymous) return { code: 'UNAUTHENTICATED', message: requiresAuthentication(coordinate) } as const;
  if (judged === isNotAdmitted) {
    return { code: 'FORBIDDEN', message: requiresPolicies(coordinate, requirement.policies) } as const;
  }
  return { code: 'FORBIDDEN', message: requiresScopes(coordinate, requirement.scopes) } as const;
}

/** The fields that are refused to a caller who meets what the key states. */
export function denyFields(demands: OperationDemands, key: string): Denied {
  const anonymous = key.startsWith('a');
  const judgements = new Map(
    demands.requirements.map((requirement, index) => [requirement, key[index + 1] ?? lacksScopes]),
  );
  const denied = new Map<FieldNode, { code: ErrorCode; message: string }>();
  for (const [field, { requirement, coordinate }] of demands.byField) {
    const judged = judgements.get(requirement) ?? lacksScopes;
    if (judged !== met) denied.set(field, describeRefusal(requirement, coordinate, judged, anonymous));
  }
  return denied;
}

/** True when a literal condition leaves the selection out whatever the variables. */
export function isNeverIncluded(directives: readonly DirectiveNode[] | undefined): boolean {
  return (directives ?? []).some((directive) => {
    const value = directive.arguments?.[0]?.value;
    if (value?.kind !== Kind.BOOLEAN) return false;
    return directive.name.value === 'skip' ? value.value : directive.name.value === 'include' && !value.value;
  });
}

/**
 * A document of one operation with only those fields that `keep` admits, and only the fragments still in use. A
 * selection that loses all its fields requests __typename, so that the object itself stays in the answer; undefined
 * when nothing is left at the root. With `isIncluded` the conditions are decided: what they leave out is gone, and the
 * rest has no condition any more.
 */
export function filterOperation(
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  keep: (field: FieldNode, isRoot: boolean) => boolean,
  isIncluded?: IsIncluded,
): DocumentNode | undefined {
  const decided = isIncluded === undefined ? {} : { directives: [] };
  const kept = new Map<string, FragmentDefinitionNode>();
  let rootFields = 0;
  const filterSet = (selectionSet: SelectionSetNode, isRoot: boolean): SelectionSetNode => {
    const selections: SelectionNode[] = [];
    for (const selection of selectionSet.selections) {
      if (isIncluded?.(selection.directives) === false) continue;
      if (selection.kind === Kind.FIELD) {
        if (!keep(selection, isRoot)) continue;
        if (isRoot) rootFields++;
        selections.push(
          selection.selectionSet === undefined
            ? { ...selection, ...decided }
            : { ...selection, ...decided, selectionSet: filterSet(selection.selectionSet, false) },
        );
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const inner = filterSet(selection.selectionSet, isRoot);
        if (inner.selections.length > 0) selections.push({ ...selection, ...decided, selectionSet: inner });
      } else {
        const fragment = fragments.get(selection.name.value);
        if (fragment === undefined) continue;
        if (isRoot) {
          const { kind: _, name: __, ...inline } = { ...selection };
          const inner = filterSet(fragment.selectionSet, true);
          if (inner.selections.length === 0) continue;
          selections.push({
            ...inline,
            ...decided,
            kind: Kind.INLINE_FRAGMENT,
            typeCondition: fragment.typeCondition,
            selectionSet: inner,
          });
          continue;
        }
        if (!kept.has(selection.name.value)) {
          kept.set(selection.name.value, fragment);
          const inner = filterSet(fragment.selectionSet, false);
          kept.set(selection.name.value, { ...fragment, selectionSet: inner });
        }
        selections.push({ ...selection, ...decided });
      }
    }
    // The planner takes an alias of __typename for nothing but data, and would leave the type itself unasked.
    const isRenamed = selections.some((one) => one.kind === Kind.FIELD && one.alias && isTypename(one));
    if (!isRoot && (selections.length === 0 || isRenamed)) selections.push(typenameField);
    return { ...selectionSet, selections };
  };
  const selectionSet = filterSet(operation.selectionSet, true);
  if (rootFields === 0) return undefined;
  const definitions: DefinitionNode[] = [{ ...operation, selectionSet }, ...kept.values()];
  return { kind: Kind.DOCUMENT, definitions };
}
