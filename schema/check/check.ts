import { type Change, CriticalityLevel, diff } from '@graphql-inspector/core';
import {
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isNonNullType,
  isObjectType,
  isSpecifiedScalarType,
  Kind,
  parse,
} from 'graphql';
import { buildApiSchema } from '../api-schema.ts';
import {
  concernsClients,
  findChangedSpecifications,
  findNewImplementers,
  isExecutable,
  rateCriticality,
} from './client-changes.ts';
import { findDemandChanges } from './demand-changes.ts';
import { findInvalidDirectives } from './directive-values.ts';
import type { SchemaFinding } from './findings.ts';
import { findPolicyChanges } from './policy-changes.ts';

const whatToDoByChange: Readonly<Record<string, string>> = {
  FIELD_REMOVED: 'Keep the field and mark it @deprecated until no client requests it.',
  FIELD_TYPE_CHANGED: 'Add a field of another name with the new type, and deprecate this one.',
  FIELD_ARGUMENT_ADDED: 'Make the new argument nullable or add a default.',
  FIELD_ARGUMENT_REMOVED: 'Keep the argument and mark it @deprecated; it may do nothing.',
  FIELD_ARGUMENT_TYPE_CHANGED: 'Add an argument of another name, and deprecate this one.',
  ENUM_VALUE_REMOVED: 'Keep the value and mark it @deprecated until no client sends or expects it.',
  INPUT_FIELD_ADDED: 'Make the new input field nullable or add a default.',
  INPUT_FIELD_REMOVED: 'Keep the input field and mark it @deprecated; it may do nothing.',
  INPUT_FIELD_TYPE_CHANGED: 'Add an input field of another name, and deprecate this one.',
  TYPE_REMOVED: 'Keep the type until no client names it in a fragment or a variable.',
  TYPE_KIND_CHANGED: 'Use another name for the new kind of type.',
  UNION_MEMBER_REMOVED: 'Keep the member; it need never be answered.',
  OBJECT_TYPE_INTERFACE_REMOVED: 'Keep implementing the interface.',
  DIRECTIVE_REMOVED: 'Keep the directive; it may do nothing.',
  DIRECTIVE_ARGUMENT_ADDED: 'Make the new argument nullable or add a default.',
  DIRECTIVE_ARGUMENT_REMOVED: 'Keep the argument and mark it @deprecated; it may do nothing.',
  DIRECTIVE_LOCATION_REMOVED: 'Keep the location; the directive may do nothing there.',
  DIRECTIVE_REPEATABLE_REMOVED: 'Keep it repeatable.',
};

/** A committed supergraph that is not what the subgraphs compose to. */
export function findStale(composed: string, committed: string | undefined): readonly SchemaFinding[] {
  if (composed === committed) return [];
  return [
    {
      rule: 'stale',
      where: 'schema/supergraph.graphql',
      problem:
        committed === undefined
          ? 'there is no composed supergraph'
          : 'it is not what the subgraphs compose to',
      whatToDo: 'Run npm run schema:compose and commit the result.',
    },
  ];
}

function apiFinding(change: Change, current: GraphQLSchema): SchemaFinding {
  const where = change.path ?? 'the schema';
  const problem = `${change.type}: ${change.message}`;
  if (rateCriticality(change, current) !== CriticalityLevel.Breaking) {
    return {
      rule: 'dangerous',
      where,
      problem,
      whatToDo: 'Inform the owners of the clients that may notice.',
    };
  }
  const usual = 'Add what is new beside what is there, and deprecate what is there.';
  return { rule: 'breaking', where, problem, whatToDo: whatToDoByChange[change.type] ?? usual };
}

/**
 * Changes of the API that clients see: breaking where an operation or a variable that is sent today would be refused or
 * answered otherwise, dangerous where a client may notice.
 */
export async function findApiChanges(
  baseline: GraphQLSchema,
  current: GraphQLSchema,
): Promise<readonly SchemaFinding[]> {
  const changes = await diff(baseline, current);
  const lost = findLostDefaults(baseline, current);
  const isLost = new Set(lost.map(({ where }) => where));
  return [
    ...lost,
    ...findNewOneOfs(baseline, current),
    ...findNewImplementers(baseline, current),
    ...findChangedSpecifications(baseline, current),
    ...changes
      .filter((change) => rateCriticality(change, current) !== CriticalityLevel.NonBreaking)
      .filter((change) => concernsClients(change, baseline))
      .map((change) => apiFinding(change, current))
      .filter(({ rule, where }) => rule === 'breaking' || !isLost.has(where)),
  ];
}

