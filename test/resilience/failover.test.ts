import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '#mongo/connect.ts';
import { models } from '#mongo/models.ts';
import { providers } from '#mongo/providers.ts';
import { routes } from '#mongo/routes.ts';
import { makeProvider } from '#providers/registry/registry.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { startInference, type TestInference } from '#test/support/inference.ts';
import { openWall, type Wall, type WallRequest, wallAnswer } from './support/wall.ts';

/** failoverbench's times are ten times as long. */
const scale = 10;
const slowFirstTokenMs = 20_000 / scale;
const profiles = {
  baseline: { connectMs: 1_000, firstTokenMs: 3_000, interTokenMs: 3_000, maxAttempts: 3 },
  tuned: { connectMs: 200, firstTokenMs: 800, interTokenMs: 1_000, maxAttempts: 4 },
} as const;
const profileNames = ['baseline', 'tuned'] as const;
const primaries = [
  ...['s01', 's02', 's03', 's04', 's05', 's06', 's07', 's08', 's09', 's10', 's11', 's12', 's13', 's14'],
  ...['s15', 's16'],
];

/** A clock that tests advance. */
let offsetMs = 0;
const now = () => Date.now() + offsetMs;

let database: Database;
let wall: Wall;

beforeAll(async () => {
  database = await openTestDatabase();
  wall = await openWall({ slowFirstTokenMs, downMs: 60_000, now });
  const { connection } = database;
  const at = { createdAt: new Date(), updatedAt: new Date() };
  const provider = { _id: 'wall', kind: 'OPENAI_COMPATIBLE', region: null, enabled: true } as const;
  await providers(connection).create({ ...provider, baseUrl: wall.url, ...at });
  const names = [...primaries.map((id) => `fb-${id}`), 'fb-ok', 'fb-ok-noprefill'];
  for (const name of names) {
    await models(connection).create({
      _id: `wall/${name}`,
      providerId: 'wall',
      name,
      capabilities: ['CHAT', 'STREAMING'],
      inputModalities: ['TEXT'],
      outputModalities: ['TEXT'],
      contextTokens: 100_000,
      maxOutputTokens: 1_000,
      prices: [],
      lifecycle: 'ACTIVE',
      replacedById: null,
      ...at,
    });
  }
  for (const [profile, { maxAttempts, ...timeouts }] of Object.entries(profiles)) {
    for (const id of primaries) {
      const fallback = id === 's14' ? 'fb-ok-noprefill' : 'fb-ok';
      const targets = [`wall/fb-${id}`, `wall/${fallback}`].map((modelId) => ({
        modelId,
        weight: 1,
        regions: null,
      }));
      await routes(connection).create({
        _id: `${profile}-${id}`,
        strategy: 'PRIORITY',
        targets,
        timeouts: { ...timeouts, totalMs: 60_000 },
        maxAttempts,
        ...at,
      });
    }
  }
});
afterAll(async () => {
  await wall[Symbol.asyncDispose]();
  await database.close();
});

const COMPLETE = `mutation ($input: CompletionInput!) { complete(input: $input) {
  text model { id } usage { outputTokens } } }`;
const STREAM = `subscription ($input: CompletionInput!) { completionStream(input: $input) {
  __typename ... on TextDelta { text } ... on CompletionFailed { code message }
  ... on CompletionFinished { completion { model { id } usage { outputTokens } } } } }`;

interface Result {
  /** The whole answer; null: an error. */
  readonly text: string | null;
  readonly error: string | null;
  readonly modelId: string | null;
  readonly outputTokens: number;
}

type Door = 'complete' | 'completionStream';

function call(mesh: TestInference, door: Door, model: string): Promise<Result> {
  const variables = { input: { model, cache: 'BYPASS', messages: [{ role: 'USER', content: 'Why?' }] } };
  return door === 'complete' ? whole(mesh, variables) : streamed(mesh, variables);
}

const failed = (error: string) => ({ text: null, error, modelId: null, outputTokens: 0 });

async function whole(mesh: TestInference, variables: Record<string, unknown>) {
  const { data, errors } = await mesh.ask<{ complete: Finished & { text: string } }>(COMPLETE, variables);
  if (errors !== undefined) return failed(String(errors[0]?.code));
  return succeeded(data.complete, data.complete.text);
}

interface Finished {
  readonly model: { readonly id: string };
  readonly usage: { readonly outputTokens: number };
}

const succeeded = ({ model, usage }: Finished, text: string) => ({
  text,
  error: null,
  modelId: model.id,
  outputTokens: usage.outputTokens,
});

async function streamed(mesh: TestInference, variables: Record<string, unknown>) {
  let text = '';
  for await (const event of await mesh.stream(STREAM, variables)) {
    if (event.__typename === 'CompletionRestarted') text = '';
    if (event.__typename === 'TextDelta') text += String(event.text);
    if (event.__typename === 'CompletionFailed') return failed(String(event.code));
    if (event.__typename === 'CompletionFinished') return succeeded(event.completion as Finished, text);
  }
  throw new Error('The stream ended without its last event.');
}

interface Seen extends Result {
  readonly primary: readonly WallRequest[];
  readonly fallbacks: number;
  /** Milliseconds that were waited for between attempts. */
  readonly waits: readonly number[];
  readonly limits: (typeof profiles)[keyof typeof profiles];
}

type Check = (seen: Seen) => boolean;

