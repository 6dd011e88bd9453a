import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';
import type { Resumption } from '../resumption.ts';

/** A subscription that can be continued: its documents, and where its events state the position. */
export interface ResumableDocument {
  /** The subscription, with the fields that it takes to continue it. */
  readonly document: DocumentNode;
  /** Continues it: the same selection of the same events. */
  readonly resumeDocument: DocumentNode;
  /** The variables of `resumeDocument`. */
  resumeVariables(
    variables: Readonly<Record<string, unknown>> | undefined,
    id: string,
    after: number,
  ): Readonly<Record<string, unknown>>;
  /** The response key of the subscription field, and of its event's fields. */
  readonly rootKey: string;
  readonly idKey: string;
  readonly sequenceKey: string;
  /** What the client selects of such an event; undefined where it selects a field that `values` lacks. */
  select(typeName: string, values: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined;
}

const name = (value: string) => ({ kind: Kind.NAME, value }) as const;
const named = (value: string) =>
  ({ kind: Kind.NON_NULL_TYPE, type: { kind: Kind.NAMED_TYPE, name: name(value) } }) as const;
const toResponseKey = (field: FieldNode) => field.alias?.value ?? field.name.value;

/** A name that none of the taken ones is. */
function freeName(wanted: string, taken: { has(name: string): boolean }): string {
  let free = wanted;
  while (taken.has(free)) free += '_';
  return free;
}

/** Undefined for a document with a root field that cannot be continued. */
export function makeResumable(
  document: DocumentNode,
  { fields, resume, eventType, event }: Resumption,
): ResumableDocument | undefined {
  const operation = document.definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION);
  const [root, ...others] = operation?.selectionSet.selections ?? [];
  if (operation?.operation !== OperationTypeNode.SUBSCRIPTION || others.length > 0) return undefined;
  if (root?.kind !== Kind.FIELD || !fields.includes(root.name.value)) return undefined;
  const selectionSet = root.selectionSet ?? { kind: Kind.SELECTION_SET, selections: [] };
  const fragments = document.definitions.filter((one) => one.kind === Kind.FRAGMENT_DEFINITION);

  /** The fields that stand under each response key. */
  const keys = new Map<string, Set<string>>();
  const used = new Set<string>();
  const inspect = {
    Field(field: FieldNode) {
      const key = toResponseKey(field);
      keys.set(key, (keys.get(key) ?? new Set()).add(field.name.value));
    },
    Variable: (variable: { readonly name: { readonly value: string } }) => void used.add(variable.name.value),
  };
  for (const node of [selectionSet, ...fragments]) visit(node, inspect);

  const added: FieldNode[] = [];
  /** The key of a field of every event; the field is added where the client does not select it. */
  const keyFor = (field: string): string => {
    const found = selectionSet.selections.find(
      (one) => one.kind === Kind.FIELD && one.name.value === field && (one.directives ?? []).length === 0,
    );
    if (found?.kind === Kind.FIELD) return toResponseKey(found);
    const standing = keys.get(field) ?? new Set([field]);
    const isFree = standing.size === 1 && standing.has(field);
    const key = isFree ? field : freeName(field, keys);
    keys.set(key, new Set([field]));
    added.push({ kind: Kind.FIELD, name: name(field), ...(key === field ? {} : { alias: name(key) }) });
    return key;
  };
  keyFor('__typename');
  const idKey = keyFor(event.id);
  const sequenceKey = keyFor(event.sequence);
  const selected: SelectionSetNode = {
    ...selectionSet,
    selections: [...selectionSet.selections, ...added],
  };

  const idVariable = freeName('resumeId', used);
  const afterVariable = freeName('resumeAfter', used);
  const variable = (of: string) => ({ kind: Kind.VARIABLE, name: name(of) }) as const;
  const argument = (argumentName: string, of: string) =>
    ({ kind: Kind.ARGUMENT, name: name(argumentName), value: variable(of) }) as const;
  const defined = (of: string, type: string) =>
    ({ kind: Kind.VARIABLE_DEFINITION, variable: variable(of), type: named(type) }) as const;
  const kept = (operation.variableDefinitions ?? []).filter((one) => used.has(one.variable.name.value));
  const rootKey = toResponseKey(root);

  const withRoot = (changed: FieldNode, more: Partial<OperationDefinitionNode>): DocumentNode => ({
    ...document,
    definitions: [
      {
        ...operation,
        ...more,
        selectionSet: { kind: Kind.SELECTION_SET, selections: [{ ...changed, selectionSet: selected }] },
      },
      ...fragments,
    ],
  });

  return {
    document: added.length === 0 ? document : withRoot(root, {}),
    resumeDocument: withRoot(
      {
        kind: Kind.FIELD,
        alias: name(rootKey),
        name: name(resume.field),
        arguments: [argument(resume.id, idVariable), argument(resume.after, afterVariable)],
      },
      { variableDefinitions: [...kept, defined(idVariable, 'ID'), defined(afterVariable, 'Int')] },
    ),
    resumeVariables(variables, id, after) {
      const keptValues = kept.flatMap(({ variable: { name: of } }) => {
        const value = variables?.[of.value];
        return value === undefined ? [] : [[of.value, value] as const];
      });
      return { ...Object.fromEntries(keptValues), [idVariable]: id, [afterVariable]: after };
    },
    rootKey,
    idKey,
    sequenceKey,
    select: (typeName, values) => selectFrom(selected, { fragments, eventType }, typeName, values),
  };
}

interface Selecting {
  readonly fragments: readonly FragmentDefinitionNode[];
  readonly eventType: string;
}

type Values = Readonly<Record<string, unknown>>;

/** What is selected of an object of this type that has these values, and of those below it. */
function selectFrom(
  { selections }: SelectionSetNode,
  selecting: Selecting,
  typeName: string,
  values: Values,
): Record<string, unknown> | undefined {
  const found: Record<string, unknown> = {};
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      const value = selectValue(selection, selecting, typeName, values);
      if (value === undefined) return undefined;
      found[toResponseKey(selection)] = value;
      continue;
    }
    const inner = fragmentFor(selection, selecting, typeName);
    const below = inner === undefined ? {} : selectFrom(inner, selecting, typeName, values);
    if (below === undefined) return undefined;
    Object.assign(found, below);
  }
  return found;
}

function selectValue(
  { name: { value: field }, selectionSet }: FieldNode,
  selecting: Selecting,
  typeName: string,
  values: Values,
): unknown {
  if (field === '__typename') return typeName;
  const value = Object.hasOwn(values, field) ? values[field] : undefined;
  if (selectionSet === undefined || typeof value !== 'object' || value === null || Array.isArray(value)) {
    return value;
  }
  const { __typename, ...below } = value as Record<string, unknown>;
  return selectFrom(selectionSet, selecting, String(__typename), below);
}

/** The selection of a fragment that holds for the type. The planner writes out conditions on other interfaces. */
function fragmentFor(
  selection: Exclude<SelectionNode, FieldNode>,
  { fragments, eventType }: Selecting,
  typeName: string,
): SelectionSetNode | undefined {
  const fragment =
    selection.kind === Kind.INLINE_FRAGMENT
      ? selection
      : fragments.find((one) => one.name.value === selection.name.value);
  const condition = fragment?.typeCondition?.name.value ?? typeName;
  return condition === typeName || condition === eventType ? fragment?.selectionSet : undefined;
}
