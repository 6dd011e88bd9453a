import {
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLID,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLInt,
  type GraphQLSchema,
  GraphQLString,
  isEnumType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  type TypeNode,
  typeFromAST,
  type VariableDefinitionNode,
  valueFromAST,
} from 'graphql';

type Variables = Readonly<Record<string, unknown>>;

/**
 * Coerces the variables of one operation (GraphQL spec, section 6.1.2). Undefined where anything about them is not
 * plainly right: then `getVariableValues` of graphql-js decides, and states what is wrong.
 */
export type VariableCoercion = (given: Variables) => Record<string, unknown> | undefined;

const irregular = Symbol('irregular');
type Coerce = (value: unknown) => unknown;

const intMax = 2 ** 31;

/**
 * Looks through an operation's variables and their types once, so that a request pays only for the values that it
 * sends: graphql-js calls every type again for each value, which for a large input object costs more than the rest
 * of a small operation.
 */
export function compileVariables(
  schema: GraphQLSchema,
  definitions: readonly VariableDefinitionNode[],
): VariableCoercion {
  const known = new Map<GraphQLInputType, Coerce>();
  const variables = definitions.map(({ variable, type, defaultValue }) => {
    const inputType = findInputType(schema, type);
    return {
      name: variable.name.value,
      required: isNonNullType(inputType),
      coerce: inputType === undefined ? refuseAll : compileCoercion(inputType, known),
      computeDefault:
        defaultValue === undefined || inputType === undefined
          ? undefined
          : () => valueFromAST(defaultValue, inputType),
    };
  });
  return (given) => {
    const coerced: Record<string, unknown> = {};
    for (const { name, required, coerce, computeDefault } of variables) {
      if (!Object.hasOwn(given, name)) {
        if (computeDefault !== undefined) coerced[name] = computeDefault();
        else if (required) return undefined;
        continue;
      }
      const value = coerce(given[name]);
      if (value === irregular) return undefined;
      coerced[name] = value;
    }
    return coerced;
  };
}

function findInputType(schema: GraphQLSchema, node: TypeNode): GraphQLInputType | undefined {
  const type: unknown = typeFromAST(schema, node as Parameters<typeof typeFromAST>[1]);
  return isInputType(type) ? type : undefined;
}

const refuseAll: Coerce = () => irregular;

function compileCoercion(type: GraphQLInputType, known: Map<GraphQLInputType, Coerce>): Coerce {
  if (isNonNullType(type)) {
    const inner = compileCoercion(type.ofType, known);
    return (value) => (value === null || value === undefined ? irregular : inner(value));
  }
  const inner = compilePresent(type, known);
  return (value) => (value === null || value === undefined ? null : inner(value));
}

/** For values that are there. */
function compilePresent(type: GraphQLInputType, known: Map<GraphQLInputType, Coerce>): Coerce {
  if (isListType(type)) {
    const item = compileCoercion(type.ofType, known);
    // A single value is a list of one, which is rare enough to be left to graphql-js.
    return (value) => (Array.isArray(value) ? coerceItems(value, item) : irregular);
  }
  if (isInputObjectType(type)) {
    const found = known.get(type);
    if (found !== undefined) return found;
    let coerce: Coerce | undefined;
    // Input types may hold themselves.
    known.set(type, (value) => (coerce ?? refuseAll)(value));
    coerce = compileObject(type, known);
    return coerce;
  }
  if (isEnumType(type)) {
    const values = new Map(type.getValues().map(({ name, value }) => [name, value as unknown]));
    return (value) => (typeof value === 'string' && values.has(value) ? values.get(value) : irregular);
  }
  switch (type) {
    case GraphQLString:
    case GraphQLID:
      return (value) => (typeof value === 'string' ? value : irregular);
    case GraphQLBoolean:
      return (value) => (typeof value === 'boolean' ? value : irregular);
    case GraphQLInt:
      return (value) => (Number.isInteger(value) && isInt(value as number) ? value : irregular);
    case GraphQLFloat:
      return (value) => (Number.isFinite(value) ? value : irregular);
  }
  if (!('parseValue' in type)) return refuseAll;
  return (value) => {
    try {
      const parsed: unknown = type.parseValue(value);
      return parsed === undefined ? irregular : parsed;
    } catch {
      // Any error: a scalar refuses a value by throwing what it likes, as in graphql-js.
      return irregular;
    }
  };
}

function isInt(value: number): boolean {
  return value >= -intMax && value < intMax;
}

function coerceItems(values: readonly unknown[], coerce: Coerce): unknown {
  const items: unknown[] = [];
  for (const value of values) {
    const item = coerce(value);
    if (item === irregular) return irregular;
    items.push(item);
  }
  return items;
}

function compileObject(type: GraphQLInputObjectType, known: Map<GraphQLInputType, Coerce>): Coerce {
  if (type.isOneOf) return refuseAll;
  const fields = Object.values(type.getFields()).map((field) => ({
    name: field.name,
    byDefault: field.defaultValue as unknown,
    required: isNonNullType(field.type),
    coerce: compileCoercion(field.type, known),
  }));
  const names = new Set(fields.map(({ name }) => name));
  // What every object has by itself must not be taken for a value that was sent.
  if (fields.some(({ name }) => name in Object.prototype)) return refuseAll;
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return irregular;
    const given = value as Variables;
    for (const name of Object.keys(given)) if (!names.has(name)) return irregular;
    const coerced: Record<string, unknown> = {};
    for (const { name, byDefault, required, coerce } of fields) {
      const found = given[name];
      if (found === undefined) {
        if (byDefault !== undefined) coerced[name] = byDefault;
        else if (required) return irregular;
        continue;
      }
      const item = coerce(found);
      if (item === irregular) return irregular;
      coerced[name] = item;
    }
    return coerced;
  };
}
