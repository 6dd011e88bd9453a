import {
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
  parse,
  validate,
} from 'graphql';
import type { Random } from '#test/support/random.ts';

export interface GeneratedOperation {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

export type OperationKind = 'query' | 'mutation' | 'subscription';

interface Fragment {
  readonly name: string;
  readonly condition: string;
  readonly text: string;
}

/** Values of the scalars that are written as text or number, fit for a literal. */
const sampleValues: Readonly<Record<string, readonly unknown[]>> = {
  Float: [0, 0.5, -1, 1e300],
  DateTime: ['2026-01-01T00:00:00Z', '2026-02-28T23:59:59.999Z', '2027-01-01T00:00:00+14:00'],
  Decimal: ['0', '0.5', '12', '-1', '1000000000000'],
  JSON: [null, true, 5, 'text', [1, 'x']],
};

const fieldNames = new WeakMap<GraphQLSchema, readonly string[]>();

/** The names of the schema's own fields, the keys among them more than once. */
export function listFieldNames(schema: GraphQLSchema): readonly string[] {
  const known = fieldNames.get(schema);
  if (known !== undefined) return known;
  const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'));
  const found = types.flatMap((type) =>
    isObjectType(type) || isInterfaceType(type) ? Object.keys(type.getFields()) : [],
  );
  fieldNames.set(schema, found);
  return found;
}

/** Makes one operation; `make` below throws away those that break a rule of validation. */
class Maker {
  readonly #schema: GraphQLSchema;
  readonly #ids: (field: string) => readonly string[];
  readonly #random: Random;
  readonly #fieldNames: readonly string[];
  readonly #declarations: string[] = [];
  readonly #fragments: Fragment[] = [];
  readonly variables: Record<string, unknown> = {};
  #fieldsLeft = 45;
  #names = 0;

  constructor(schema: GraphQLSchema, ids: (field: string) => readonly string[], random: Random) {
    this.#schema = schema;
    this.#ids = ids;
    this.#random = random;
    this.#fieldNames = listFieldNames(schema);
  }

  make(kind: OperationKind): string {
    const root = this.#schema.getRootType(kind as never);
    if (!root) throw new Error(`There is no ${kind} type.`);
    const body =
      kind === 'subscription'
        ? `{ ${this.#field(this.#random.pick(Object.values(root.getFields())), 5, true)} }`
        : this.#selectionSet(root, 6);
    const declared = this.#declarations.length > 0 ? `(${this.#declarations.join(', ')})` : '';
    const fragments = this.#fragments.map(
      ({ name, condition, text }) => `fragment ${name} on ${condition} ${text}`,
    );
    return [`${kind} ${declared} ${body}`, ...fragments].join('\n');
  }

  #selectionSet(type: GraphQLCompositeType, depth: number): string {
    const count = 1 + this.#random.below(depth > 4 ? 3 : 4);
    const selections = Array.from({ length: count }, () => this.#selection(type, depth)).filter(Boolean);
    return `{ ${selections.length > 0 ? selections.join(' ') : '__typename'} }`;
  }

  #selection(type: GraphQLCompositeType, depth: number): string {
    const { chance } = this.#random;
    if (chance(0.1))
      return `${chance(0.3) ? `${this.#random.pick(['kind', 'type'])}: ` : ''}__typename${this.#condition()}`;
    const isFragment = isUnionType(type) || chance(isAbstractType(type) ? 0.5 : 0.15);
    if (isFragment && depth > 0) return this.#fragment(type, depth);
    if (isUnionType(type)) return '__typename';
    const fields = Object.values(type.getFields()).filter(
      (field) => depth > 0 || !isCompositeType(getNamedType(field.type)),
    );
    return fields.length > 0 ? this.#field(this.#random.pick(fields), depth, false) : '__typename';
  }

