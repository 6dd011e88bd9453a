import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  print,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  type ValueNode,
} from 'graphql';
import { tooCostly } from '../errors.ts';
import { collectFragments } from './selections.ts';

/** A selected field with the type that it is selected on. */
interface Placed {
  readonly field: FieldNode;
  readonly parent: GraphQLNamedType;
  readonly type: GraphQLOutputType;
}

/** A selection set with the type that it is selected on. */
interface PlacedSet {
  readonly selectionSet: SelectionSetNode;
  readonly parent: GraphQLNamedType;
}

const metaFields = new Map(
  [TypeNameMetaFieldDef, SchemaMetaFieldDef, TypeMetaFieldDef].map((field) => [field.name, field]),
);

/** Fields that one document may require to be looked at, counted again for each group that they are in. */
const visitsMax = 50_000;

/**
 * The fields of a document that answer under one key but cannot be merged (GraphQL spec, section 5.3.2). The document
 * must be valid otherwise. graphql-js compares each field and fragment with each other one. Here the fields of one key
 * are compared with the first of them, so that the work grows with the document and not with its square. Throws
 * HeddleError GRAPH_COST_EXCEEDED where even that is too much.
 */
export function findMergeConflicts(
  schema: GraphQLSchema,
  document: DocumentNode,
  conflictsMax: number,
): readonly GraphQLError[] {
  const merging = new Merging(schema, collectFragments(document), conflictsMax);
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const parent = schema.getRootType(definition.operation);
    if (parent) merging.check({ selectionSet: definition.selectionSet, parent });
  }
  return merging.conflicts;
}

class Merging {
  readonly conflicts: GraphQLError[] = [];
  readonly #schema: GraphQLSchema;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #conflictsMax: number;
  readonly #arguments = new Map<FieldNode, string>();
  #visits = 0;

  constructor(
    schema: GraphQLSchema,
    fragments: ReadonlyMap<string, FragmentDefinitionNode>,
    conflictsMax: number,
  ) {
    this.#schema = schema;
    this.#fragments = fragments;
    this.#conflictsMax = conflictsMax;
  }

  check(root: PlacedSet): void {
    this.#checkCommonParents([root]);
    if (this.conflicts.length === 0) this.#checkShapes([root]);
  }

