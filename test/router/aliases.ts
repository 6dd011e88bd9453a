import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  Kind,
  OverlappingFieldsCanBeMergedRule,
  parse,
  print,
  type SelectionNode,
  type SelectionSetNode,
  TypeInfo,
  validate,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { type IsIncluded, inclusionBy } from '#gateway/document/selections.ts';
import type { Random } from '#test/support/random.ts';

/** An operation with aliases that mean nothing, and the way back from its answers to those of the operation without. */
export interface AliasedOperation {
  /** The operation without the aliases; asks every interface and union for its type. */
  readonly plain: string;
  readonly aliased: string;
  /** The data of `aliased` under the response keys of `plain`. */
  restore(data: unknown, variables?: Readonly<Record<string, unknown>>): unknown;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const toNameNode = (value: string) => ({ kind: Kind.NAME, value }) as const;
const readResponseKey = (field: FieldNode) => field.alias?.value ?? field.name.value;
const isIntrospected = (field: FieldNode) => field.name.value.startsWith('__');

/** A copy of the document in which each selection of an interface or union starts with its __typename. */
function askForTypes(schema: GraphQLSchema, document: DocumentNode): DocumentNode {
  const info = new TypeInfo(schema);
  return visit(
    document,
    visitWithTypeInfo(info, {
      SelectionSet: (selectionSet) => {
        if (!isAbstractType(info.getParentType())) return undefined;
        const typename: FieldNode = { kind: Kind.FIELD, name: toNameNode('__typename') };
        return { ...selectionSet, selections: [typename, ...selectionSet.selections] };
      },
    }),
  );
}

/**
 * Adds aliases to an operation at random: names of other fields, names that routers use among themselves, and names
 * of nothing. With `twins`, some fields are selected a second time under such a name.
 */
export function addAliases(
  schema: GraphQLSchema,
  query: string,
  random: Random,
  { twins }: { readonly twins: boolean },
): AliasedOperation {
  const plain = print(askForTypes(schema, parse(query)));
  const document = parse(plain, { noLocation: true });
  const names = new Set([
    'id',
    'x',
    '_internal_qp_alias_0',
    '_internal_qp_alias_1',
    '_entities',
    'representations',
  ]);
  const keys = new Map<FieldNode, string>();
  visit(document, {
    Field(field) {
      if (isIntrospected(field)) return false;
      keys.set(field, readResponseKey(field));
      names.add(field.name.value).add(`${field.name.value}_0`).add(readResponseKey(field));
      return undefined;
    },
  });
  for (const type of Object.values(schema.getTypeMap())) {
    if (isCompositeType(type) && 'getFields' in type && !type.name.startsWith('__'))
      for (const name of Object.keys(type.getFields())) names.add(name);
  }
  const pool = [...names];
  const isValid = () =>
    validate(schema, document, [OverlappingFieldsCanBeMergedRule], { maxErrors: 1 }).length === 0;

  visit(document, {
    SelectionSet(selectionSet) {
      const selections = selectionSet.selections as SelectionNode[];
      for (const field of [...selections]) {
        if (field.kind !== Kind.FIELD || !keys.has(field) || !twins || !random.chance(0.1)) continue;
        const twin = structuredClone(field);
        const added: FieldNode[] = [];
        const inspect = (original: FieldNode, copy: FieldNode): void => {
          keys.set(copy, keys.get(original) ?? readResponseKey(original));
          added.push(copy);
          const below = (set: SelectionSetNode | undefined, other: SelectionSetNode | undefined): void =>
            set?.selections.forEach((one, index) => {
              const same = other?.selections[index];
              if (one.kind === Kind.FIELD && same?.kind === Kind.FIELD) {
                if (!isIntrospected(one)) inspect(one, same);
              } else if (one.kind === Kind.INLINE_FRAGMENT && same?.kind === Kind.INLINE_FRAGMENT)
                below(one.selectionSet, same.selectionSet);
            });
          below(original.selectionSet, copy.selectionSet);
        };
        inspect(field, twin);
        (twin as Mutable<FieldNode>).alias = toNameNode(random.pick(pool));
        const at = random.below(selections.length + 1);
        selections.splice(at, 0, twin);
        if (isValid()) continue;
        selections.splice(at, 1);
        for (const one of added) keys.delete(one);
      }
    },
  });
  for (const field of keys.keys() as Iterable<Mutable<FieldNode>>) {
    if (!random.chance(0.5)) continue;
    const { alias } = field;
    field.alias = toNameNode(random.pick(pool));
    if (isValid()) continue;
    if (alias === undefined) delete field.alias;
    else field.alias = alias;
  }
  const restore: AliasedOperation['restore'] = (data, variables = {}) =>
    restoreKeys(schema, document, keys, inclusionBy(variables), data);
  return { plain, aliased: print(document), restore };
}

/** The data under the keys that its fields had before. */
function restoreKeys(
  schema: GraphQLSchema,
  document: DocumentNode,
  keys: ReadonlyMap<FieldNode, string>,
  isIncluded: IsIncluded,
  data: unknown,
): unknown {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);

