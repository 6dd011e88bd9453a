import { expect, it } from 'vitest';
import type { UsageDimension } from '#core/graph-enums.generated.ts';
import { invocations } from '#mongo/invocations.ts';
import { askForData } from '#test/support/subgraph.ts';
import { everyone as admin, openUsageMesh, row } from '#test/support/usage-mesh.ts';

interface Bucket {
  readonly keys: Readonly<Record<string, string | null>>;
}

it('usage has each metric by each dimension', async () => {
  await using mesh = await openUsageMesh();
  const at = '2027-01-01T00:00:00Z';
  const verdict = (rule: string) => ({
    ...{ rule, version: 1, policyId: null, stage: 'input', action: 'MASK', count: 1, ms: 0 },
    ...{ fired: true, failed: false, shadow: false },
  });
  const rows = [
    row('m1', at, {
      ...{ tenantId: 't1', teamId: 'e1', appId: 'a1', keyId: 'k1', modelId: 'm1', providerId: 'p1' },
      ...{ promptId: 'r1', endUserId: 'u1', conversationId: 'c1', tags: ['experiment:x1'], rating: 1 },
      ...{ cache: 'HIT', status: 'FAILED', kind: 'embedding', costNanos: 3n, latencyMs: 10 },
      ...{ unpriced: true, savedNanos: 4n },
      guardrailVerdicts: [verdict('pii')] as never,
    }),
    row('m2', at, {
      ...{ tenantId: 't2', teamId: 'e2', appId: 'a2', keyId: 'k2', modelId: 'm2', providerId: 'p2' },
      ...{ promptId: 'r2', endUserId: 'u2', conversationId: 'c2', tags: ['experiment:x2'], rating: 5 },
      ...{
        costNanos: 30n,
        savedNanos: 50n,
        latencyMs: 1_000,
        guardrailVerdicts: [verdict('secrets')] as never,
      },
    }),
  ];
  await invocations(mesh.database.connection).insertMany(rows);
  const metrics = (
    counts: readonly [failures: number, hits: number, unpriced: number],
    money: readonly [cost: number, byCache: number, byRouting: number],
    [latency, mean]: readonly [number, number],
  ) => {
    const [failures, cacheHits, unpricedRequests] = counts;
    const [cost, savedByCache, savedByRouting] = money.map((nanos) => `0.${String(nanos).padStart(9, '0')}`);
    return {
      ...{ requests: 1, failures, cacheHits, unpricedRequests, inputTokens: '10', outputTokens: '5' },
      ...{ cost, savedByCache, savedByRouting },
      latencyMsP50: expect.closeTo(latency, -Math.log10(latency) + 1),
      rated: { requests: 1, mean, cost },
    };
  };
  const [first, second] = [
    metrics([1, 1, 1], [3, 4, 0], [10, 1]),
    metrics([0, 0, 0], [30, 0, 50], [1_000, 5]),
  ];
  const keys: Readonly<Record<UsageDimension, readonly [string, string, string]>> = {
    TENANT: ['tenant', 't1', 't2'],
    TEAM: ['team', 'e1', 'e2'],
    APP: ['app', 'a1', 'a2'],
    KEY: ['key', 'k1', 'k2'],
    MODEL: ['model', 'm1', 'm2'],
    PROVIDER: ['provider', 'p1', 'p2'],
    PROMPT: ['prompt', 'r1', 'r2'],
    END_USER: ['endUser', 'u1', 'u2'],
    CONVERSATION: ['conversation', 'c1', 'c2'],
    TAG: ['tag', 'experiment:x1', 'experiment:x2'],
    EXPERIMENT: ['experiment', 'x1', 'x2'],
    CACHE: ['cache', 'HIT', 'MISS'],
    STATUS: ['status', 'FAILED', 'SUCCEEDED'],
    KIND: ['kind', 'embedding', 'completion'],
    GUARDRAIL: ['guardrail', 'pii/MASK', 'secrets/MASK'],
    RATING: ['rating', '1', '5'],
  };
  const query = `query ($by: [UsageDimension!]!) {
    usage(from: "2027-01-01T00:00:00Z", to: "2027-01-02T00:00:00Z", interval: ALL, by: $by) {
      keys requests failures cacheHits unpricedRequests inputTokens outputTokens cost savedByCache savedByRouting
      latencyMsP50 rated { requests mean cost }
    }
  }`;
  for (const [dimension, [name, one, two]] of Object.entries(keys)) {
    const buckets = (await askForData<{ usage: Bucket[] }>(mesh.subgraph, admin, query, { by: [dimension] }))
      .usage;
    expect([
      dimension,
      buckets.toSorted((a, b) => Number(b.keys[name] === one) - Number(a.keys[name] === one)),
    ]).toEqual([
      dimension,
      [
        { keys: { [name]: one }, ...first },
        { keys: { [name]: two }, ...second },
      ],
    ]);
  }
});