/** failoverbench's bound of the whole call, with the longest that each request to the primary can be waited for. */
const within =
  (msMax: number, waitedForEachMs: (limits: Seen['limits']) => number): Check =>
  ({ primary, waits, limits }) =>
    primary.length * waitedForEachMs(limits) + waits.reduce((sum, ms) => sum + ms, 0) / scale <= msMax;
const usagePresent: Check = ({ outputTokens }) => outputTokens > 0;
const attemptsMax =
  (max: number): Check =>
  ({ primary }) =>
    primary.length <= max;
const attempts =
  (count: number): Check =>
  ({ primary }) =>
    primary.length === count;

/** The checks of failoverbench's catalog, methodology v0.1, the advisory ones included. S15 has a test of its own. */
const scenarios: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  s01: {
    retried: ({ primary }) => primary.length >= 2,
    retry_after_honoured: ({ waits }) => waits.some((ms) => ms >= 1_800),
    no_hammer: attemptsMax(2),
  },
  s02: { no_hammer: attemptsMax(4), bounded_attempts: attemptsMax(6) },
  s03: { same_provider_retry: ({ primary }) => primary.length >= 2 },
  s04: { bounded_attempts: attemptsMax(6) },
  s05: {},
  s06: {
    within_budget: within(100_000 / scale, ({ firstTokenMs }) => firstTokenMs),
    silent_route_not_retried: attemptsMax(1),
  },
  s07: { ttft_limit: within(15_000 / scale, ({ firstTokenMs }) => Math.min(firstTokenMs, slowFirstTokenMs)) },
  s08: {},
  s09: { bounded: within(45_000 / scale, ({ interTokenMs }) => interTokenMs) },
  s10: {},
  s11: {
    prompt_finalise: attempts(1),
    no_failover: ({ fallbacks }) => fallbacks === 0,
    usage_reported: usagePresent,
  },
  s12: { no_same_model_retry: attempts(1) },
  s13: { no_same_model_retry: attempts(1), no_failover: ({ fallbacks }) => fallbacks === 0 },
  s14: {},
  s16: {
    reports_fallback_model: ({ modelId }) => modelId === 'wall/fb-ok',
    usage_present: usagePresent,
    bounded_attempts: attemptsMax(6),
  },
};

/** With the baseline's 30 s to the first token nothing can answer S07 within the 15 s that failoverbench advises. */
const beyondProfile: Readonly<Record<string, readonly string[]>> = { 'baseline s07': ['ttft_limit'] };

async function openMesh(): Promise<TestInference & { readonly waits: number[] }> {
  const waits: number[] = [];
  const mesh = await startInference(database, {
    createProvider: makeProvider,
    now,
    delay: async (ms, signal) => {
      waits.push(ms);
      await wait(ms / scale, undefined, { signal });
      offsetMs += ms;
    },
  });
  return Object.assign(mesh, { waits });
}

const cells = profileNames.flatMap((profile) =>
  Object.keys(scenarios).flatMap((id) =>
    (['completionStream', 'complete'] as const).map((door) => ({ profile, id, door })),
  ),
);

describe('failoverbench', () => {
  it.for(cells)('passes $id by $door with the $profile profile', async ({ profile, id, door }) => {
    await using mesh = await openMesh();
    wall.reset();
    const result = await call(mesh, door, `${profile}-${id}`);
    const of = (model: string) => wall.requests.filter((request) => request.model === model);
    const fallbacks = wall.requests.length - of(`fb-${id}`).length;
    const seen: Seen = {
      ...result,
      primary: of(`fb-${id}`),
      fallbacks,
      waits: mesh.waits,
      limits: profiles[profile],
    };
    if (id === 's13') expect(result).toMatchObject({ text: null, error: 'CONTENT_FILTERED' });
    else expect(result).toMatchObject({ text: wallAnswer, error: null });
    const failedChecks = Object.entries(scenarios[id] ?? {}).filter(([, check]) => !check(seen));
    expect(failedChecks.map(([name]) => name)).toEqual(beyondProfile[`${profile} ${id}`] ?? []);
    // alive_after: the process answers a healthy call at once.
    expect(await call(mesh, door, 'wall/fb-ok')).toMatchObject({ text: wallAnswer });
  });

  it.for(
    profileNames.flatMap((profile) =>
      (['completionStream', 'complete'] as const).map((door) => ({ profile, door })),
    ),
  )(
    'passes S15 by $door with the $profile profile: served in the outage, back within 30 s',
    async ({ profile, door }) => {
      await using mesh = await openMesh();
      wall.reset();
      const startedAtMs = now();
      let backAtMs: number | undefined;
      let primaryInOutage = 0;
      for (let request = 0; request < 20; request++) {
        offsetMs += Math.max(0, startedAtMs + request * 4_000 - now());
        const sentAtMs = now() - startedAtMs;
        const result = await call(mesh, door, `${profile}-s15`);
        expect(result, `request ${request}`).toMatchObject({ text: wallAnswer });
        if (result.modelId === 'wall/fb-s15') backAtMs ??= sentAtMs;
        if (sentAtMs < 60_000) primaryInOutage = wall.requests.filter(({ status }) => status === 503).length;
      }
      expect(backAtMs).toBeLessThanOrEqual(90_000);
      // probe_discipline: at most one request to the primary for each call in the outage.
      expect(primaryInOutage).toBeLessThanOrEqual(15);
    },
  );
});
