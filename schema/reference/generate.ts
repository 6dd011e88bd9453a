import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  isUnionType,
  print,
} from 'graphql';
import { astFromValue } from 'graphql/utilities/astFromValue.js';
import type { GeneratedFile } from '#core/generated-file.ts';
import { buildApiSchema } from '../api-schema.ts';
import { type DirectivesByName, directiveUsages } from '../directive-usages.ts';

const path = 'docs/graphql-reference.md';

const introduction = `<!-- Generated from schema/supergraph.graphql by \`npm run schema:compose\`: do not edit. -->

# GraphQL reference

Every operation and type that clients see, with its description. \`!\` after a type: never null. "Requires" names the scopes of which
the caller needs one, or all where they are joined by "and" ([policy.md](policy.md#scopes)). "Cost" is the static cost of the field
without its selection, where it is not the usual one ([policy.md](policy.md)). A field with \`@audited\` leaves a record in the audit log.
`;

/** The text in one cell of a table. An angle bracket begins HTML unless it is in code. */
export function toCell(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').trim();
  return line.replaceAll(/`[^`]*`|</g, (found) => (found === '<' ? '&lt;' : found));
}

const isListed = (type: GraphQLNamedType) => !isSpecifiedScalarType(type) && !isIntrospectionType(type);

/** The type as the schema writes it, as a link to its section. */
function printType(type: GraphQLArgument['type'] | GraphQLField<unknown, unknown>['type']): string {
  const named = getNamedType(type);
  return isListed(named) ? `[\`${type}\`](#${named.name.toLowerCase()})` : `\`${type}\``;
}

/** What a caller needs, pays and leaves behind, from the directives of an element; one sentence each. */
export function describePolicy(directives: DirectivesByName | undefined): readonly string[] {
  const first = (name: string) => directives?.get(name)?.[0];
  const sentences: string[] = [];
  const scopes = first('requiresScopes')?.scopes as readonly (readonly string[])[] | undefined;
  if (scopes !== undefined) {
    const alternatives = scopes.map((all) => all.map((scope) => `\`${scope}\``).join(' and '));
    sentences.push(`Requires ${alternatives.join(' or ')}.`);
  } else if (first('authenticated') !== undefined) sentences.push('Requires authentication.');
  const meters = first('quota')?.meters as readonly string[] | undefined;
  if (meters !== undefined) sentences.push(`Metered by ${meters.join(', ')}.`);
  const cost = first('cost')?.weight;
  if (cost !== undefined) sentences.push(`Cost ${cost}.`);
  const cache = first('cache');
  if (cache !== undefined) sentences.push(`May be answered from the cache for ${cache.maxAge} seconds.`);
  if (first('audited') !== undefined) sentences.push('`@audited`.');
  return sentences;
}

interface Printer {
  readonly schema: GraphQLSchema;
  readonly directives: ReadonlyMap<string, DirectivesByName>;
}

function describe(
  { directives }: Printer,
  where: string,
  element: {
    readonly description?: string | null | undefined;
    readonly deprecationReason?: string | null | undefined;
  },
  more: readonly string[] = [],
): string {
  const deprecated =
    typeof element.deprecationReason === 'string' ? [`Deprecated: ${element.deprecationReason}`] : [];
  return toCell(
    [element.description ?? '', ...more, ...deprecated, ...describePolicy(directives.get(where))].join(' '),
  );
}

/** An argument or a field of an input: one row. */
function printInput(
  printer: Printer,
  name: string,
  where: string,
  input: GraphQLArgument | GraphQLInputField,
): string {
  const value = input.defaultValue === undefined ? null : astFromValue(input.defaultValue, input.type);
  const standard = value == null ? [] : [`Default: \`${print(value)}\`.`];
  return `| ${name} | ${printType(input.type)} | ${describe(printer, where, input, standard)} |`;
}

/** A field and its arguments: a row each. */
function printField(
  printer: Printer,
  type: string,
  field: GraphQLField<unknown, unknown>,
): readonly string[] {
  const where = `${type}.${field.name}`;
  return [
    `| \`${field.name}\` | ${printType(field.type)} | ${describe(printer, where, field)} |`,
    ...field.args.map((argument) =>
      printInput(printer, `\`${field.name}(${argument.name}:)\``, `${where}(${argument.name}:)`, argument),
    ),
  ];
}

const tableHead = (what: string) => [`| ${what} | type | description |`, '|---|---|---|'];

function printBody(printer: Printer, type: GraphQLNamedType): readonly string[] {
  if (isEnumType(type)) {
    return [
      '| value | description |',
      '|---|---|',
      ...type
        .getValues()
        .map((value) => `| \`${value.name}\` | ${describe(printer, `${type.name}.${value.name}`, value)} |`),
    ];
  }
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    return [
      ...(type.isOneOf ? ['Exactly one of the fields must be set.', ''] : []),
      ...tableHead('field'),
      ...fields.map((field) => printInput(printer, `\`${field.name}\``, `${type.name}.${field.name}`, field)),
    ];
  }
  if (isUnionType(type)) return [`One of ${type.getTypes().map(printType).join(', ')}.`];
  if (isScalarType(type)) return type.specifiedByURL == null ? [] : [`Format: <${type.specifiedByURL}>`];
  const interfaces = type.getInterfaces();
  return [
    ...(interfaces.length === 0 ? [] : [`Implements ${interfaces.map(printType).join(', ')}.`, '']),
    ...(isInterfaceType(type)
      ? [`Implemented by ${printer.schema.getPossibleTypes(type).map(printType).join(', ')}.`, '']
      : []),
    ...tableHead('field'),
    ...Object.values(type.getFields()).flatMap((field) => printField(printer, type.name, field)),
  ];
}

function printSection(printer: Printer, type: GraphQLNamedType): string {
  const about = describe(printer, type.name, type);
  return [`### ${type.name}`, '', ...(about === '' ? [] : [about, '']), ...printBody(printer, type)]
    .join('\n')
    .trimEnd();
}

/** The page of the GraphQL reference: what clients see of a supergraph, without the machinery of Federation. */
export function generateReference(supergraphSdl: string): GeneratedFile {
  const schema = buildApiSchema(supergraphSdl);
  const printer: Printer = { schema, directives: directiveUsages(supergraphSdl) };
  const roots: readonly GraphQLNamedType[] = [
    schema.getQueryType(),
    schema.getMutationType(),
    schema.getSubscriptionType(),
  ].filter((type) => type != null);
  const types = Object.values(schema.getTypeMap())
    .filter((type) => isListed(type) && !roots.includes(type))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const groups: readonly (readonly [title: string, types: readonly GraphQLNamedType[]])[] = [
    ['Operations', roots],
    ['Objects', types.filter(isObjectType)],
    ['Interfaces', types.filter(isInterfaceType)],
    ['Unions', types.filter(isUnionType)],
    ['Inputs', types.filter(isInputObjectType)],
    ['Enums', types.filter(isEnumType)],
    ['Scalars', types.filter(isScalarType)],
  ];
  const sections = groups
    .filter(([, members]) => members.length > 0)
    .map(([title, members]) =>
      [`## ${title}`, ...members.map((type) => printSection(printer, type))].join('\n\n'),
    );
  return { path, text: `${[introduction.trimEnd(), ...sections].join('\n\n')}\n` };
}
