import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLOutputType,
  getNamedType,
  getNullableType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isRequiredArgument,
  isRequiredInputField,
  isUnionType,
} from 'graphql';

type Json = unknown;

/** One way to call a field: every required argument, and one text or id of the caller's choice at `leaf`. */
export interface Probe {
  /** Where the probed value stands, e.g. `input.tenantId`; empty: there is no such place. */
  readonly leaf: string;
  /** The place takes an id rather than any text. */
  readonly takesId: boolean;
  argumentsWith(value: string): Record<string, Json>;
}

const hourMs = 3_600_000;
/** The same in every call, so that answers can be compared. */
const probedMs = Date.now();

const textual = new Set(['ID', 'String']);

/** A plausible value of a type that nothing is probed with. */
function plain(type: GraphQLInputType, name = ''): Json {
  const nullable = getNullableType(type);
  if (isListType(nullable)) return [plain(nullable.ofType, name)];
  if (isEnumType(nullable)) return (nullable.getValue('USER') ?? nullable.getValues()[0])?.name;
  if (isInputObjectType(nullable)) return required(Object.values(nullable.getFields()));
  const values: Record<string, Json> = {
    Int: 1,
    Float: 1,
    Boolean: true,
    JSON: {},
    Decimal: '1',
    DateTime: new Date(probedMs + (name === 'from' ? -hourMs : hourMs)).toISOString(),
  };
  return values[nullable.name] ?? (name === 'model' || name === 'id' ? 'demo/echo' : 'probe');
}

function isRequired(argument: GraphQLArgument | GraphQLInputField): boolean {
  return (
    isRequiredArgument(argument as GraphQLArgument) || isRequiredInputField(argument as GraphQLInputField)
  );
}

function required(fields: readonly (GraphQLArgument | GraphQLInputField)[]): Record<string, Json> {
  const needed = fields.filter((field) => isRequired(field) || field.name === 'content');
  return Object.fromEntries(needed.map(({ name, type }) => [name, plain(type, name)]));
}

const depthMax = 4;

/** Every place in the arguments where a text or an id may stand. */
function leaves(
  fields: readonly (GraphQLArgument | GraphQLInputField)[],
  depth = 0,
): { readonly path: string; readonly takesId: boolean; with(value: string): Record<string, Json> }[] {
  if (depth > depthMax) return [];
  return fields.flatMap(({ name, type }) => {
    const nullable = getNullableType(type);
    const item = isListType(nullable) ? getNullableType(nullable.ofType) : nullable;
    const wrap = (value: Json) => (isListType(nullable) ? [value] : value);
    if (isInputObjectType(item)) {
      return leaves(Object.values(item.getFields()), depth + 1).map((leaf) => ({
        path: `${name}.${leaf.path}`,
        takesId: leaf.takesId,
        with: (value: string) => ({ ...required(fields), [name]: wrap(leaf.with(value)) }),
      }));
    }
    if (!('name' in item) || !textual.has(item.name)) return [];
    const takesId = item.name === 'ID';
    return [{ path: name, takesId, with: (value: string) => ({ ...required(fields), [name]: wrap(value) }) }];
  });
}

/** All probes of a field; one without a leaf where it takes neither text nor id. */
export function listProbes(field: GraphQLField<unknown, unknown>): Probe[] {
  const found = leaves(field.args).map((leaf) => ({
    leaf: leaf.path,
    takesId: leaf.takesId,
    argumentsWith: leaf.with,
  }));
  return [{ leaf: '', takesId: false, argumentsWith: () => required(field.args) }, ...found];
}

/** Everything that can be selected without arguments, so deep. */
export function buildSelection(type: GraphQLOutputType, depth: number, path: readonly string[] = []): string {
  const named = getNamedType(type);
  if (!isCompositeType(named)) return '';
  if (isUnionType(named)) return '{ __typename }';
  const fields = Object.values(named.getFields()).flatMap((field) => {
    if (field.args.some(isRequiredArgument)) return [];
    const inner = getNamedType(field.type);
    if (!isCompositeType(inner)) return [field.name];
    if (path.length >= depth || path.includes(inner.name)) return [];
    return [`${field.name} ${buildSelection(field.type, depth, [...path, named.name])}`];
  });
  return `{ __typename ${fields.join(' ')} }`;
}

/** The operation that calls one field with everything in variables. */
export function buildOperation(
  kind: 'query' | 'mutation' | 'subscription',
  field: GraphQLField<unknown, unknown>,
  depth: number,
): string {
  const declared = field.args.map(
    ({ name, type }) => `$${name}: ${String(type).replace(/!$/, isDefaulted(field, name) ? '' : '!')}`,
  );
  const passed = field.args.map(({ name }) => `${name}: $${name}`);
  const head = declared.length === 0 ? '' : ` (${declared.join(', ')})`;
  const args = passed.length === 0 ? '' : `(${passed.join(', ')})`;
  return `${kind}${head} { ${field.name}${args} ${buildSelection(field.type, depth)} }`;
}

function isDefaulted(field: GraphQLField<unknown, unknown>, name: string): boolean {
  return field.args.some((argument) => argument.name === name && argument.defaultValue !== undefined);
}