/** Arguments, of fields and directives, and input fields that could be left out, and no longer can, as they have lost their default. */
function findLostDefaults(baseline: GraphQLSchema, current: GraphQLSchema): readonly SchemaFinding[] {
  const now = new Map(listInputs(current));
  return [...listInputs(baseline)].flatMap(([where, before]) => {
    const after = now.get(where);
    if (after === undefined || before.defaultValue === undefined) return [];
    if (after.defaultValue !== undefined || !isNonNullType(after.type)) return [];
    return [
      {
        rule: 'breaking' as const,
        where,
        problem: `DEFAULT_LOST: it could be left out, and is required now that it has no default`,
        whatToDo: 'Keep the default, or make it nullable.',
      },
    ];
  });
}

/** Input types of which two fields could be sent, or null, and only one can from now on. */
function findNewOneOfs(baseline: GraphQLSchema, current: GraphQLSchema): readonly SchemaFinding[] {
  return Object.values(current.getTypeMap()).flatMap((type) => {
    const before = baseline.getType(type.name);
    if (!isInputObjectType(type) || !isInputObjectType(before) || !type.isOneOf || before.isOneOf) return [];
    return [
      {
        rule: 'breaking' as const,
        where: type.name,
        problem: 'ONE_OF_ADDED: several of its fields could be sent, and only one can now that it is @oneOf',
        whatToDo: 'Use another name for the @oneOf type, and deprecate what takes this one.',
      },
    ];
  });
}

function* listInputs(
  schema: GraphQLSchema,
): Generator<readonly [string, GraphQLArgument | GraphQLInputField]> {
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) yield [`${type.name}.${field.name}`, field];
    } else if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) {
        for (const argument of field.args) yield [`${type.name}.${field.name}.${argument.name}`, argument];
      }
    }
  }
  for (const directive of schema.getDirectives()) {
    if (!isExecutable(directive)) continue;
    for (const argument of directive.args) yield [`@${directive.name}.${argument.name}`, argument];
  }
}

const authDirectives = new Set(['authenticated', 'requiresScopes', 'policy']);

/** Mutations and subscriptions of a supergraph that every caller could call. */
export function findUnguarded(supergraphSdl: string): readonly SchemaFinding[] {
  return parse(supergraphSdl, { noLocation: true }).definitions.flatMap((definition) => {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) return [];
    const type = definition.name.value;
    if (type !== 'Mutation' && type !== 'Subscription') return [];
    return (definition.fields ?? [])
      .filter((field) => !field.directives?.some((directive) => authDirectives.has(directive.name.value)))
      .map(
        (field): SchemaFinding => ({
          rule: 'auth',
          where: `${type}.${field.name.value}`,
          problem: `every caller, also without a key, could use this ${type.toLowerCase()}`,
          whatToDo: 'Put @requiresScopes on it, or @authenticated when every key may use it.',
        }),
      );
  });
}

interface Described {
  readonly description?: string | null | undefined;
}

function* listCoordinates(type: GraphQLNamedType): Generator<readonly [string, Described]> {
  const rootNames = ['Query', 'Mutation', 'Subscription'];
  if (!rootNames.includes(type.name)) yield [type.name, type];
  if (isEnumType(type)) {
    for (const value of type.getValues()) yield [`${type.name}.${value.name}`, value];
  } else if (isInputObjectType(type)) {
    for (const field of Object.values(type.getFields())) yield [`${type.name}.${field.name}`, field];
  } else if (isObjectType(type) || isInterfaceType(type)) {
    for (const field of Object.values(type.getFields())) {
      yield [`${type.name}.${field.name}`, field];
      for (const argument of field.args) yield [`${type.name}.${field.name}(${argument.name}:)`, argument];
    }
  }
}

/** Types, fields, arguments, input fields and enum values without a description. */
export function findUndescribed(schema: GraphQLSchema): readonly SchemaFinding[] {
  return Object.values(schema.getTypeMap())
    .filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type))
    .flatMap((type) => [...listCoordinates(type)])
    .filter(([, described]) => (described.description ?? '').trim() === '')
    .map(([where]) => ({
      rule: 'description',
      where,
      problem: 'it has no description',
      whatToDo: 'Describe in the SDL what it means, with its unit where it has one.',
    }));
}

/** The findings about the composed supergraph, and about what changed since the baseline; findings.ts has the severities. */
export async function checkSchema(schemas: {
  /** What the subgraphs compose to now. */
  readonly composed: string;
  /** What stands in schema/supergraph.graphql; undefined when there is none. */
  readonly committed: string | undefined;
  /** The supergraph that clients use; undefined when there was none. */
  readonly baseline: string | undefined;
}): Promise<readonly SchemaFinding[]> {
  const { composed, committed, baseline } = schemas;
  const current = buildApiSchema(composed);
  const changes =
    baseline === undefined
      ? []
      : [
          ...(await findApiChanges(buildApiSchema(baseline), current)),
          ...findDemandChanges(baseline, composed),
          ...findPolicyChanges(baseline, composed),
        ];
  return [
    ...findStale(composed, committed),
    ...changes,
    ...findUnguarded(composed),
    ...findInvalidDirectives(composed),
    ...findUndescribed(current),
  ];
}
