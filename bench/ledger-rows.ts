import type { Connection } from 'mongoose';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import { createRandom, type Random } from '#test/support/random.ts';

/** How many values each dimension has in a tenant. The first tenant has half of the calls. */
const meshes = {
  large: { tenants: 20, apps: 8, keys: 40, models: 12, prompts: 10, endUsers: 500, tags: 10 },
  small: { tenants: 5, apps: 4, keys: 4, models: 10, prompts: 0, endUsers: 0, tags: 3 },
} as const;
const batch = 2_000;

export interface LedgerFilling {
  readonly rows: number;
  /** The calls are spread evenly over this time. */
  readonly beginMs: number;
  readonly endMs: number;
  readonly mesh: keyof typeof meshes;
  readonly seed: number;
}

/** Writes the rows of a mesh straight into a store: the same ones for the same seed. */
export async function fillLedger(connection: Connection, filling: LedgerFilling): Promise<void> {
  const random = createRandom(filling.seed);
  const rows = invocations(connection).collection;
  for (let n = 0; n < filling.rows; n += batch) {
    const length = Math.min(batch, filling.rows - n);
    const some = Array.from({ length }, (_, at) => generateRow(random, n + at, filling));
    await rows.insertMany(some as never);
  }
}

function generateRow(
  random: Random,
  n: number,
  { rows, beginMs, endMs, mesh: name }: LedgerFilling,
): InvocationRecord {
  const mesh = meshes[name];
  const tenant = random.chance(0.5) ? 0 : 1 + random.below(mesh.tenants - 1);
  const key = random.below(mesh.keys);
  const model = Math.floor(random.next() ** 2 * mesh.models);
  const latencyMs = Math.round(Math.exp(5 + 3 * random.next()));
  const startedAtMs = beginMs + (n / rows) * (endMs - beginMs);
  return {
    _id: `bench-${n}`,
    kind: 'completion',
    status: random.chance(0.03) ? 'FAILED' : 'SUCCEEDED',
    tenantId: `tenant-${tenant}`,
    appId: `app-${tenant}-${key % mesh.apps}`,
    keyId: `key-${tenant}-${key}`,
    keyLineId: `key-${tenant}-${key}`,
    subject: null,
    modelId: `provider-${model % 4}/model-${model}`,
    providerId: `provider-${model % 4}`,
    promptId: mesh.prompts > 0 && random.chance(0.3) ? `prompt-${random.below(mesh.prompts)}` : null,
    promptVersionId: null,
    usage: {
      ...{ inputTokens: random.below(4_000), outputTokens: random.below(1_000), cachedInputTokens: 0 },
      ...{ cacheWriteTokens: 0, reasoningTokens: 0 },
    },
    costNanos: BigInt(random.below(20_000_000)),
    cache: random.pick(['BYPASS', 'BYPASS', 'MISS', 'HIT']),
    latencyMs,
    timeToFirstTokenMs: null,
    errorCode: null,
    startedAt: new Date(startedAtMs),
    endedAt: new Date(startedAtMs + latencyMs),
    ownerId: 'bench',
    attempts: [],
    ...(mesh.endUsers > 0 && { endUserId: `user-${random.below(mesh.endUsers)}` }),
    ...(mesh.endUsers > 0 && { conversationId: `chat-${random.below(mesh.endUsers)}` }),
    ...(random.chance(0.5) && { tags: [`feature-${random.below(mesh.tags)}`] }),
  };
}
