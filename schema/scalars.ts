import { GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { HeddleError } from '#core/errors.ts';

function refuse(message: string): never {
  throw new HeddleError('BAD_USER_INPUT', message);
}

const dateTimePattern = /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/i;

/** RFC 3339 with a time zone; a day that the month does not have is refused, not rolled over. */
function parseDate(value: unknown): Date {
  // Within a process, variables arrive as whoever called parsed them.
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value;
  const match = typeof value === 'string' ? dateTimePattern.exec(value) : null;
  const date = match ? new Date(String(value)) : undefined;
  const daysInMonth = match ? new Date(Date.UTC(Number(match[1]), Number(match[2]), 0)).getUTCDate() : 0;
  if (!match || !date || Number.isNaN(date.getTime()) || Number(match[3]) > daysInMonth) {
    refuse('A DateTime is an ISO 8601 text with a time zone, such as "2026-11-22T10:00:00Z".');
  }
  return date;
}

export const DateTimeScalar = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description: 'An instant: ISO 8601 text in UTC, such as "2026-11-22T10:00:00.000Z".',
  serialize(value) {
    const date =
      value instanceof Date ? value : typeof value === 'number' ? new Date(value) : parseDate(value);
    return date.toISOString();
  },
  parseValue: parseDate,
  parseLiteral: (node) =>
    parseDate(node.kind === Kind.STRING ? node.value : refuse('A DateTime is a string.')),
});

const decimalPattern = /^-?\d{1,30}(?:\.\d{1,30})?$/;

function parseDecimal(value: unknown): string {
  const text =
    typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))
      ? value.toString()
      : value;
  if (typeof text !== 'string' || !decimalPattern.test(text)) {
    refuse('A Decimal is a text of digits with an optional decimal point, such as "0.25"; never a float.');
  }
  return text;
}

export const DecimalScalar = new GraphQLScalarType<string, string>({
  name: 'Decimal',
  description:
    'An exact decimal as text: "0.000123400" is money in US dollars, "1500" a count. Whole numbers may also be sent as integers.',
  serialize: parseDecimal,
  parseValue: parseDecimal,
  // A literal is text in the document, so a written float loses nothing here.
  parseLiteral: (node) =>
    parseDecimal(
      node.kind === Kind.STRING || node.kind === Kind.INT || node.kind === Kind.FLOAT ? node.value : null,
    ),
});

const jsonLevelsMax = 64;

/** What reads or writes JSON follows it by calling itself, and beyond some thousand levels the stack ends. */
function refuseDeepJson(value: unknown, levelsLeft = jsonLevelsMax): void {
  if (typeof value !== 'object' || value === null) return;
  if (levelsLeft === 0) refuse(`A JSON value nests at most ${jsonLevelsMax} levels of lists and objects.`);
  if (Array.isArray(value)) {
    for (const item of value) refuseDeepJson(item, levelsLeft - 1);
    return;
  }
  // Object.values takes five times as long for an object of many fields.
  const fields = value as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(fields)) refuseDeepJson(fields[name], levelsLeft - 1);
}

function parseJsonValue(value: unknown): unknown {
  refuseDeepJson(value);
  return value;
}

function jsonOfLiteral(
  node: ValueNode,
  variables: Readonly<Record<string, unknown>> | null | undefined,
): unknown {
  switch (node.kind) {
    case Kind.STRING:
    case Kind.BOOLEAN:
    case Kind.ENUM:
      return node.value;
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.NULL:
      return null;
    case Kind.LIST:
      return node.values.map((item) => jsonOfLiteral(item, variables));
    case Kind.OBJECT:
      // fromEntries defines own properties, so a field called __proto__ stays data.
      return Object.fromEntries(
        node.fields.map((field) => [field.name.value, jsonOfLiteral(field.value, variables)]),
      );
    case Kind.VARIABLE:
      return variables?.[node.name.value] ?? null;
  }
}

export const JSONScalar = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  description: 'Any JSON value.',
  serialize: (value) => value,
  parseValue: parseJsonValue,
  parseLiteral: (node, variables) => parseJsonValue(jsonOfLiteral(node, variables)),
});

/** The resolvers of the graph's scalars, for every subgraph that declares them in its SDL. */
export const scalarResolvers = { DateTime: DateTimeScalar, Decimal: DecimalScalar, JSON: JSONScalar };