  /** SameResponseShape: whatever the types of the objects, a key answers with one shape. */
  #checkShapes(sets: readonly PlacedSet[]): void {
    for (const [key, same] of this.#collect(sets)) {
      const [first] = same;
      if (first === undefined) continue;
      const other = same.find(({ type }) => !haveSameShape(first.type, type));
      if (other !== undefined) {
        const types = `"${String(first.type)}" and "${String(other.type)}"`;
        this.#report(key, `they return conflicting types ${types}`, first, other);
        continue;
      }
      const below = collectBelow(same);
      if (below.length > 0) this.#checkShapes(below);
    }
  }

  /** FieldsInSetCanMerge: on one object, a key answers with one field and its arguments. */
  #checkCommonParents(sets: readonly PlacedSet[]): void {
    for (const [key, same] of this.#collect(sets)) {
      for (const group of byCommonParent(same)) {
        this.#visit(group.length);
        const [first] = group;
        if (first === undefined) continue;
        const renamed = group.find(({ field }) => field.name.value !== first.field.name.value);
        const other =
          renamed ?? group.find((one) => this.#printArguments(one) !== this.#printArguments(first));
        if (other === undefined) {
          const below = collectBelow(group);
          if (below.length > 0) this.#checkCommonParents(below);
        } else if (renamed === undefined) {
          this.#report(key, 'they have differing arguments', first, other);
        } else {
          const names = `"${first.field.name.value}" and "${other.field.name.value}"`;
          this.#report(key, `${names} are different fields`, first, other);
        }
      }
    }
  }

  /** The fields of the sets by their keys; a fragment that is used several times is followed once. */
  #collect(sets: readonly PlacedSet[]): ReadonlyMap<string, Placed[]> {
    const byKey = new Map<string, Placed[]>();
    const seen = new Set<string>();
    const collect = (selectionSet: SelectionSetNode, parent: GraphQLNamedType): void => {
      this.#visit(selectionSet.selections.length);
      for (const selection of selectionSet.selections) {
        if (selection.kind === Kind.FIELD) {
          const type = this.#findType(parent, selection.name.value);
          if (type === undefined) continue;
          const key = selection.alias?.value ?? selection.name.value;
          const same = byKey.get(key);
          if (same === undefined) byKey.set(key, [{ field: selection, parent, type }]);
          else same.push({ field: selection, parent, type });
          continue;
        }
        if (selection.kind === Kind.FRAGMENT_SPREAD) {
          if (seen.has(selection.name.value)) continue;
          seen.add(selection.name.value);
        }
        const fragment =
          selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragments.get(selection.name.value);
        if (fragment === undefined) continue;
        const condition = fragment.typeCondition?.name.value;
        const type = condition === undefined ? parent : this.#schema.getType(condition);
        if (type !== undefined) collect(fragment.selectionSet, type);
      }
    };
    for (const { selectionSet, parent } of sets) collect(selectionSet, parent);
    return byKey;
  }

  #findType(parent: GraphQLNamedType, name: string): GraphQLOutputType | undefined {
    if (name.startsWith('__')) return metaFields.get(name)?.type;
    return 'getFields' in parent && !isInputObjectType(parent) ? parent.getFields()[name]?.type : undefined;
  }

  #printArguments({ field }: Placed): string {
    const { arguments: given = [] } = field;
    if (given.length === 0) return '';
    const known = this.#arguments.get(field);
    if (known !== undefined) return known;
    const texts = given.map(({ name, value }) => `${name.value}:${print(withSortedFields(value))}`);
    const text = texts.sort().join();
    this.#arguments.set(field, text);
    return text;
  }

  #visit(count: number): void {
    this.#visits += count;
    if (this.#visits > visitsMax) {
      throw tooCostly('The document requests the same fields too often to be checked.');
    }
  }

  #report(key: string, reason: string, first: Placed, other: Placed): void {
    if (this.conflicts.length >= this.#conflictsMax) return;
    const advice = 'Use different aliases on the fields to fetch both if this was intentional.';
    this.conflicts.push(
      new GraphQLError(`Fields "${key}" conflict because ${reason}. ${advice}`, {
        nodes: [first.field, other.field],
      }),
    );
  }
}

function collectBelow(fields: readonly Placed[]): PlacedSet[] {
  return fields.flatMap(({ field: { selectionSet }, type }) =>
    selectionSet === undefined ? [] : [{ selectionSet, parent: getNamedType(type) }],
  );
}

/** Fields that one object may have: those of each object type, with those of the interfaces and unions. */
function byCommonParent(fields: readonly Placed[]): Iterable<readonly Placed[]> {
  const [first] = fields;
  if (first === undefined || fields.every(({ parent }) => parent === first.parent)) return [fields];
  const abstract = fields.filter(({ parent }) => !isObjectType(parent));
  const objects = Map.groupBy(
    fields.filter(({ parent }) => isObjectType(parent)),
    ({ parent }) => parent,
  );
  return objects.size === 0 ? [abstract] : [...objects.values()].map((own) => [...abstract, ...own]);
}

function haveSameShape(one: GraphQLOutputType, other: GraphQLOutputType): boolean {
  if (isNonNullType(one) || isNonNullType(other)) {
    return isNonNullType(one) && isNonNullType(other) && haveSameShape(one.ofType, other.ofType);
  }
  if (isListType(one) || isListType(other)) {
    return isListType(one) && isListType(other) && haveSameShape(one.ofType, other.ofType);
  }
  return isLeafType(one) || isLeafType(other) ? one === other : true;
}

/** The order of an input object's fields means nothing. */
function withSortedFields(value: ValueNode): ValueNode {
  if (value.kind === Kind.LIST) return { ...value, values: value.values.map(withSortedFields) };
  if (value.kind !== Kind.OBJECT) return value;
  const fields = value.fields.map((field) => ({ ...field, value: withSortedFields(field.value) }));
  return { ...value, fields: fields.sort((a, b) => (a.name.value < b.name.value ? -1 : 1)) };
}
