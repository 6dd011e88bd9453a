/**
 * What observability adds to a call: CPU of a mesh with all of it, beside one with none, whole policy on, embedded store. PARTS
 * (`metrics,traces,payloads,events,alerts`; none: how much two equal meshes differ) selects some. Sums of usage are kept by both. Both are driven by turns of
 * half a second, so that what else the machine does meets both alike: rounds of seconds differ by more than what is measured. SECONDS, IN_FLIGHT and ROUNDS change the
 * load; the first WARM_CALLS of each mesh do not count: on a busy machine a time would be too short for V8 to compile both alike. Prints
 * the ratio of the sums of all rounds, with what happens once in many of them, and its range in 90 of 100 draws of as many rounds (bootstrap). Fails where all parts
 * together add more than a tenth to a call.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from './budget.ts';
import { cpuMicros, startScript } from './child.ts';
import { graphqlDialect } from './dialects.ts';
import { type BenchMesh, createBenchModel, startHeddle } from './heddle.ts';
import { loadCalls } from './load.ts';

const seconds = Number(process.env.SECONDS ?? 0.5);
const inFlight = Number(process.env.IN_FLIGHT ?? 64);
const rounds = Number(process.env.ROUNDS ?? 80);
const warmCalls = Number(process.env.WARM_CALLS ?? 8_000);
/** Draws of rounds that the range is of. */
const drawsMax = 1_000;
/** What all parts together may add to a call. */
const addedMax = 0.1;
/** How often metrics are read, and something happens that is an event. */
const scrapeMs = 5_000;
const eventMs = 500;

/** One part of observability. */
interface Part {
  /** Variables that switch it on. */
  readonly environment?: (receiver: string) => Readonly<Record<string, string>>;
  readonly prepare?: (mesh: BenchMesh, receiver: string) => Promise<unknown>;
  /** Runs while the mesh is driven. */
  readonly repeat?: { readonly everyMs: number; readonly run: (mesh: BenchMesh) => Promise<unknown> };
}

const saveAlert = 'mutation ($input: AlertInput!) { saveAlert(input: $input) { id } }';
const alerts = [
  { id: 'many', metric: 'REQUESTS', condition: 'ABOVE', threshold: 100, window: 'MINUTE', by: ['KEY'] },
  { id: 'slow', metric: 'LATENCY_P95', condition: 'ABOVE', threshold: 60_000, window: 'HOUR', by: ['MODEL'] },
  {
    id: 'failing',
    metric: 'FAILURES',
    condition: 'ABOVE',
    threshold: 1,
    window: 'HOUR',
    by: ['APP', 'MODEL'],
  },
  { id: 'refused', metric: 'REFUSALS', condition: 'ABOVE', threshold: 1, window: 'HOUR', by: ['MODEL'] },
  { id: 'unusual', metric: 'COST', condition: 'ANOMALY', window: 'HOUR', by: ['APP'] },
  { id: 'stolen', metric: 'REQUESTS', condition: 'SECURITY', window: 'HOUR' },
];

const parts: Readonly<Record<string, Part>> = {
  metrics: {
    environment: () => ({ HEDDLE_METRICS: 'on' }),
    repeat: {
      everyMs: scrapeMs,
      run: async ({ origin }) => {
        const { status } = await fetch(`${origin}/metrics`).then(async (answer) => {
          await answer.arrayBuffer();
          return answer;
        });
        if (status !== 200) throw new Error(`/metrics answers ${status}.`);
      },
    },
  },
  traces: {
    environment: (receiver) => ({
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver,
      OTEL_TRACES_SAMPLER: 'traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.1',
    }),
  },
  payloads: {
    prepare: (mesh) =>
      mesh.data(
        'mutation { updateTenant(id: "default", input: { payloadLogging: FULL }) { payloadLogging } }',
        {},
      ),
  },
  events: {
    prepare: (mesh, receiver) =>
      mesh.data('mutation ($input: WebhookInput!) { saveWebhook(input: $input) { id } }', {
        input: {
          id: 'all',
          tenantId: 'default',
          url: `${receiver}/`,
          types: ['*'],
          secret: `whsec_${'YmVuY2gt'.repeat(4)}`,
        },
      }),
  },
  alerts: {
    prepare: async (mesh) => {
      for (const input of alerts) await mesh.data(saveAlert, { input: { tenantId: 'default', ...input } });
    },
  },
};

const names = (process.env.PARTS ?? Object.keys(parts).join(',')).split(',').filter((name) => name !== '');
const unknown = names.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0)
  throw new Error(`PARTS names ${unknown.join(', ')}: there are ${Object.keys(parts).join(', ')}.`);