  #fragment(type: GraphQLCompositeType, depth: number): string {
    const { pick, chance } = this.#random;
    const conditions = [type.name];
    if (isAbstractType(type)) conditions.push(...this.#schema.getPossibleTypes(type).map(({ name }) => name));
    for (const other of Object.values(this.#schema.getTypeMap())) {
      if (!isAbstractType(other) || other.name.startsWith('_')) continue;
      const possible = isAbstractType(type) ? this.#schema.getPossibleTypes(type) : [type];
      if (possible.some((one) => this.#schema.isSubType(other, one))) conditions.push(other.name);
    }
    const condition = pick(conditions);
    const inner = this.#schema.getType(condition) as GraphQLCompositeType;
    const directive = this.#condition();
    if (chance(0.65)) {
      const on = condition === type.name && chance(0.5) ? '' : ` on ${condition}`;
      return `...${on}${directive} ${this.#selectionSet(inner, depth - 1)}`;
    }
    const known = this.#fragments.filter((fragment) => fragment.condition === condition);
    if (known.length > 0 && chance(0.6)) return `...${pick(known).name}${directive}`;
    const text = this.#selectionSet(inner, depth - 1);
    const name = `F${this.#names++}`;
    this.#fragments.push({ name, condition, text });
    return `...${name}${directive}`;
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number, isEvent: boolean): string {
    if (this.#fieldsLeft-- <= 0) return '';
    const { chance, pick } = this.#random;
    const type = getNamedType(field.type);
    const args = field.args.flatMap((arg) => this.#argument(field.name, arg));
    // Objects of different types may have different fields under one alias.
    // And any field may go under the name of another, such as a key.
    const name = chance(0.3)
      ? pick(chance(0.6) ? ['x', 'y', 'z'] : this.#fieldNames)
      : `${field.name}_${this.#names++}`;
    const alias = chance(args.length > 0 ? 0.7 : 0.12) ? `${name}: ` : '';
    const called = `${alias}${field.name}${args.length > 0 ? `(${args.join(', ')})` : ''}`;
    const directive = isEvent ? '' : this.#condition();
    if (!isCompositeType(type)) return `${called}${directive}`;
    const once = `${called}${directive} ${this.#selectionSet(type, depth - 1)}`;
    // The same field again: what is selected of it is to be merged.
    return chance(0.12) && !isEvent
      ? `${once} ${called}${this.#condition()} ${this.#selectionSet(type, depth - 1)}`
      : once;
  }

  #condition(): string {
    const { chance, below } = this.#random;
    if (!chance(0.12)) return '';
    const directive = chance(0.5) ? 'include' : 'skip';
    if (chance(0.2)) return ` @${directive}(if: ${chance(0.5)})`;
    const name = `c${below(3)}`;
    if (!(name in this.variables)) {
      this.#declarations.push(`$${name}: Boolean!`);
      this.variables[name] = chance(0.5);
    }
    return ` @${directive}(if: $${name})`;
  }

  #argument(field: string, arg: GraphQLArgument): string[] {
    const { chance } = this.#random;
    const isRequired = isNonNullType(arg.type) && arg.defaultValue === undefined;
    if (!isRequired && chance(0.4)) return [];
    if (!chance(0.4)) return [`${arg.name}: ${this.#literal(field, arg.type)}`];
    const name = `v${this.#names++}`;
    const value = this.#value(field, arg.type);
    const isLeftOut = !isRequired && chance(0.3);
    const preset = chance(0.3) ? ` = ${this.#literal(field, arg.type)}` : '';
    // A variable of a type that allows null may stand where a default takes its place.
    this.#declarations.push(`$${name}: ${String(arg.type)}${preset}`);
    if (!(isLeftOut && (preset !== '' || !isNonNullType(arg.type)))) this.variables[name] = value;
    return [`${arg.name}: $${name}`];
  }

  #value(of: string, type: GraphQLInputType): unknown {
    const { pick, chance, below } = this.#random;
    if (isNonNullType(type)) return this.#value(of, type.ofType);
    if (isListType(type)) {
      return Array.from({ length: below(3) }, () => this.#value(of, type.ofType as GraphQLInputType));
    }
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).filter(() => chance(0.5));
      return Object.fromEntries(fields.map((field) => [field.name, this.#value(of, field.type)]));
    }
    if (isEnumType(type)) return pick(type.getValues()).name;
    if (type.name === 'Int') return below(4);
    if (type.name === 'Boolean') return chance(0.5);
    if (type.name === 'ID') return pick(this.#ids(of));
    const samples = sampleValues[type.name];
    if (samples !== undefined) return pick(samples);
    return pick(['a', 'nothing', 'x "y" \\']);
  }

  #literal(of: string, type: GraphQLInputType): string {
    if (!isNonNullType(type) && this.#random.chance(0.1)) return 'null';
    return this.#print(type, this.#value(of, type));
  }

  #print(type: GraphQLInputType, value: unknown): string {
    if (isNonNullType(type)) return this.#print(type.ofType, value);
    if (isListType(type)) {
      return `[${(value as unknown[]).map((item) => this.#print(type.ofType as GraphQLInputType, item)).join(', ')}]`;
    }
    if (isInputObjectType(type)) {
      const given = Object.entries(value as Record<string, unknown>);
      const fields = type.getFields();
      return `{ ${given.map(([name, inner]) => `${name}: ${this.#print(fields[name]!.type, inner)}`).join(', ')} }`;
    }
    return isEnumType(type) ? String(value) : JSON.stringify(value);
  }
}

/** A random operation that is valid against the schema; `ids` tells which ids fit the arguments of a field. */
export function makeOperation(
  schema: GraphQLSchema,
  kind: OperationKind,
  ids: (field: string) => readonly string[],
  random: Random,
): GeneratedOperation {
  for (;;) {
    const maker = new Maker(schema, ids, random);
    const query = maker.make(kind);
    if (validate(schema, parse(query), undefined, { maxErrors: 1 }).length === 0) {
      return { query, variables: maker.variables };
    }
  }
}
