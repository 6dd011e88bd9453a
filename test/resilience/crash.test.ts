import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { overWebSocket, type TestClient } from '#test/support/client.ts';
import { temporaryDirectory } from '#test/support/mesh.ts';
import { createRandom, printedSeed } from '#test/support/random.ts';
import { allRows, durableTenant, type Row, registerUpstream } from './support/ledger.ts';

import { type Restartable, startRestartable } from './support/restartable.ts';
import { buildAnswer, startUpstream, type Upstream } from './support/upstream.ts';

const random = createRandom(printedSeed('crash'));
const rounds = 5;
const callsPerRound = 40;

const fields = 'id status text cost usage { inputTokens outputTokens } model { id }';
const operations = {
  complete: `mutation ($input: CompletionInput!) { complete(input: $input) { ${fields} } }`,
  start: `mutation ($input: CompletionInput!) { startCompletion(input: $input) { ${fields} } }`,
  stream: `subscription ($input: CompletionInput!) { completionStream(input: $input) {
    completionId
    ... on CompletionFinished { completion { ${fields} } } } }`,
};

interface Outcome {
  readonly id: string;
  readonly status: string;
  readonly text: string;
  readonly cost: string;
  readonly usage: Row['usage'];
}

interface Call {
  readonly model: string;
  readonly kind: keyof typeof operations;
  readonly idempotencyKey: string | null;
  /** Ids that the caller heard of; at most one if all is well. */
  readonly ids: Set<string>;
  /** The end that the caller heard of. */
  outcome: Outcome | null;
  readonly refusals: string[];
}

const buildInput = ({ model, idempotencyKey }: Call) => ({
  input: { model: `up/${model}`, messages: [{ role: 'USER', content: `ask ${model}` }], idempotencyKey },
});

async function make(call: Call, client: TestClient): Promise<void> {
  const hear = (completion: Outcome) => {
    call.ids.add(completion.id);
    if (completion.status !== 'RUNNING') call.outcome = completion;
  };
  if (call.kind === 'stream') {
    type Event = { completionId: string; completion?: Outcome };
    for await (const event of overWebSocket<Event>(client, operations.stream, buildInput(call))) {
      call.ids.add(event.completionId);
      if (event.completion !== undefined) hear(event.completion);
    }
    return;
  }
  const { data, errors } = await client.send<Record<string, Outcome> | null>(
    operations[call.kind],
    buildInput(call),
  );
  for (const { message, extensions } of errors ?? []) call.refusals.push(`${extensions.code}: ${message}`);
  for (const completion of Object.values(data ?? {})) hear(completion);
}

