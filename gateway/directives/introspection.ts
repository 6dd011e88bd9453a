import {
  type FragmentDefinitionNode,
  type GraphQLSchema,
  getIntrospectionQuery,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
} from 'graphql';
import { collectFragments } from '../document/selections.ts';
import { tooCostly } from '../errors.ts';

/** Root fields `__schema` and `__type` of one operation. */
const schemasMax = 1;
const typesMax = 5;
/** How much more than the whole schema, as tools request it, one operation may request. */
const growthMax = 1.5;

interface Size {
  readonly average: number;
  readonly largest: number;
}

/** What a field of the introspection types returns: how often, and of which type. */
interface Below {
  readonly type: string;
  readonly times: Size;
}

const once: Size = { average: 1, largest: 1 };
/** Texts are as dear as several names. */
const textWeight = 4;
const texts = new Set(['description', 'defaultValue', 'deprecationReason']);

function addCounts(counts: readonly number[]): Size {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return {
    average: counts.length === 0 ? 0 : total / counts.length,
    largest: counts.reduce((most, count) => Math.max(most, count), 0),
  };
}

function fieldsBelow(schema: GraphQLSchema): ReadonlyMap<string, Below> {
  const types = Object.values(schema.getTypeMap());
  const fields = types.map((type) =>
    isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [],
  );
  const directives = schema.getDirectives();
  const all = (count: number): Size => ({ average: count, largest: count });
  const args = addCounts([...fields.flat(), ...directives].map((one) => one.args.length));
  const interfaces = types.map((type) =>
    isObjectType(type) || isInterfaceType(type) ? type.getInterfaces().length : 0,
  );
  const possible = types.map((type) => ('getTypes' in type ? type.getTypes().length : 0));
  const implementations = types.map((type) =>
    isInterfaceType(type) ? schema.getPossibleTypes(type).length : 0,
  );
  const values = types.map((type) => (isEnumType(type) ? type.getValues().length : 0));
  const inputs = types.map((type) => (isInputObjectType(type) ? Object.keys(type.getFields()).length : 0));
  return new Map<string, Below>([
    ['__Schema.types', { type: '__Type', times: all(types.length) }],
    ['__Schema.queryType', { type: '__Type', times: once }],
    ['__Schema.mutationType', { type: '__Type', times: once }],
    ['__Schema.subscriptionType', { type: '__Type', times: once }],
    ['__Schema.directives', { type: '__Directive', times: all(directives.length) }],
    ['__Type.fields', { type: '__Field', times: addCounts(fields.map(({ length }) => length)) }],
    ['__Type.interfaces', { type: '__Type', times: addCounts(interfaces) }],
    ['__Type.possibleTypes', { type: '__Type', times: addCounts([...possible, ...implementations]) }],
    ['__Type.enumValues', { type: '__EnumValue', times: addCounts(values) }],
    ['__Type.inputFields', { type: '__InputValue', times: addCounts(inputs) }],
    ['__Type.ofType', { type: '__Type', times: once }],
    ['__Field.args', { type: '__InputValue', times: args }],
    ['__Field.type', { type: '__Type', times: once }],
    ['__InputValue.type', { type: '__Type', times: once }],
    ['__Directive.args', { type: '__InputValue', times: args }],
  ]);
}

/**
 * Bounds what one operation may request of `__schema` and `__type`: a share of what tools request, in fields that are
 * resolved. Lists below `__schema { types }` count with the average of their length in this schema, other lists with
 * their largest.
 */
export class IntrospectionBound {
  readonly #below: ReadonlyMap<string, Below>;
  readonly #fieldsMax: number;

  constructor(schema: GraphQLSchema) {
    this.#below = fieldsBelow(schema);
    const document = parse(
      getIntrospectionQuery({
        descriptions: true,
        specifiedByUrl: true,
        directiveIsRepeatable: true,
        schemaDescription: true,
        inputValueDeprecation: true,
        oneOf: true,
      }),
    );
    const [definition] = document.definitions;
    if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error('There is no introspection query.');
    const { fields } = this.#countRoots(definition.selectionSet, collectFragments(document));
    this.#fieldsMax = Math.ceil(growthMax * fields);
  }

  /** Throws HeddleError GRAPH_COST_EXCEEDED for an operation that requests more. */
  refuseLarge(
    { selectionSet }: OperationDefinitionNode,
    fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  ): void {
    const { schemas, types, fields } = this.#countRoots(selectionSet, fragments);
    if (schemas > schemasMax) {
      throw tooCostly(`The operation requests __schema ${schemas} times; ${schemasMax} is allowed.`);
    }
    if (types > typesMax) {
      throw tooCostly(`The operation requests __type ${types} times; ${typesMax} are allowed.`);
    }
    if (fields > this.#fieldsMax) {
      throw tooCostly(
        `The introspection requests about ${Math.ceil(fields)} fields; ${this.#fieldsMax} are allowed.`,
      );
    }
  }

  #countRoots(selectionSet: SelectionSetNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
    let schemas = 0;
    let types = 0;
    let fields = 0;
    const walk = ({ selections }: SelectionSetNode): void => {
      for (const selection of selections) {
        if (selection.kind !== Kind.FIELD) {
          const fragment =
            selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
          if (fragment !== undefined) walk(fragment.selectionSet);
          continue;
        }
        if (selection.selectionSet === undefined) continue;
        if (selection.name.value === '__schema') {
          schemas++;
          fields += this.#count(selection.selectionSet, '__Schema', 'average', fragments);
        } else if (selection.name.value === '__type') {
          types++;
          fields += this.#count(selection.selectionSet, '__Type', 'largest', fragments);
        }
      }
    };
    walk(selectionSet);
    return { schemas, types, fields };
  }

  #count(
    { selections }: SelectionSetNode,
    type: string,
    size: keyof Size,
    fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  ): number {
    let fields = 0;
    for (const selection of selections) {
      if (selection.kind !== Kind.FIELD) {
        const fragment =
          selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
        if (fragment !== undefined) fields += this.#count(fragment.selectionSet, type, size, fragments);
        continue;
      }
      const name = selection.name.value;
      const below = this.#below.get(`${type}.${name}`);
      if (below === undefined || selection.selectionSet === undefined) {
        fields += texts.has(name) ? textWeight : 1;
        continue;
      }
      const isFromTypes = type === '__Schema' && name === 'types';
      // A field's type is rather a large object than the average of all types.
      const sizeBelow = below.type === '__Type' && !isFromTypes ? 'largest' : size;
      fields += 1 + below.times[size] * this.#count(selection.selectionSet, below.type, sizeBelow, fragments);
    }
    return fields;
  }
}
