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
  type SelectionSetNode,
} from 'graphql';
import type { Denied } from '../directives/auth.ts';
import { type ClientField, responseKey } from '../document/canonical-operation.ts';
import type { IsIncluded } from '../document/selections.ts';

export interface TypeShape {
  readonly nonNull: boolean;
  /** The shape of a list's items. */
  readonly items: TypeShape | undefined;
}

export interface FieldShape {
  /** Under which the client wants the field. */
  readonly key: string;
  /** Under which it stands in what the plan brings. */
  readonly planKey: string;
  /** The offset in the client's text where it is selected first. */
  readonly start: number;
  readonly coordinate: string;
  readonly isTypename: boolean;
  readonly type: TypeShape;
  /** The selection below; undefined for a leaf, whose value is passed on as it came. */
  readonly object: ObjectShape | undefined;
  /** The values of an enum that clients may see; undefined for what is no enum. */
  readonly enumValues: ReadonlySet<unknown> | undefined;
  readonly denied: { readonly code: string; readonly message: string } | undefined;
}

export interface ShapeContext {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly clientFields: ReadonlyMap<FieldNode, ClientField>;
  readonly denied: Denied;
  readonly isIncluded: IsIncluded;
}

/** What is selected of an object, computed for each concrete type when it is first met. */
export class ObjectShape {
  /** The type it is declared to be: the planner leaves __typename out where no field depends on it. */
  readonly declaredType: string;
  readonly #isAbstract: boolean;
  readonly #possible: readonly string[];
  /** The one type that clients can see here, when there is but one. */
  readonly #onlyType: string | undefined;
  readonly #context: ShapeContext;
  readonly #selected: readonly SelectionSetNode[];
  readonly #byType = new Map<string, readonly FieldShape[]>();

  constructor(context: ShapeContext, type: GraphQLCompositeType, selected: readonly SelectionSetNode[]) {
    const possible = isAbstractType(type) ? context.schema.getPossibleTypes(type) : [type];
    this.declaredType = type.name;
    this.#isAbstract = isAbstractType(type);
    this.#possible = possible.map(({ name }) => name);
    this.#onlyType = possible.length === 1 ? possible[0]?.name : undefined;
    this.#context = context;
    this.#selected = selected;
  }

  /** The concrete type of an object whose __typename came as this; undefined when it cannot be determined. */
  readTypeName(received: unknown): string | undefined {
    // An interface object is called by the interface's name where its own type was not requested.
    const isKnown = this.#isAbstract && typeof received === 'string' && received !== this.declaredType;
    return isKnown ? received : this.#onlyType;
  }

  /** The fields that stand under the key of the plan in this object; in an object of any type where there is none. */
  fieldsUnder(planKey: string, value: unknown): readonly FieldShape[] {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    const received = isObject ? (value as { readonly __typename?: unknown }).__typename : undefined;
    const typeName = this.readTypeName(received) ?? (isObject ? this.declaredType : undefined);
    for (const name of typeName === undefined ? this.#possible : [typeName]) {
      const found = this.listFields(name)?.filter((field) => field.planKey === planKey) ?? [];
      if (found.length > 0) return found;
    }
    return [];
  }

  /** True when the client selects something under the key, of an object of any type. */
  hasKey(key: string): boolean {
    return this.#possible.some((name) => this.listFields(name)?.some((field) => field.key === key));
  }

  /** Undefined when the graph has no such object or interface type, or hides it. */
  listFields(typeName: string): readonly FieldShape[] | undefined {
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

function applies(schema: GraphQLSchema, condition: string | undefined, type: FieldsType): boolean {
  if (condition === undefined || condition === type.name) return true;
  const conditionType = schema.getType(condition);
  return isAbstractType(conditionType) && schema.isSubType(conditionType, type);
}

function toTypeShape(type: GraphQLOutputType): TypeShape {
  if (isNonNullType(type)) return { ...toTypeShape(type.ofType), nonNull: true };
  return { nonNull: false, items: isListType(type) ? toTypeShape(type.ofType) : undefined };
}

/** GraphQL's CollectFields (spec, section 6.3.2), done once for a type instead of once for an object. */
function collectFields(
  context: ShapeContext,
  type: FieldsType,
  selected: readonly SelectionSetNode[],
): readonly FieldShape[] {
  const groups = new Map<string, [FieldNode, ...FieldNode[]]>();
  const collect = (selectionSet: SelectionSetNode): void => {
    for (const selection of selectionSet.selections) {
      if (!context.isIncluded(selection.directives)) continue;
      if (selection.kind === Kind.FIELD) {
        const key = context.clientFields.get(selection)?.key ?? responseKey(selection);
        const group = groups.get(key);
        if (group === undefined) groups.set(key, [selection]);
        else group.push(selection);
        continue;
      }
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT ? selection : context.fragments.get(selection.name.value);
      if (fragment === undefined || !applies(context.schema, fragment.typeCondition?.name.value, type))
        continue;
      collect(fragment.selectionSet);
    }
  };
  for (const selectionSet of selected) collect(selectionSet);
  return [...groups].flatMap(([key, fields]) => toFieldShape(context, type, key, fields) ?? []);
}

function toFieldShape(
  context: ShapeContext,
  type: FieldsType,
  key: string,
  fields: readonly [FieldNode, ...FieldNode[]],
): FieldShape | undefined {
  const [first] = fields;
  const planKey = responseKey(first);
  const start = context.clientFields.get(first)?.start ?? 0;
  const name = first.name.value;
  if (name.startsWith('__')) {
    // __schema and __type come complete from graphql-js; __typename is known without a request.
    const isTypename = name === '__typename';
    const leaf = { nonNull: name !== '__type', items: undefined };
    const coordinate = `${type.name}.${name}`;
    return {
      key,
      planKey,
      start,
      coordinate,
      isTypename,
      type: leaf,
      object: undefined,
      enumValues: undefined,
      denied: undefined,
    };
  }
  const definition = type.getFields()[name];
  if (definition === undefined) return undefined;
  const named = getNamedType(definition.type);
  const denied = fields.map((field) => context.denied.get(field)).find(Boolean);
  const below = fields.flatMap((field) => field.selectionSet ?? []);
  return {
    key,
    planKey,
    start,
    coordinate: `${type.name}.${name}`,
    isTypename: false,
    type: toTypeShape(definition.type),
    object: isCompositeType(named) ? new ObjectShape(context, named, below) : undefined,
    enumValues: isEnumType(named) ? new Set(named.getValues().map((value) => value.name)) : undefined,
    denied,
  };
}

/** The shape of a whole operation's answer with the conditions decided and the refused fields marked. */
export function compileShape(context: ShapeContext, operation: OperationDefinitionNode): ObjectShape {
  const root = context.schema.getRootType(operation.operation);
  if (!root) throw new Error(`The graph has no ${operation.operation} type.`);
  return new ObjectShape(context, root, [operation.selectionSet]);
}