describe('a mesh that is killed again and again', () => {
  const stack = new AsyncDisposableStack();
  let mesh: Restartable;
  let upstream: Upstream;
  let tenant: Awaited<ReturnType<typeof durableTenant>>;
  let steps = 0;
  let killAt = Number.POSITIVE_INFINITY;
  /** What the ledger held after each round; the rows of a round never change again. */
  const settled = new Map<string, Row>();

  beforeAll(async () => {
    upstream = stack.use(
      await startUpstream({
        latencyMs: () => random.below(12),
        onStep: () => {
          steps += 1;
          if (steps === killAt) mesh.process.child.kill('SIGKILL');
        },
      }),
    );
    const dir = stack.use(await temporaryDirectory());
    mesh = stack.use(await startRestartable(dir.path));
    await registerUpstream(
      mesh,
      upstream.url,
      Array.from({ length: callsPerRound }, (_, at) => `m${at}`),
    );
    tenant = await durableTenant(mesh, {
      limits: [
        { meter: 'REQUESTS', window: 'DAY', amount: '100000' },
        { meter: 'CONCURRENCY', window: 'INFLIGHT', amount: '1000' },
      ],
    });
  });
  afterAll(() => stack.disposeAsync());

  async function crashUnderLoad(round: number): Promise<Call[]> {
    upstream.forget();
    steps = 0;
    // Between the first call that has come in and the last part that goes out.
    killAt = 1 + random.below(callsPerRound * 4);
    const client = tenant.clientNow();
    const calls = Array.from({ length: callsPerRound }, (_, at): Call => {
      const kind = random.pick<Call['kind']>(['complete', 'complete', 'stream', 'start']);
      const idempotencyKey = kind === 'stream' || random.below(2) === 0 ? null : `round ${round} call ${at}`;
      return { model: `m${at}`, kind, idempotencyKey, ids: new Set(), outcome: null, refusals: [] };
    });
    const waiting = [...calls];
    const worker = async () => {
      for (let call = waiting.shift(); call !== undefined; call = waiting.shift()) {
        await make(call, client).catch(() => undefined);
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    await mesh.process.end('SIGKILL');
    return calls;
  }

  const isAsked = (call: Call) => (upstream.calls.get(call.model) ?? 0) > 0;

  for (let round = 0; round < rounds; round++) {
    it(`keeps the ledger whole through kill ${round + 1}`, { timeout: 120_000 }, async () => {
      const calls = await crashUnderLoad(round);
      await mesh.start();
      const client = tenant.clientNow();
      const rows = await allRows(client);

      // Rows of former rounds stay as they are: nothing is closed twice.
      const byId = new Map(rows.map((row) => [row.id, row]));
      for (const [id, row] of settled) expect(byId.get(id), id).toEqual(row);
      const fresh = rows.filter(({ id }) => !settled.has(id));
      expect(fresh.filter(({ status, endedAt }) => status === 'RUNNING' || endedAt === null)).toEqual([]);

      for (const call of calls) {
        const own = fresh.filter(({ model }) => model.id === `up/${call.model}`);
        const what = `round ${round}, ${call.kind} of ${call.model}`;
        expect(call.refusals, what).toEqual([]);
        // Asked once: no row without its call is doubled, no call is without its row.
        expect(upstream.calls.get(call.model) ?? 0, what).toBeLessThanOrEqual(1);
        // What died with the process is billed, by estimate.
        for (const { status, cost, usageEstimated } of own) {
          expect(usageEstimated, what).toBe(status === 'FAILED');
          expect(Number(cost), what).toBeGreaterThan(0);
        }
        if (isAsked(call)) expect(own, what).toHaveLength(1);
        else expect(own.length, what).toBeLessThanOrEqual(1);
        expect(
          own.map(({ id }) => id),
          what,
        ).toEqual(expect.arrayContaining([...call.ids]));
        if (call.outcome === null) continue;
        const { id, status, cost, usage } = call.outcome;
        expect(own, what).toMatchObject([{ id, status, cost, usage }]);
        expect(call.outcome.text, what).toBe(buildAnswer(call.model));
        const read = client.data(`query ($id: ID!) { completion(id: $id) { ${fields} } }`, { id });
        expect(await read, what).toEqual({ completion: call.outcome });
      }

      await repeatKeyed(calls, fresh, client);
      const after = await allRows(client);
      const unheard = calls.filter(({ model }) => !fresh.some((row) => answersModel(row, model)));
      const repeated = unheard.filter(({ idempotencyKey }) => idempotencyKey !== null);
      expect(after, 'only what had no answer gets a row').toHaveLength(rows.length + repeated.length);
      await expectRollups(client, after);
      for (const row of after) settled.set(row.id, row);
    });
  }

  const answersModel = (row: Row, model: string) => row.model.id === `up/${model}` && row.status !== 'FAILED';

  /** The key of a call stands for the one completion, unless that died with its process: then for a new one. */
  async function repeatKeyed(calls: readonly Call[], rows: readonly Row[], client: TestClient) {
    const repeat = async (call: Call) => {
      const what = `repeated ${call.kind} of ${call.model}`;
      const row = rows.find((each) => answersModel(each, call.model));
      const asked = upstream.calls.get(call.model) ?? 0;
      const { data, errors } = await client.send<{ complete: Outcome } | null>(
        operations.complete,
        buildInput(call),
      );
      expect(upstream.calls.get(call.model), what).toBe(row === undefined ? asked + 1 : asked);
      expect(errors, what).toBeUndefined();
      expect(data?.complete, what).toMatchObject({ text: buildAnswer(call.model), status: 'SUCCEEDED' });
      if (row !== undefined) expect(data?.complete.id, what).toBe(row.id);
    };
    await Promise.all(calls.filter(({ idempotencyKey }) => idempotencyKey !== null).map(repeat));
  }

  it('reports nothing of rows that were closed before, and of no error', () => {
    const lines = mesh.output().split('\n');
    expect(lines.filter((line) => /had been closed before|"level":(50|60)/.test(line))).toEqual([]);
  });

  async function expectRollups(client: TestClient, rows: readonly Row[]): Promise<void> {
    const { usage } = await client.data<{
      usage: {
        keys: { model: string };
        requests: number;
        failures: number;
        inputTokens: string;
        outputTokens: string;
        cost: string;
      }[];
    }>(
      `query ($from: DateTime!, $to: DateTime!) { usage(from: $from, to: $to, interval: ALL, by: [MODEL]) {
        keys requests failures inputTokens outputTokens cost } }`,
      { from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 3_600_000) },
    );
    const nanos = (decimal: string) => BigInt(decimal.replace('.', ''));
    for (const bucket of usage) {
      const own = rows.filter(({ model }) => model.id === bucket.keys.model);
      expect(bucket).toMatchObject({
        requests: own.length,
        failures: own.filter(({ status }) => status === 'FAILED').length,
        inputTokens: String(own.reduce((sum, row) => sum + row.usage.inputTokens, 0)),
        outputTokens: String(own.reduce((sum, row) => sum + row.usage.outputTokens, 0)),
      });
      expect(nanos(bucket.cost)).toBe(own.reduce((sum, row) => sum + nanos(row.cost), 0n));
    }
    expect(usage.reduce((sum, { requests }) => sum + requests, 0)).toBe(rows.length);
  }
});