  const restore = (
    value: unknown,
    type: GraphQLCompositeType,
    sets: readonly SelectionSetNode[],
  ): unknown => {
    if (Array.isArray(value)) return value.map((item) => restore(item, type, sets));
    if (typeof value !== 'object' || value === null) return value;
    const object = value as Record<string, unknown>;
    const concrete = schema.getType(isAbstractType(type) ? String(object.__typename) : type.name);
    if (!isCompositeType(concrete)) return value;
    const found = new Map<string, FieldNode[]>();
    const collect = ({ selections }: SelectionSetNode): void => {
      for (const selection of selections) {
        if (!isIncluded(selection.directives)) continue;
        if (selection.kind === Kind.FIELD) {
          const key = readResponseKey(selection);
          found.set(key, [...(found.get(key) ?? []), selection]);
          continue;
        }
        const fragment =
          selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
        const condition = schema.getType(fragment?.typeCondition?.name.value ?? concrete.name);
        const holds =
          condition === concrete ||
          (isAbstractType(condition) && schema.isSubType(condition, concrete as never));
        if (fragment !== undefined && holds) collect(fragment.selectionSet);
      }
    };
    for (const set of sets) collect(set);
    const restored: Record<string, unknown> = {};
    for (const [key, fields] of found) {
      const [first] = fields;
      if (first === undefined || !(key in object)) continue;
      const definition = 'getFields' in concrete ? concrete.getFields()[first.name.value] : undefined;
      const named = definition && getNamedType(definition.type);
      const formerly = Map.groupBy(fields, (field) => keys.get(field) ?? key);
      for (const [former, own] of formerly) {
        const below = own.flatMap(({ selectionSet }) => selectionSet ?? []);
        const inner = isCompositeType(named) ? restore(object[key], named, below) : object[key];
        restored[former] = former in restored ? merge(restored[former], inner) : inner;
      }
    }
    return restored;
  };

  const operation = document.definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION);
  const root = operation && schema.getRootType(operation.operation);
  if (!root) throw new Error('There is no operation.');
  return restore(data, root, [operation.selectionSet]);
}

/** Two answers of one field; one that differs from the other where both have a value stays visible. */
function merge(one: unknown, other: unknown): unknown {
  if (Array.isArray(one) && Array.isArray(other) && one.length === other.length)
    return one.map((item, index) => merge(item, other[index]));
  if (typeof one === 'object' && typeof other === 'object' && one !== null && other !== null) {
    const merged: Record<string, unknown> = { ...(one as object) };
    for (const [key, value] of Object.entries(other))
      merged[key] = key in merged ? merge(merged[key], value) : value;
    return merged;
  }
  return one === other || JSON.stringify(one) === JSON.stringify(other) ? one : { one, other };
}
