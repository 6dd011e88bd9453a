import { buildSubgraphSchema } from '@apollo/subgraph';
import { type DocumentNode, type GraphQLSchema, parse, TypeInfo, visit, visitWithTypeInfo } from 'graphql';
import pino from 'pino';
import { afterAll, expect, it } from 'vitest';
import { anonymousCaller, type Caller, meetsScopes } from '#core/caller.ts';
import { builtInRoles } from '#core/roles.ts';
import { type SubgraphName, subgraphNames } from '#core/subgraph-names.ts';
import { resolveLimits } from '#gateway/limits.ts';
import type { Fetch } from '#gateway/planning/plan.ts';
import { PlannerProcess } from '#gateway/planning/planner.ts';
import { createRouter, isOperation } from '#gateway/router.ts';
import { readSupergraph } from '#schema/compose.ts';
import { readFieldRequirements } from '#schema/field-policies.ts';
import { loadSubgraphSdl } from '#schema/load-sdl.ts';
import { makeOperation, type OperationKind } from '#test/router/operations.ts';
import { createRandom, printedSeed } from '#test/support/random.ts';

/** HEDDLE_RANDOM_OPERATIONS asks for more, HEDDLE_TEST_SEED for others. */
const operations = Number(process.env.HEDDLE_RANDOM_OPERATIONS ?? 1_000);
const seed = printedSeed('forbidden fields');
const kinds: readonly OperationKind[] = ['query', 'query', 'mutation', 'subscription'];
const supergraphSdl = readSupergraph() ?? '';
const planner = new PlannerProcess(supergraphSdl);
afterAll(() => planner[Symbol.asyncDispose]());

const required = new Map(readFieldRequirements(supergraphSdl).map((one) => [one.coordinate, one]));
const schemas = new Map<string, GraphQLSchema>(
  subgraphNames.map((name: SubgraphName) => [name, buildSubgraphSchema(parse(loadSubgraphSdl(name)))]),
);
const executor = { execute: () => Promise.reject(new Error('Nothing is sent.')) };
const router = createRouter({
  supergraphSdl,
  planner,
  executors: Object.fromEntries(subgraphNames.map((name) => [name, executor])),
  limits: resolveLimits({ costMax: 1e9 }),
  log: pino({ level: 'silent' }),
});

const toCaller = (scopes: readonly string[]): Caller => ({
  ...anonymousCaller,
  kind: 'API_KEY',
  tenantId: 'acme',
  scopes,
});
const callers: readonly Caller[] = [
  anonymousCaller,
  toCaller([]),
  toCaller(['inference:invoke']),
  toCaller(['tenants:admin']),
  ...Object.values(builtInRoles).map(toCaller),
];

function mayReach(coordinate: string, caller: Caller): boolean {
  const rule = required.get(coordinate);
  if (rule === undefined || !rule.authenticated) return true;
  return caller.kind !== 'ANONYMOUS' && rule.demands.every((sets) => meetsScopes(caller, sets));
}

/** Every document of a program: what it sends first, and what follows from it. */
function listFetches(part: unknown): Fetch[] {
  if (Array.isArray(part)) return part.flatMap(listFetches);
  if (typeof part !== 'object' || part === null) return [];
  if ('document' in part && 'subgraph' in part) return [part as Fetch];
  return Object.values(part).flatMap(listFetches);
}

/** The coordinates of all fields of a document, as the subgraph resolves them. */
function listCoordinates(document: DocumentNode, subgraph: string): string[] {
  const schema = schemas.get(subgraph);
  if (schema === undefined) throw new Error(`There is no subgraph ${subgraph}.`);
  const types = new TypeInfo(schema);
  const found: string[] = [];
  visit(
    document,
    visitWithTypeInfo(types, {
      Field({ name }) {
        found.push(`${types.getParentType()?.name}.${name.value}`);
      },
    }),
  );
  return found;
}

it(`sends no field to a subgraph that its caller may not select, of ${operations} random operations`, {
  timeout: 120_000 + operations * 100,
}, async () => {
  const random = createRandom(seed);
  const forbidden: string[] = [];
  let sent = 0;
  let refused = 0;
  for (let count = 0; count < operations; count++) {
    const { query, variables } = makeOperation(router.schema, random.pick(kinds), () => ['x'], random);
    const caller = random.pick(callers);
    const operation = router.prepare(query, undefined, caller);
    if (!isOperation(operation)) continue;
    let program: Awaited<ReturnType<typeof operation.program>>;
    try {
      program = await operation.program(caller, variables);
    } catch {
      // Some fields of a mutation cannot be planned together: nothing is sent.
      continue;
    }
    if (program.refusal !== undefined) refused++;
    for (const { document, subgraph } of listFetches([
      program.source,
      program.turns,
      program.admissions.map(({ admit }) => admit),
    ])) {
      for (const coordinate of listCoordinates(document, subgraph)) {
        sent++;
        if (!mayReach(coordinate, caller))
          forbidden.push(`${caller.scopes.join()} reaches ${coordinate} by ${query}`);
      }
    }
  }
  expect(forbidden).toEqual([]);
  expect(sent).toBeGreaterThan(operations);
  expect(refused).toBeGreaterThan(operations / 20);
});
