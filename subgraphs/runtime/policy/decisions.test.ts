import { describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import type { CallMaker } from '#core/ledger-reach.ts';
import { listCodes, startGraph } from '#test/support/gateways/small-graph.ts';
import { testCaller } from '#test/support/subgraph.ts';
import type { SubgraphContext } from '../context.ts';

const own: CallMaker = {
  ...{ tenantId: 'acme', appId: 'acme-app', keyId: 'acme-key', keyLineId: 'acme-key' },
};
const caller = testCaller('acme', 'inference:invoke');
const find = (context: SubgraphContext, value = 1) => (context.reach('own-call').sees(own) ? value : null);

describe('a field whose @policy depends on the record', () => {
  const sdl = `
    type Query {
      decided: Int @policy(policies: [["own-call"]])
      late: Int @policy(policies: [["own-call"]])
      undecided: Int @policy(policies: [["own-call"]])
      other: Int @policy(policies: [["own-call"]])
      either: Int @policy(policies: [["own-row"], ["own-call"]])
      both: Int @policy(policies: [["own-row", "own-call"]])
      nothing: Int @policy(policies: [["own-call"]])
      open: Int
    }
    type Mutation { change: Int @policy(policies: [["own-call"]]) @audited(action: "a.b") }
    type Subscription { follow: Int @policy(policies: [["own-call"]]) }
  `;
  async function* count() {
    yield { follow: 1 };
  }
  const graph = startGraph(sdl, {
    Query: {
      decided: (_: unknown, __: unknown, context: SubgraphContext) => find(context),
      late: async (_: unknown, __: unknown, context: SubgraphContext) =>
        Promise.resolve().then(() => find(context)),
      undecided: async () => 1,
      other: (_: unknown, __: unknown, context: SubgraphContext) =>
        context.reach('own-row').rows() ? 1 : null,
      either: (_: unknown, __: unknown, context: SubgraphContext) => find(context),
      both: (_: unknown, __: unknown, context: SubgraphContext) => find(context),
      nothing: () => null,
      open: () => 1,
    },
    Mutation: { change: () => 1 },
    Subscription: { follow: { subscribe: () => count() } },
  });

  it.each([
    ['decided', 1],
    ['late', 1],
    ['undecided', 'INTERNAL'],
    ['other', 'INTERNAL'],
    ['either', 1],
    ['both', 'INTERNAL'],
    ['nothing', null],
    ['open', 1],
  ])('%s is %s: nothing is returned without a decision of it', async (field, expected) => {
    const result = await graph.run(`{ ${field} }`, caller);
    if (expected === 'INTERNAL') {
      expect(listCodes(result)).toEqual(['INTERNAL']);
      expect(result.data).toEqual({ [field]: null });
      expect(graph.logged.at(-1)).toContain(`Query.${field}: its @policy was not decided`);
    } else expect(result).toEqual({ data: { [field]: expected } });
  });

  it('holds for mutations and subscriptions too', async () => {
    expect(listCodes(await graph.run('mutation { change }', caller))).toEqual(['INTERNAL']);
    const { errors } = JSON.parse(JSON.stringify(await graph.execute('subscription { follow }', caller)));
    expect(listCodes({ errors })).toEqual(['INTERNAL']);
  });

  it('is decided for the caller of the operation alone', async () => {
    const stranger: Caller = { ...caller, keyId: 'k2', keyLineId: 'k2' };
    expect(await graph.run('{ decided }', stranger)).toEqual({ data: { decided: null } });
    expect(await graph.run('{ decided }', caller)).toEqual({ data: { decided: 1 } });
  });
});

it('a field with own-app or own-key runs for those alone that they admit', async () => {
  let ran = 0;
  const { run } = startGraph(
    'type Query { app: Int @policy(policies: [["own-app"]]) key: Int @policy(policies: [["own-key"]]) }',
    { Query: { app: () => ++ran, key: () => ++ran } },
  );
  for (const [more, codes] of [
    [{}, []],
    [{ keyId: null }, ['FORBIDDEN']],
    [{ keyId: null, appId: null }, ['FORBIDDEN', 'FORBIDDEN']],
    [{ endUserId: 'ada' }, ['FORBIDDEN', 'FORBIDDEN']],
  ] as const) {
    expect(listCodes(await run('{ app key }', { ...caller, ...more }))).toEqual(codes);
  }
  expect(ran).toBe(3);
});

it.each([
  ['a type', 'type Query @policy(policies: [["own-call"]]) { a: Int }'],
  ['what a field returns', 'type Query { a: Call } type Call @policy(policies: [["own-call"]]) { id: ID }'],
  [
    'an interface',
    'interface Named { a: Int @policy(policies: [["own-row"]]) } type Query implements Named { a: Int }',
  ],
  [
    'another policy than the field',
    'type Query @policy(policies: [["own-row"]]) { a: Int @policy(policies: [["own-call"]]) }',
  ],
])('a policy that a record decides is refused at the start on %s, where nothing decides it', (_, sdl) => {
  expect(() => startGraph(sdl, { Query: { a: () => 1 } })).toThrow(
    /Query\.a: @policy own-\w+ is decided where/,
  );
});
