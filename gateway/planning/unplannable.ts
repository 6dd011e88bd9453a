import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import { buildApiSchema } from '#schema/api-schema.ts';
import type { SchemaFinding } from '#schema/check/findings.ts';
import { PlannerProcess } from './planner.ts';

const whatToDo = 'Correct the SDL of the subgraph; a graph that cannot be planned does not start.';

/**
 * Supergraphs that the query planner cannot read, and root fields that it cannot plan: each is planned with all fields of
 * its result that a client can select.
 */
export async function findUnplannable(supergraphSdl: string): Promise<readonly SchemaFinding[]> {
  await using planner = new PlannerProcess(supergraphSdl);
  try {
    await planner.ready();
  } catch (error) {
    return [{ rule: 'plan', where: 'the supergraph', problem: readReason(error), whatToDo }];
  }
  const findings: SchemaFinding[] = [];
  for (const [where, document] of rootOperations(buildApiSchema(supergraphSdl))) {
    try {
      await planner.plan(document);
    } catch (error) {
      findings.push({ rule: 'plan', where, problem: readReason(error), whatToDo });
    }
  }
  return findings;
}

function readReason(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
}

/** One operation for each root field, by its coordinate. */
function* rootOperations(schema: GraphQLSchema): Generator<readonly [string, string]> {
  const roots = [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
    ['subscription', schema.getSubscriptionType()],
  ] as const;
  for (const [operation, type] of roots) {
    for (const field of Object.values(type?.getFields() ?? {})) {
      const variables: string[] = [];
      const selection = `${calling(field, variables)}${describeResult(field, variables)}`;
      const head = variables.length === 0 ? operation : `${operation} (${variables.join(' ')})`;
      yield [`${type?.name}.${field.name}`, `${head} { ${selection} }`];
    }
  }
}

function describeResult(field: GraphQLField<unknown, unknown>, variables: string[]): string {
  const type = getNamedType(field.type);
  if (isLeafType(type)) return '';
  const fields = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
  const selected = fields.map((inner) => {
    const leaf = isLeafType(getNamedType(inner.type));
    return `${calling(inner, variables)}${leaf ? '' : ' { __typename }'}`;
  });
  return ` { __typename ${selected.join(' ')} }`;
}

/** The field with its required arguments as variables. */
function calling({ name, args }: GraphQLField<unknown, unknown>, variables: string[]): string {
  const given = args.filter(isRequiredArgument).map((argument: GraphQLArgument) => {
    const variable = `$v${variables.length}`;
    variables.push(`${variable}: ${argument.type}`);
    return `${argument.name}: ${variable}`;
  });
  return given.length === 0 ? name : `${name}(${given.join(', ')})`;
}
