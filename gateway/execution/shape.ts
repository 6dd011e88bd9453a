import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { type Denied, isNeverIncluded } from '../directives/auth.ts';

/** A condition on a variable: @include(if: $name), or @skip(if: $name) where `unless`. */
export interface Condition {
  readonly variable: string;
  readonly unless: boolean;
}

/** All of one list must hold; any list of several. Undefined: always. */
export type Conditions = readonly (readonly Condition[])[] | undefined;

export interface TypeShape {
  readonly nonNull: boolean;
  /** The shape of a list's items. */
  readonly items: TypeShape | undefined;
}

export interface FieldShape {
  readonly key: string;
  readonly coordinate: string;
  readonly isTypename: boolean;
  readonly conditions: Conditions;
  readonly type: TypeShape;
  /** The selection below; undefined for a leaf, whose value is passed on as it came. */
  readonly object: ObjectShape | undefined;
  /** The values of an enum that clients may see; undefined for what is no enum. */
  readonly enumValues: ReadonlySet<unknown> | undefined;
  readonly denied: { readonly code: string; readonly message: string } | undefined;
}

interface Selected {
  readonly selectionSet: SelectionSetNode;
  readonly conditions: readonly Condition[];
}

interface ShapeContext {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly denied: Denied;
}

/** What is selected of an object, told for each concrete type when it is first met. */
export class ObjectShape {
  /** The type it is declared to be: the planner leaves __typename out where no field depends on it. */
  readonly declaredType: string;
  readonly #isAbstract: boolean;
  /** The one type that clients can see here, when there is but one. */
  readonly #onlyType: string | undefined;
  readonly #context: ShapeContext;
  readonly #selected: readonly Selected[];
  readonly #byType = new Map<string, readonly FieldShape[]>();

  constructor(context: ShapeContext, type: GraphQLCompositeType, selected: readonly Selected[]) {
    const possible = isAbstractType(type) ? context.schema.getPossibleTypes(type) : [type];
    this.declaredType = type.name;
    this.#isAbstract = isAbstractType(type);
    this.#onlyType = possible.length === 1 ? possible[0]?.name : undefined;
    this.#context = context;
    this.#selected = selected;
  }

  /** The concrete type of an object whose __typename came as this; undefined when it cannot be told. */
  typeNameOf(told: unknown): string | undefined {
    // An interface object is called by the interface's name where its own type was not asked for.
    const isTold = this.#isAbstract && typeof told === 'string' && told !== this.declaredType;
    return isTold ? told : this.#onlyType;
  }

  /** Undefined when the graph has no such object or interface type, or hides it. */
  fieldsOf(typeName: string): readonly FieldShape[] | undefined {
    const known = this.#byType.get(typeName);
    if (known !== undefined) return known;
    const type = this.#context.schema.getType(typeName);
    if (!isObjectType(type) && !isInterfaceType(type)) return undefined;
    const fields = collectFields(this.#context, type, this.#selected);
    this.#byType.set(typeName, fields);
    return fields;
  }
}

type FieldsType = GraphQLObjectType | GraphQLInterfaceType;

interface Occurrence {
  readonly field: FieldNode;
  readonly conditions: readonly Condition[];
}

function conditionsOf(selection: SelectionNode): readonly Condition[] {
  const conditions: Condition[] = [];
  for (const directive of selection.directives ?? []) {
    const value = directive.arguments?.[0]?.value;
    const unless = directive.name.value === 'skip';
    if (value?.kind !== Kind.VARIABLE || (!unless && directive.name.value !== 'include')) continue;
    conditions.push({ variable: value.name.value, unless });
  }
  return conditions;
}

function applies(schema: GraphQLSchema, condition: string | undefined, type: FieldsType): boolean {
  if (condition === undefined || condition === type.name) return true;
  const conditionType = schema.getType(condition);
  return isAbstractType(conditionType) && schema.isSubType(conditionType, type);
}

function typeShapeOf(type: GraphQLOutputType): TypeShape {
  if (isNonNullType(type)) return { ...typeShapeOf(type.ofType), nonNull: true };
  return { nonNull: false, items: isListType(type) ? typeShapeOf(type.ofType) : undefined };
}

/** GraphQL's CollectFields (spec, section 6.3.2), done once for a type instead of once for an object. */
function collectFields(
  context: ShapeContext,
  type: FieldsType,
  selected: readonly Selected[],
): readonly FieldShape[] {
  const groups = new Map<string, Occurrence[]>();
  const collect = (selectionSet: SelectionSetNode, above: readonly Condition[]): void => {
    for (const selection of selectionSet.selections) {
      if (isNeverIncluded(selection.directives)) continue;
      const conditions = [...above, ...conditionsOf(selection)];
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value;
        const group = groups.get(key);
        if (group === undefined) groups.set(key, [{ field: selection, conditions }]);
        else group.push({ field: selection, conditions });
        continue;
      }
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT ? selection : context.fragments.get(selection.name.value);
      if (fragment === undefined || !applies(context.schema, fragment.typeCondition?.name.value, type))
        continue;
      collect(fragment.selectionSet, conditions);
    }
  };
  for (const { selectionSet, conditions } of selected) collect(selectionSet, conditions);
  return [...groups].flatMap(([key, occurrences]) => fieldShapeOf(context, type, key, occurrences) ?? []);
}

function fieldShapeOf(
  context: ShapeContext,
  type: FieldsType,
  key: string,
  occurrences: readonly Occurrence[],
): FieldShape | undefined {
  const name = occurrences[0]?.field.name.value ?? '';
  const always = occurrences.some((occurrence) => occurrence.conditions.length === 0);
  const conditions = always ? undefined : occurrences.map((occurrence) => occurrence.conditions);
  if (name.startsWith('__')) {
    // __schema and __type come complete from graphql-js; __typename is known without asking.
    const isTypename = name === '__typename';
    const leaf = { nonNull: name !== '__type', items: undefined };
    const coordinate = `${type.name}.${name}`;
    return {
      key,
      coordinate,
      isTypename,
      conditions,
      type: leaf,
      object: undefined,
      enumValues: undefined,
      denied: undefined,
    };
  }
  const definition = type.getFields()[name];
  if (definition === undefined) return undefined;
  const named = getNamedType(definition.type);
  const denied = occurrences.map((occurrence) => context.denied.get(occurrence.field)).find(Boolean);
  const below = occurrences.flatMap(({ field, conditions: above }) =>
    field.selectionSet === undefined ? [] : [{ selectionSet: field.selectionSet, conditions: above }],
  );
  return {
    key,
    coordinate: `${type.name}.${name}`,
    isTypename: false,
    conditions,
    type: typeShapeOf(definition.type),
    object: isCompositeType(named) ? new ObjectShape(context, named, below) : undefined,
    enumValues: isEnumType(named) ? new Set(named.getValues().map((value) => value.name)) : undefined,
    denied,
  };
}

/** The shape of a whole operation's answer, with the refused fields marked. */
export function compileShape(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  denied: Denied,
): ObjectShape {
  const root = schema.getRootType(operation.operation);
  if (!root) throw new Error(`The graph has no ${operation.operation} type.`);
  const selected = [{ selectionSet: operation.selectionSet, conditions: [] }];
  return new ObjectShape({ schema, fragments, denied }, root, selected);
}

/** True when the conditions hold with these variables. */
export function holds(conditions: Conditions, variables: Readonly<Record<string, unknown>>): boolean {
  if (conditions === undefined) return true;
  return conditions.some((all) =>
    all.every(({ variable, unless }) => (variables[variable] === true) !== unless),
  );
}