/** A mesh under load. */
interface DrivenMesh extends AsyncDisposable {
  readonly mesh: BenchMesh;
  /** CPU µs per call, and how many there were in the time. */
  measure(seconds: number): Promise<{ readonly micros: number; readonly calls: number }>;
}

async function open(
  wanted: readonly Part[],
  { origin: provider }: { readonly origin: string },
  { origin: receiver }: { readonly origin: string },
): Promise<DrivenMesh> {
  await using opened = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'heddle-bench-'));
  opened.defer(() => rm(dir, { recursive: true, force: true }));
  const mesh = opened.use(
    await startHeddle({
      HEDDLE_KEY_LIMITS: 'none',
      HEDDLE_METRICS: 'off',
      HEDDLE_EGRESS_ALLOW: '127.0.0.1',
      HEDDLE_DATA_DIR: dir,
      OPENAI_COMPATIBLE_BASE_URL: `${provider}/v1`,
      OPENAI_COMPATIBLE_API_KEY: 'bench-key',
      ...Object.assign({}, ...wanted.map(({ environment }) => environment?.(receiver))),
    }),
  );
  const { call } = graphqlDialect(await createBenchModel(mesh), 10);
  for (const { prepare } of wanted) await prepare?.(mesh, receiver);
  let serial = 0;
  // Both meshes have something to report: it is the same work but for what is sent of it.
  const saveConsent = () =>
    mesh.data('mutation ($input: SaveConsentInput!) { saveConsent(input: $input) { purposes } }', {
      input: { endUserId: `user ${serial++}`, purposes: ['support'] },
    });
  let failure: unknown;
  // Also between the turns of the mesh: what they cost counts in the same part of all turns.
  for (const { everyMs, run } of [
    { everyMs: eventMs, run: saveConsent },
    ...wanted.flatMap(({ repeat }) => repeat ?? []),
  ]) {
    const timer = setInterval(() => void run(mesh).catch((error: unknown) => (failure = error)), everyMs);
    opened.defer(() => clearInterval(timer));
  }
  const resources = opened.move();
  return {
    mesh,
    async measure(time) {
      const before = cpuMicros(mesh.pid);
      const load = { ...call, origin: mesh.origin, body: () => call.body(serial++), inFlight };
      const { calls } = await loadCalls({ ...load, seconds: time });
      const micros = (cpuMicros(mesh.pid) - before) / calls;
      if (failure !== undefined) throw failure;
      return { micros, calls };
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

await using upstream = await startScript('./mock-upstream.ts', { TOKENS: '10' });
await using receiver = await startScript('./traces-collector.ts', {});
await using off = await open([], upstream, receiver);
await using on = await open(
  names.map((name) => parts[name] ?? {}),
  upstream,
  receiver,
);
for (const mesh of [off, on]) for (let calls = 0; calls < warmCalls; ) calls += (await mesh.measure(1)).calls;
const pairs: { readonly off: number; readonly on: number }[] = [];
for (let round = 0; round < rounds; round++) {
  // By turns, and each the first one in every other round.
  const order = round % 2 === 0 ? ([off, on] as const) : ([on, off] as const);
  const [first, second] = [await order[0].measure(seconds), await order[1].measure(seconds)];
  const [ofOff, ofOn] = round % 2 === 0 ? [first, second] : [second, first];
  pairs.push({ off: ofOff.micros, on: ofOn.micros });
}

/** What the rounds together add to a call. */
function sumAdded(of: readonly (typeof pairs)[number][]): number {
  const sum = (mesh: 'off' | 'on') => of.reduce((total, pair) => total + pair[mesh], 0);
  return sum('on') / sum('off') - 1;
}

const draws = Array.from({ length: drawsMax }, () =>
  sumAdded(pairs.map(() => pairs[Math.floor(Math.random() * pairs.length)] as (typeof pairs)[number])),
).sort((a, b) => a - b);
const [least, most] = [
  draws[Math.floor(drawsMax * 0.05)] ?? Number.NaN,
  draws[Math.floor(drawsMax * 0.95)] ?? Number.NaN,
];
const added = sumAdded(pairs);
const percent = (value: number) => `${(value * 100).toFixed(1)} %`;
console.log(`| CPU µs per call, medians | none | ${names.join(', ')} | added | range |`);
console.log('|---|---|---|---|---|');
console.log(
  `| \`complete\` | ${median(pairs.map((one) => one.off)).toFixed(0)} | ${median(pairs.map((one) => one.on)).toFixed(0)} | ` +
    `${percent(added)} | ${percent(least)} to ${percent(most)} |`,
);
if (added > addedMax) {
  console.error(`Observability adds more than ${addedMax * 100} %.`);
  process.exitCode = 1;
}
