import { type GraphQLSchema, parse } from 'graphql';
import pino from 'pino';
import { afterAll, describe, expect, it } from 'vitest';
import { anonymousCaller, type Caller, meetsScopes, scopes } from '#core/caller.ts';
import { meetsPolicies } from '#core/policies.ts';
import { builtInRoles } from '#core/roles.ts';
import { subgraphNames } from '#core/subgraph-names.ts';
import { resolveLimits } from '#gateway/limits.ts';
import { PlannerProcess } from '#gateway/planning/planner.ts';
import { createRouter, isOperation, isStream } from '#gateway/router.ts';
import { isOfScopes, readDemands } from '#schema/check/demands.ts';
import { readSupergraph } from '#schema/compose.ts';
import { loadSubgraphSdl } from '#schema/load-sdl.ts';
import { buildOperation, listProbes } from '#test/resilience/support/probes/probes.ts';
import { createGuardedSubgraphs, createOpenSubgraphs } from '#test/router/observed-subgraphs.ts';
import { makeOperation, type OperationKind } from '#test/router/operations.ts';
import { createRandom, printedSeed } from '#test/support/random.ts';

/** HEDDLE_RANDOM_OPERATIONS asks for more, HEDDLE_TEST_SEED for others. */
const operations = Number(process.env.HEDDLE_RANDOM_OPERATIONS ?? 500);
const seed = printedSeed('forbidden resolvers');
const kinds: readonly OperationKind[] = ['query', 'query', 'mutation', 'subscription'];
const supergraphSdl = readSupergraph() ?? '';

const toCaller = (held: readonly string[]): Caller => ({
  ...anonymousCaller,
  ...{ kind: 'API_KEY', tenantId: 'acme', appId: 'app', keyId: 'key', keyLineId: 'key', scopes: held },
});
const everything = toCaller(Object.keys(scopes));
const callers: readonly Caller[] = [
  anonymousCaller,
  toCaller([]),
  toCaller(['inference:invoke']),
  toCaller(['tenants:admin']),
  { ...everything, kind: 'USER', appId: null, keyId: null, subject: 'ada' },
  { ...everything, endUserId: 'ada' },
  ...Object.values(builtInRoles).map(toCaller),
];

type Demands = ReturnType<typeof readDemands>;

const prefix = '@policy ';

function mayReach(coordinate: string, caller: Caller, demands: Demands): boolean {
  const demand = demands.get(coordinate);
  if (demand === undefined) return true;
  if (caller.kind === 'ANONYMOUS') return false;
  return demand.every((sets) => {
    if (isOfScopes(sets)) return meetsScopes(caller, sets);
    return meetsPolicies(
      caller,
      sets.map((set) => set.map((name) => name.slice(prefix.length))),
    );
  });
}

/** What ran, and what of it should not have. */
class Observed {
  readonly #demands: Demands;
  readonly forbidden = new Set<string>();
  readonly coordinates = new Set<string>();
  ran = 0;

  constructor(sdl: string) {
    this.#demands = readDemands(sdl);
  }

  readonly observe = (coordinate: string, caller: Caller): void => {
    this.ran += 1;
    this.coordinates.add(coordinate);
    if (mayReach(coordinate, caller, this.#demands)) return;
    this.forbidden.add(`${caller.kind} ${caller.scopes.join()} runs ${coordinate}`);
  };
}

const context = { requestId: 'r', clientAddress: null };

describe('no resolver runs for a caller that may not select its field', () => {
  it(`where the gateway alone decides, of ${operations} random operations`, {
    timeout: 120_000 + operations * 100,
  }, async () => {
    const observed = new Observed(supergraphSdl);
    const planner = new PlannerProcess(supergraphSdl);
    afterAll(() => planner[Symbol.asyncDispose]());
    const router = createRouter({
      ...{ supergraphSdl, planner, executors: createOpenSubgraphs(observed.observe) },
      ...{ limits: resolveLimits({ costMax: 1e9 }), log: pino({ level: 'silent' }) },
    });
    const random = createRandom(seed);
    let answered = 0;
    for (let count = 0; count < operations; count++) {
      const { query, variables } = makeOperation(router.schema, random.pick(kinds), () => ['x'], random);
      const caller = random.pick(callers);
      const operation = router.prepare(query, undefined, caller);
      if (!isOperation(operation)) continue;
      const answer = await router.run(operation, variables, { caller, ...context });
      if (isStream(answer)) await Array.fromAsync(answer);
      answered += 1;
    }
    expect([...observed.forbidden]).toEqual([]);
    expect(answered).toBeGreaterThan(operations / 2);
    expect(observed.ran).toBeGreaterThan(operations);
    expect(observed.coordinates.size).toBeGreaterThan(200);
  });

  it.each(subgraphNames)(
    'where %s alone decides, of random operations, of each root field and of references to entities',
    async (name) => {
      const observed = new Observed(loadSubgraphSdl(name));
      const subgraph = createGuardedSubgraphs(observed.observe)[name];
      const random = createRandom(seed);
      for (let count = 0; count < operations / 5; count++) {
        const kind = random.pick(kinds.filter((one) => subgraph.schema.getRootType(one as never)));
        const { query, variables } = makeOperation(subgraph.schema, kind, () => ['x'], random);
        const request = { document: parse(query), variables, caller: random.pick(callers), ...context };
        const answer = await subgraph.execute(request);
        if (Symbol.asyncIterator in answer) await Array.fromAsync(answer);
      }
      for (const { kind, field } of listRootFields(subgraph.schema)) {
        const document = parse(buildOperation(kind, field, 0));
        const variables = listProbes(field)[0]?.argumentsWith('') ?? {};
        for (const caller of callers) {
          const answer = await subgraph.execute({ document, variables, caller, ...context });
          if (Symbol.asyncIterator in answer) await Array.fromAsync(answer);
        }
      }
      for (const query of listEntityQueries(subgraph.schema)) {
        const [typeName = ''] = query.split(' ', 1);
        const document = parse(query.slice(typeName.length));
        const variables = { refs: [{ __typename: typeName, id: 'x' }] };
        for (const caller of callers) await subgraph.execute({ document, variables, caller, ...context });
      }
      expect([...observed.forbidden]).toEqual([]);
      expect(observed.ran).toBeGreaterThan(100);
    },
  );
});

function listRootFields(schema: GraphQLSchema) {
  return [...new Set(kinds)].flatMap((kind) =>
    Object.values(schema.getRootType(kind as never)?.getFields() ?? {})
      .filter(({ name }) => !name.startsWith('_'))
      .map((field) => ({ kind, field })),
  );
}

/** A query for each field of each entity that needs no argument, after the name of its type. */
function listEntityQueries(schema: GraphQLSchema): readonly string[] {
  const entity = schema.getType('_Entity');
  const types = entity !== undefined && 'getTypes' in entity ? entity.getTypes() : [];
  return types.flatMap((type) =>
    Object.values(type.getFields())
      .filter(({ args }) => args.every(({ type: of }) => !String(of).endsWith('!')))
      .map((field) => {
        const below = isLeaf(schema, String(field.type)) ? '' : ' { __typename }';
        return `${type.name} query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on ${type.name} { ${field.name}${below} } } }`;
      }),
  );
}

function isLeaf(schema: GraphQLSchema, type: string): boolean {
  const named = schema.getType(type.replace(/[[\]!]/g, ''));
  return named !== undefined && !('getFields' in named) && !('getTypes' in named);
}
