import {
  type ArgumentNode,
  type ASTNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type NamedTypeNode,
  type OperationDefinitionNode,
  print,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { tooCostly } from '../errors.ts';
import type { SupergraphFields } from '../planning/supergraph-fields.ts';

/** A field as the client wrote it. */
export interface ClientField {
  /** The key of the answer. */
  readonly key: string;
  /** The offset of the field in the client's text. */
  readonly start: number;
}

/**
 * An operation in which no name is the client's choice: every field answers under its own name, or under an alias that
 * no field of the graph has. What is planned and fetched under these names can neither become nor hide the keys and
 * required fields that the planner adds under theirs.
 */
export interface CanonicalOperation {
  /** Its fragments are written out. */
  readonly definition: OperationDefinitionNode;
  readonly clientFields: ReadonlyMap<FieldNode, ClientField>;
}

/** What operations are made canonical by. */
export interface CanonicalContext {
  readonly schema: GraphQLSchema;
  readonly fields: SupergraphFields;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Offsets of the fields in the client's text. */
  readonly starts: ReadonlyMap<ASTNode, number>;
}

/** Fragments of an operation when each is counted once for each use. */
const fragmentsMax = 10_000;

/** The key under which the field answers. */
export function responseKey(field: FieldNode): string {
  return field.alias?.value ?? field.name.value;
}

/** The order of an input object's fields means nothing. */
function sorted(value: ValueNode): ValueNode {
  if (value.kind === Kind.LIST) return { ...value, values: value.values.map(sorted) };
  if (value.kind !== Kind.OBJECT) return value;
  const fields = value.fields.map((field) => ({ ...field, value: sorted(field.value) }));
  return { ...value, fields: fields.sort((a, b) => (a.name.value < b.name.value ? -1 : 1)) };
}

const printArgument = ({ name, value }: ArgumentNode) => `${name.value}:${print(sorted(value))}`;

/** Equal for fields that a selection merges: the same field with the same arguments (GraphQL spec, section 5.3.2). */
function printSignature({ name, arguments: given = [] }: FieldNode): string {
  return given.length === 0 ? name.value : `${name.value}(${given.map(printArgument).sort().join()})`;
}

type Mutable<Node> = { -readonly [Key in keyof Node]: Node[Key] };

/** A selection of objects of one declared type; its fields may be renamed. */
interface Selected {
  readonly type: GraphQLCompositeType;
  readonly selectionSet: SelectionSetNode;
}

interface SelectedField {
  readonly node: Mutable<FieldNode>;
  readonly parent: GraphQLCompositeType;
}

class Canonicalizer {
  readonly clientFields = new Map<FieldNode, ClientField>();
  readonly #context: CanonicalContext;
  #fragments = 0;

  constructor(context: CanonicalContext) {
    this.#context = context;
  }

  /** A copy with its fragments written out and every field recorded with the client's key. */
  writeOut(
    { selections }: SelectionSetNode,
    type: GraphQLCompositeType | undefined,
    outer: ReadonlySet<string> = new Set(),
  ): SelectionSetNode {
    /** The fragments that this selection has unconditionally, which need not be repeated. */
    const spread = new Set(outer);
    const written: SelectionNode[] = [];
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        written.push(this.#writeField(selection, type));
        continue;
      }
      const isSpread = selection.kind === Kind.FRAGMENT_SPREAD;
      const fragment = isSpread ? this.#context.fragments.get(selection.name.value) : selection;
      const directives = selection.directives ?? [];
      if (fragment === undefined) continue;
      if (isSpread && directives.length === 0) {
        if (spread.has(selection.name.value)) continue;
        spread.add(selection.name.value);
      }
      if (++this.#fragments > fragmentsMax) {
        throw tooCostly(`The document uses fragments too often; ${fragmentsMax} times are allowed.`);
      }
      const { typeCondition } = fragment;
      const narrowed = this.#narrow(type, typeCondition);
      const selectionSet = this.writeOut(fragment.selectionSet, narrowed, spread);
      // It may repeat what is there already.
      if (selectionSet.selections.length === 0) continue;
      const isSame = typeCondition === undefined || narrowed === type;
      if (directives.length === 0 && isSame) written.push(...selectionSet.selections);
      else {
        const condition = typeCondition === undefined ? {} : { typeCondition };
        written.push({ kind: Kind.INLINE_FRAGMENT, directives, selectionSet, ...condition });
      }
    }
    return { kind: Kind.SELECTION_SET, selections: written };
  }

  #writeField(field: FieldNode, parent: GraphQLCompositeType | undefined): FieldNode {
    const { selectionSet } = field;
    const type = this.#findType(field, parent);
    const below = selectionSet && { selectionSet: this.writeOut(selectionSet, type) };
    const copy: FieldNode = { ...field, ...below };
    const start = this.#context.starts.get(field) ?? 0;
    this.clientFields.set(copy, { key: responseKey(field), start });
    return copy;
  }

  /** Names the fields that stand in one place of the answer, and those below them. */
  rename(place: readonly Selected[], isMutationRoot: boolean): void {
    /** The fields that are one, by the name of the field. */
    const byName = new Map<string, Map<string, SelectedField[]>>();
    for (const field of place.flatMap((selected) => this.#listFields(selected))) {
      const { name } = field.node;
      if (name.value === '__typename') {
        delete field.node.alias;
        continue;
      }
      const groups = byName.get(name.value) ?? new Map<string, SelectedField[]>();
      byName.set(name.value, groups);
      const key = this.#groupKey(field, isMutationRoot);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [field]);
      else group.push(field);
    }
    for (const [name, groups] of byName) {
      let count = 0;
      let isTaken = false;
      for (const group of this.#splitByType(groups)) {
        const isOwn: boolean = !isTaken && this.#mayKeepName(group[0]?.node);
        isTaken ||= isOwn;
        let alias = name;
        if (!isOwn) {
          do alias = `${name}_${++count}`;
          while (this.#context.fields.has(alias));
        }
        const below: Selected[] = [];
        for (const { node, parent } of group) {
          if (isOwn) delete node.alias;
          else node.alias = { kind: Kind.NAME, value: alias };
          const type = this.#findType(node, parent);
          if (node.selectionSet !== undefined && type !== undefined)
            below.push({ type, selectionSet: node.selectionSet });
        }
        if (below.length > 0) this.rename(below, false);
      }
    }
  }

  /** False where the planner may add the field with other arguments, for which it then needs the name. */
  #mayKeepName(node: FieldNode | undefined): boolean {
    const required = node && this.#context.fields.required.get(node.name.value);
    if (required === undefined) return true;
    return required.size === 1 && required.has('') && (node?.arguments ?? []).length === 0;
  }

  /**
   * Fields of one key are one, as they are for the client. So are leaves with the same arguments, whatever the client
   * calls them; but what an object lacks must not take an object of another name with it, and each field of a mutation
   * runs by itself.
   */
  #groupKey({ node, parent }: SelectedField, isMutationRoot: boolean): string {
    const signature = printSignature(node);
    if (node.selectionSet === undefined && !isMutationRoot)
      return `${signature} ${this.#context.fields.readTypes(parent.name, node.name.value)}`;
    return `${this.clientFields.get(node)?.key} ${signature}`;
  }

  /** Objects of different types may have fields of one name but of different types, which cannot share a key. */
  *#splitByType(groups: ReadonlyMap<string, SelectedField[]>): Iterable<SelectedField[]> {
    const { fields } = this.#context;
    for (const group of groups.values()) {
      if (group.length === 1 || !group.every(({ parent }) => isObjectType(parent))) {
        yield group;
        continue;
      }
      const byType = new Map<string, SelectedField[]>();
      for (const field of group) {
        const type = fields.readTypes(field.parent.name, field.node.name.value);
        byType.set(type, [...(byType.get(type) ?? []), field]);
      }
      yield* byType.values();
    }
  }

  #listFields({ type, selectionSet }: Selected): SelectedField[] {
    return selectionSet.selections.flatMap((selection): SelectedField[] => {
      if (selection.kind === Kind.FIELD) return [{ node: selection, parent: type }];
      if (selection.kind !== Kind.INLINE_FRAGMENT) return [];
      const narrowed = this.#narrow(type, selection.typeCondition);
      return narrowed ? this.#listFields({ type: narrowed, selectionSet: selection.selectionSet }) : [];
    });
  }

  #narrow<Type extends GraphQLCompositeType | undefined>(type: Type, condition: NamedTypeNode | undefined) {
    if (condition === undefined) return type;
    const narrowed = this.#context.schema.getType(condition.name.value);
    return isCompositeType(narrowed) ? narrowed : undefined;
  }

  /** The type of the objects below the field; undefined for a leaf, and for what introspects the schema. */
  #findType(node: FieldNode, parent: GraphQLCompositeType | undefined): GraphQLCompositeType | undefined {
    if (!isObjectType(parent) && !isInterfaceType(parent)) return undefined;
    const definition = parent.getFields()[node.name.value];
    const type = definition && getNamedType(definition.type);
    return isCompositeType(type) ? type : undefined;
  }
}

/**
 * The operation under names of ours. Takes an operation of a valid document; throws HeddleError GRAPH_COST_EXCEEDED
 * where it is too large with its fragments written out.
 */
export function canonicalize(
  operation: OperationDefinitionNode,
  context: CanonicalContext,
): CanonicalOperation {
  const type = context.schema.getRootType(operation.operation);
  if (!type) throw new Error(`The graph has no ${operation.operation} type.`);
  const canonicalizer = new Canonicalizer(context);
  const selectionSet = canonicalizer.writeOut(operation.selectionSet, type);
  canonicalizer.rename([{ type, selectionSet }], operation.operation === 'mutation');
  return { definition: { ...operation, selectionSet }, clientFields: canonicalizer.clientFields };
}
