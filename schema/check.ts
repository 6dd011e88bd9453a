import { type Change, CriticalityLevel, diff } from '@graphql-inspector/core';
import {
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  Kind,
  parse,
} from 'graphql';
import { apiSchemaOf } from './api-schema.ts';
import { findTightened } from './tightened.ts';

/** One thing that keeps a schema from being shipped. */
export interface SchemaFinding {
  readonly rule: 'stale' | 'breaking' | 'auth' | 'description';
  /** The coordinate, e.g. `Query.models`; the file for a stale supergraph. */
  readonly where: string;
  readonly problem: string;
  readonly whatToDo: string;
}

const whatToDoByChange: Readonly<Record<string, string>> = {
  FIELD_REMOVED: 'Keep the field and mark it @deprecated until no client asks for it.',
  FIELD_TYPE_CHANGED: 'Add a field of another name with the new type, and deprecate this one.',
  FIELD_ARGUMENT_ADDED: 'Make the new argument nullable or give it a default.',
  FIELD_ARGUMENT_REMOVED: 'Keep the argument and mark it @deprecated; it may do nothing.',
  FIELD_ARGUMENT_TYPE_CHANGED: 'Add an argument of another name, and deprecate this one.',
  ENUM_VALUE_REMOVED: 'Keep the value and mark it @deprecated until nobody sends or expects it.',
  INPUT_FIELD_ADDED: 'Make the new input field nullable or give it a default.',
  INPUT_FIELD_REMOVED: 'Keep the input field and mark it @deprecated; it may do nothing.',
  INPUT_FIELD_TYPE_CHANGED: 'Add an input field of another name, and deprecate this one.',
  TYPE_REMOVED: 'Keep the type until no client names it in a fragment or a variable.',
  TYPE_KIND_CHANGED: 'Give the new kind of type another name.',
  UNION_MEMBER_REMOVED: 'Keep the member; it need never be answered.',
  OBJECT_TYPE_INTERFACE_REMOVED: 'Keep implementing the interface.',
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

function breakingFinding(change: Change): SchemaFinding {
  return {
    rule: 'breaking',
    where: change.path ?? 'the schema',
    problem: `${change.type}: ${change.message}`,
    whatToDo:
      whatToDoByChange[change.type] ?? 'Add what is new beside what is there, and deprecate what is there.',
  };
}

/** Changes after which an operation or a variable that clients send today would be refused or answered otherwise. */
export async function findBreaking(
  baseline: GraphQLSchema,
  current: GraphQLSchema,
): Promise<readonly SchemaFinding[]> {
  const changes = await diff(baseline, current);
  return (
    changes
      .filter((change) => change.criticality.level === CriticalityLevel.Breaking)
      // Our directives stand in the SDL only; no client can write them into an operation.
      .filter((change) => !String(change.type).startsWith('DIRECTIVE'))
      .map(breakingFinding)
  );
}

const authDirectives = new Set(['authenticated', 'requiresScopes', 'policy']);

/** Mutations and subscriptions of a supergraph that anyone could call. */
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
          problem: `anyone could use this ${type.toLowerCase()}`,
          whatToDo: 'Put @requiresScopes on it, or @authenticated when every key may use it.',
        }),
      );
  });
}

interface Described {
  readonly description?: string | null | undefined;
}

function* coordinatesOf(type: GraphQLNamedType): Generator<readonly [string, Described]> {
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

/** Types, fields, arguments, input fields and enum values of which the schema does not say what they are. */
export function findUndescribed(schema: GraphQLSchema): readonly SchemaFinding[] {
  return Object.values(schema.getTypeMap())
    .filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type))
    .flatMap((type) => [...coordinatesOf(type)])
    .filter(([, described]) => (described.description ?? '').trim() === '')
    .map(([where]) => ({
      rule: 'description',
      where,
      problem: 'it has no description',
      whatToDo: 'Say in the SDL what it means, with its unit where it has one.',
    }));
}

/** Everything that keeps the composed supergraph from being shipped; empty when it may be. */
export async function checkSchema(schemas: {
  /** What the subgraphs compose to now. */
  readonly composed: string;
  /** What stands in schema/supergraph.graphql; undefined when there is none. */
  readonly committed: string | undefined;
  /** The supergraph that clients use; undefined when there was none. */
  readonly baseline: string | undefined;
}): Promise<readonly SchemaFinding[]> {
  const { composed, committed, baseline } = schemas;
  const current = apiSchemaOf(composed);
  return [
    ...findStale(composed, committed),
    ...(baseline === undefined ? [] : await findBreaking(apiSchemaOf(baseline), current)),
    ...(baseline === undefined ? [] : findTightened(baseline, composed)),
    ...findUnguarded(composed),
    ...findUndescribed(current),
  ];
}
