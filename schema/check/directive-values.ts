import {
  buildASTSchema,
  type ConstDirectiveNode,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isObjectType,
  isScalarType,
  parse,
} from 'graphql';
import { getArgumentValues } from 'graphql/execution/values.js';
import { scopes } from '#core/caller.ts';
import { arePoliciesKnown, policies } from '#core/policies.ts';
import type { SchemaFinding } from './findings.ts';

type Values = Readonly<Record<string, unknown>>;

/** Where a directive stands; `field` where it is on a field. */
interface Place {
  readonly where: string;
  readonly field?: GraphQLField<unknown, unknown>;
}

/** What is wrong with the values of one use of a directive. */
type Judge = (values: Values, place: Place) => readonly string[];

const weightMax = 1_000_000;
const maxAgeMax = 31_536_000;

const within = (value: unknown, min: number, max: number) =>
  typeof value === 'number' && value >= min && value <= max;
const toTexts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);
const problemIf = (isWrong: boolean, problem: string) => (isWrong ? [problem] : []);

const judges: Readonly<Record<string, Judge>> = {
  cost: ({ weight }) =>
    problemIf(!within(weight, 0, weightMax), `weight must be from 0 to ${weightMax}, and is ${weight}`),

  listSize: ({ assumedSize, slicingArguments, sizedFields }, { field }) => {
    const args = new Map(field?.args.map((argument) => [argument.name, argument]));
    const result = field && getNamedType(field.type);
    const fields = isObjectType(result) || isInterfaceType(result) ? result.getFields() : {};
    const isList = field !== undefined && isListType(getNullableType(field.type));
    const slicing = toTexts(slicingArguments);
    const sized = toTexts(sizedFields);
    return [
      ...problemIf(
        typeof assumedSize === 'number' && !within(assumedSize, 0, weightMax),
        `assumedSize must be from 0 to ${weightMax}, and is ${assumedSize}`,
      ),
      ...problemIf(
        slicing.length === 0 && typeof assumedSize !== 'number',
        'it states neither assumedSize nor slicingArguments, so that the list counts as one object',
      ),
      ...slicing
        .filter((name) => String(args.get(name)?.type).replace('!', '') !== 'Int')
        .map((name) => `the slicing argument ${name} is no Int argument of the field`),
      ...sized
        .filter((name) => {
          const type = fields[name]?.type;
          return type === undefined || !isListType(getNullableType(type));
        })
        .map((name) => `the sized field ${name} is no list of the result`),
      ...problemIf(!isList && sized.length === 0, 'the field is no list, and it names no sizedFields'),
    ];
  },

  quota: ({ meters, weight }) => {
    const named = toTexts(meters);
    return [
      ...problemIf(named.length === 0, 'it names no meter'),
      ...problemIf(new Set(named).size < named.length, 'it names a meter twice'),
      ...problemIf(!within(weight, 1, weightMax), `weight must be from 1 to ${weightMax}, and is ${weight}`),
    ];
  },

  cache: ({ maxAge, match }) => [
    ...problemIf(
      !within(maxAge, 1, maxAgeMax),
      `maxAge must be from 1 to ${maxAgeMax} seconds, and is ${maxAge}`,
    ),
    ...problemIf(match === 'SEMANTIC', 'match SEMANTIC is not supported: nothing would come of it'),
  ],

  audited: ({ action }) =>
    problemIf(
      !/^[a-z][A-Za-z]*(\.[a-z][A-Za-z]*)+$/.test(String(action)),
      `the action ${JSON.stringify(action)} is not written like "thing.verb"`,
    ),

  requiresScopes: ({ scopes: sets }) => {
    const all = Array.isArray(sets) ? sets : [];
    const known = all.flatMap(toTexts).filter((scope) => !Object.hasOwn(scopes, scope));
    return [
      ...problemIf(all.length === 0, 'no list of scopes would ever be met'),
      ...problemIf(
        all.some((set) => toTexts(set).length === 0),
        'an empty list of scopes requires none',
      ),
      ...known.map((scope) => `there is no scope ${JSON.stringify(scope)}`),
    ];
  },

  policy: ({ policies: sets }) =>
    problemIf(
      !arePoliciesKnown(Array.isArray(sets) ? sets.map(toTexts) : []),
      `no policy is enforced under such a name, and the field would be refused to all callers; there are ${Object.keys(policies).join(', ')}`,
    ),

  prompt: ({ model, template }) => [
    ...problemIf(String(model).trim() === '', 'the model is empty'),
    ...problemIf(String(template).trim() === '', 'the template is empty'),
  ],
};

/** Directives with wrong values: of another type than their definition states, out of range, or naming what is not there. */
export function findInvalidDirectives(supergraphSdl: string): readonly SchemaFinding[] {
  const schema = buildASTSchema(parse(supergraphSdl, { noLocation: true }), { assumeValidSDL: true });
  return [...listPlaces(schema)].flatMap(([place, directives]) =>
    directives.flatMap((directive) =>
      findProblems(schema, directive, place).map(
        (problem): SchemaFinding => ({
          rule: 'directive',
          where: place.where,
          problem: `@${directive.name.value}: ${problem}`,
          whatToDo: 'Correct the directive in the SDL.',
        }),
      ),
    ),
  );
}

function findProblems(schema: GraphQLSchema, directive: ConstDirectiveNode, place: Place): readonly string[] {
  const definition = schema.getDirective(directive.name.value);
  if (!definition) return ['the directive is not defined'];
  let values: Values;
  try {
    values = getArgumentValues(definition, directive);
  } catch (error) {
    return [error instanceof Error ? error.message.replace(/\.$/, '') : String(error)];
  }
  return judges[definition.name]?.(values, place) ?? [];
}

type Placed = readonly [Place, readonly ConstDirectiveNode[]];

function* listPlaces(schema: GraphQLSchema): Generator<Placed> {
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    const where = type.name;
    yield [{ where }, type.astNode?.directives ?? []];
    if (isScalarType(type)) continue;
    if (isEnumType(type)) {
      for (const value of type.getValues()) {
        yield [{ where: `${where}.${value.name}` }, value.astNode?.directives ?? []];
      }
    } else if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) {
        yield [{ where: `${where}.${field.name}` }, field.astNode?.directives ?? []];
      }
    } else if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) {
        yield [{ where: `${where}.${field.name}`, field }, field.astNode?.directives ?? []];
        for (const argument of field.args) {
          yield [{ where: `${where}.${field.name}(${argument.name}:)` }, argument.astNode?.directives ?? []];
        }
      }
    }
  }
}
