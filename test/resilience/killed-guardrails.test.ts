import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toStoredId } from '#core/node-id.ts';
import { newTenant } from '#test/e2e/scenarios/setup.ts';
import { createTestClient, overWebSocket } from '#test/support/client.ts';
import { type TestMesh, temporaryDirectory } from '#test/support/mesh.ts';
import { hasRedis } from '../support/processes/redis.ts';
import { type Asked, type GuardUpstream, startGuardUpstream, usageOf } from './support/guard-upstream.ts';
import { type RedisProcess, startRedisProcess } from './support/redis-process.ts';
import { startRestartable } from './support/restartable.ts';
import { startSplit } from './support/split.ts';

type Question = Exclude<Asked, 'own'>;

const fields =
  'id status text cost attempts { model { id } outcome guardrail usage { inputTokens outputTokens } }';
const operations = {
  complete: `mutation ($input: CompletionInput!) { complete(input: $input) { ${fields} } }`,
  start: `mutation ($input: CompletionInput!) { startCompletion(input: $input) { ${fields} } }`,
  stream: `subscription ($input: CompletionInput!) { completionStream(input: $input) { __typename completionId
    ... on TextDelta { text } ... on CompletionFinished { completion { ${fields} } } ... on CompletionFailed { code } } }`,
  read: `query ($id: ID!) { completion(id: $id) { ${fields} error { code } } }`,
  resume: `subscription ($id: ID!) { resumeCompletion(id: $id, after: -1) { __typename ... on TextDelta { text } } }`,
};

interface Attempt {
  readonly model: { readonly id: string };
  readonly outcome: string;
  readonly guardrail: string | null;
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number } | null;
}

interface Row {
  readonly id: string;
  readonly status: string;
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number };
  readonly attempts: readonly Attempt[];
}

const rowsQuery = `{ invocations(first: 50) { edges { node { id status usage { inputTokens outputTokens }
  attempts { model { id } outcome guardrail usage { inputTokens outputTokens } } } } } }`;
const limits = [
  { meter: 'TOKENS', window: 'DAY', amount: '1000000' },
  { meter: 'CONCURRENCY', window: 'INFLIGHT', amount: '100' },
];
/** No question that a process dies over is waited for in vain. */
const timeoutMs = 30_000;
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** A mesh of any shape. */
interface Shape extends AsyncDisposable {
  readonly mesh: () => TestMesh;
  /** Ends what runs the calls, and resolves when it has ended. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<unknown>;
  start(): Promise<void>;
  readonly redis: RedisProcess | null;
}

async function startOne(): Promise<Shape> {
  const stack = new AsyncDisposableStack();
  const dir = stack.use(await temporaryDirectory());
  const mesh = stack.use(await startRestartable(dir.path, { HEDDLE_EGRESS_ALLOW: '127.0.0.1' }));
  return {
    mesh: () => mesh,
    end: (signal) => mesh.process.end(signal),
    start: () => mesh.start(),
    redis: null,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function startSeparate(): Promise<Shape> {
  const stack = new AsyncDisposableStack();
  const redis = stack.use(await startRedisProcess('pw-of-redis-4712'));
  const environment = { REDIS_URL: redis.url, HEDDLE_EGRESS_ALLOW: '127.0.0.1' };
  const mesh = stack.use(await startSplit(['models,prompts,tenants,usage', 'inference'], environment));
  return {
    mesh: () => mesh,
    end: (signal) => mesh.process('inference').end(signal),
    start: () => mesh.start('inference'),
    redis,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const shapes: Readonly<Record<string, () => Promise<Shape>>> = {
  'one process': startOne,
  ...(hasRedis() ? { 'several processes': startSeparate } : {}),
};
if (!hasRedis())
  console.warn('Left out: guardrails of several processes. There is no redis-server on the PATH.');

describe.each(Object.entries(shapes))('guardrails of %s that are killed', (_name, startShape) => {
  const stack = new AsyncDisposableStack();
  let shape: Shape;
  let upstream: GuardUpstream;
  beforeAll(async () => {
    upstream = stack.use(await startGuardUpstream());
    shape = stack.use(await startShape());
    const root = createTestClient(shape.mesh().url, shape.mesh().adminKey);
    await root.data('mutation ($input: CreateProviderInput!) { createProvider(input: $input) { id } }', {
      input: { id: 'up', kind: 'OPENAI_COMPATIBLE', baseUrl: upstream.url, apiKey: 'upstream-secret-key' },
    });
    for (const [name, capabilities] of [
      ['own', ['CHAT', 'STREAMING']],
      ['judge', ['CHAT', 'STREAMING']],
      ['moderation', ['MODERATION']],
    ]) {
      await root.data('mutation ($input: CreateModelInput!) { createModel(input: $input) { id } }', {
        input: {
          ...{ providerId: 'up', name, capabilities, contextTokens: 10_000, maxOutputTokens: 1_000 },
          price: { input: '1', output: '10' },
        },
      });
    }
  }, 120_000);
  afterAll(() => stack.disposeAsync());

  /** The rule that asks so. */
  const buildRule = (question: Question, stage: 'INPUT' | 'OUTPUT', more: object = {}) => {
    const options = {
      judge: { model: 'up/judge', rubric: 'It is polite.', timeoutMs },
      moderation: { model: 'up/moderation', format: 'SCORES', timeoutMs },
      webhook: { url: upstream.webhookUrl, secret },
    };
    return { rule: question, stages: [stage], action: 'BLOCK', options: options[question], ...more };
  };

  /** A tenant with one policy of these rules. */
  async function open(...rules: readonly object[]) {
    const { client, tenantId } = await newTenant(shape.mesh, { limits });
    const root = createTestClient(shape.mesh().url, shape.mesh().adminKey);
    const save = 'mutation ($input: GuardrailPolicyInput!) { saveGuardrailPolicy(input: $input) { id } }';
    await root.data(save, { input: { id: `p${tenantId}`, tenantId, rules } });
    const clientNow = () => createTestClient(shape.mesh().url, client.key);
    return {
      clientNow,
      input: (more: object = {}) => ({
        input: {
          ...{ model: 'up/own', messages: [{ role: 'USER', content: 'Write to ann.lee@example.com' }] },
          ...{ cache: 'BYPASS', ...more },
        },
      }),
      async rows(): Promise<readonly Row[]> {
        const { invocations } = await clientNow().data<{ invocations: { edges: { node: Row }[] } }>(
          rowsQuery,
        );
        return invocations.edges.map(({ node }) => ({ ...node, id: toStoredId('Invocation', node.id) }));
      },
      /** The meters of the key have what the rows have, and nothing is held. */
      async expectSettled() {
        const rows = await this.rows();
        expect(rows.filter(({ status }) => status === 'RUNNING')).toEqual([]);
        const tokens = rows.reduce((sum, { usage }) => sum + usage.inputTokens + usage.outputTokens, 0);
        const { me } = await clientNow().data<{ me: { limits: { meter: string; used: string }[] } }>(
          '{ me { limits { meter used } } }',
        );
        const used = Object.fromEntries(me.limits.map(({ meter, used: amount }) => [meter, Number(amount)]));
        expect(used).toEqual({ TOKENS: tokens, CONCURRENCY: 0 });
      },
    };
  }

  /** Of an attempt that was whole. */
  const whole = (what: Exclude<Asked, 'webhook'>) => ({
    ...{ model: { id: `up/${what}` }, outcome: 'SUCCEEDED' },
    ...{ guardrail: what === 'own' ? null : what },
    usage: { inputTokens: usageOf[what][0], outputTokens: usageOf[what][1] },
  });
  const cut = (what: Exclude<Asked, 'webhook'>) => ({
    ...{ model: { id: `up/${what}` }, outcome: 'FAILED' },
    ...{ guardrail: what === 'own' ? null : what },
  });

  const restart = async () => {
    await shape.end('SIGKILL');
    await shape.start();
  };

  it.each(['judge', 'moderation', 'webhook'] as const)(
    'send nothing of a call whose %s was pending, bill it once, and let it be made again',
    async (question) => {
      const tenant = await open(buildRule(question, 'INPUT'));
      const before = { ...upstream.counts };
      const input = tenant.input({ idempotencyKey: `input ${question}` });
      const calling = tenant
        .clientNow()
        .send(operations.complete, input)
        .catch(() => null);
      await upstream.next(question);
      await restart();
      await calling;
      expect(upstream.counts.own).toBe(before.own);
      // A webhook is no attempt: nothing was opened for it.
      const lost = question === 'webhook' ? [] : [{ status: 'FAILED', attempts: [cut(question)] }];
      expect(await tenant.rows()).toMatchObject(lost);
      await tenant.expectSettled();

      const again = tenant.clientNow().data<{ complete: { id: string } }>(operations.complete, input);
      (await upstream.next(question)).answer();
      (await upstream.next('own')).answer();
      expect(await again).toMatchObject({ complete: { status: 'SUCCEEDED', text: 'The answer.' } });
      expect(upstream.counts.own).toBe(before.own + 1);
      const attempts = question === 'webhook' ? [whole('own')] : [whole(question), whole('own')];
      const made = (await tenant.rows()).filter(({ status }) => status === 'SUCCEEDED');
      expect(made).toMatchObject([{ attempts }]);
      await tenant.expectSettled();
    },
    60_000,
  );

  it('bill what a question has taken, where the call was sent and not answered', async () => {
    const tenant = await open(buildRule('judge', 'INPUT'), buildRule('moderation', 'INPUT'));
    const calling = tenant
      .clientNow()
      .send(operations.complete, tenant.input())
      .catch(() => null);
    const first = await upstream.next('judge').catch(() => null);
    const second = await upstream.next(first === null ? 'judge' : 'moderation').catch(() => null);
    first?.answer();
    second?.answer();
    await upstream.next('own');
    await restart();
    await calling;
    const [row, ...others] = await tenant.rows();
    expect(others).toEqual([]);
    expect(row?.status).toBe('FAILED');
    expect(row?.attempts).toHaveLength(3);
    expect(row?.attempts).toEqual(
      expect.arrayContaining([whole('judge'), whole('moderation'), expect.objectContaining(cut('own'))]),
    );
    await tenant.expectSettled();
  }, 60_000);

  it.each(['judge', 'moderation', 'webhook'] as const)(
    'show nothing of an answer that their %s had not passed: of a stream, in the background and afterwards',
    async (question) => {
      const tenant = await open(buildRule(question, 'OUTPUT'));
      const events: {
        readonly __typename: string;
        readonly completionId?: string;
        readonly text?: string;
      }[] = [];
      const reading = (async () => {
        const input = tenant.input({ onDisconnect: 'KEEP' });
        for await (const event of overWebSocket<(typeof events)[number]>(
          tenant.clientNow(),
          operations.stream,
          input,
        ))
          events.push(event);
      })().catch(() => undefined);
      (await upstream.next('own')).answer('Nobody may read this.');
      await upstream.next(question);
      const { startCompletion } = await tenant
        .clientNow()
        .data<{ startCompletion: { id: string } }>(operations.start, tenant.input());
      (await upstream.next('own')).answer('Nobody may read this.');
      await upstream.next(question);
      await restart();
      await reading;
      const rows = await tenant.rows();
      expect(rows).toHaveLength(2);
      for (const { status, attempts } of rows) {
        expect(status).toBe('FAILED');
        expect(attempts).toHaveLength(question === 'webhook' ? 1 : 2);
        expect(attempts).toMatchObject(
          expect.arrayContaining([
            expect.objectContaining({ model: { id: 'up/own' }, guardrail: null }),
            ...(question === 'webhook' ? [] : [expect.objectContaining(cut(question))]),
          ]),
        );
      }
      const streamed = events.find(({ completionId }) => completionId !== undefined)?.completionId ?? '';
      for (const id of [startCompletion.id, streamed]) {
        const read = await tenant.clientNow().data(operations.read, { id });
        expect(read).toMatchObject({ completion: { status: 'FAILED', text: '' } });
        const resumed = await Array.fromAsync(overWebSocket(tenant.clientNow(), operations.resume, { id }));
        expect(JSON.stringify([events, read, resumed])).not.toContain('Nobody');
      }
      await tenant.expectSettled();
    },
    60_000,
  );

  it('bill each call of a RETRY that was under way, and call no third time', async () => {
    const words = {
      rule: 'words',
      stages: ['OUTPUT'],
      action: 'RETRY',
      note: 'Say it otherwise.',
      options: { words: ['otter'] },
    };
    const tenant = await open(words);
    const before = upstream.counts.own;
    const calling = tenant
      .clientNow()
      .send(operations.complete, tenant.input())
      .catch(() => null);
    (await upstream.next('own')).answer('An otter.');
    await upstream.next('own');
    await restart();
    await calling;
    expect(upstream.counts.own).toBe(before + 2);
    const [row, ...others] = await tenant.rows();
    expect(others).toEqual([]);
    expect(row?.status).toBe('FAILED');
    expect(row?.attempts).toHaveLength(2);
    expect(row?.attempts[0]?.usage).toEqual(whole('own').usage);
    expect(row?.attempts[1]).toMatchObject(cut('own'));
    const read = await tenant.clientNow().data(operations.read, { id: row?.id ?? '' });
    expect(JSON.stringify(read)).not.toContain('otter');
    await tenant.expectSettled();
  }, 60_000);

  it('answer calls whose questions were pending when it was asked to end', async () => {
    const tenant = await open(buildRule('moderation', 'INPUT'));
    const calling = tenant.clientNow().data(operations.complete, tenant.input());
    const question = await upstream.next('moderation');
    const ended = shape.end('SIGTERM');
    question.answer();
    (await upstream.next('own')).answer();
    expect(await calling).toMatchObject({ complete: { status: 'SUCCEEDED', text: 'The answer.' } });
    await ended;
    await shape.start();
    expect(await tenant.rows()).toMatchObject([{ attempts: [whole('moderation'), whole('own')] }]);
    await tenant.expectSettled();
  }, 60_000);

  it('refuse where the server of a webhook breaks off its answer, and call it again once', async () => {
    const tenant = await open(buildRule('webhook', 'INPUT'));
    const before = { ...upstream.counts };
    const calling = tenant.clientNow().send(operations.complete, tenant.input());
    (await upstream.next('webhook')).cut();
    // The second one is the last.
    const second = await Promise.race([upstream.next('webhook'), calling.then(() => null)]);
    second?.cut();
    expect((await calling).errors).toMatchObject([{ extensions: { code: 'GUARDRAIL_BLOCKED' } }]);
    expect(upstream.counts.own).toBe(before.own);
    expect(upstream.counts.webhook - before.webhook).toBeLessThanOrEqual(2);
    await tenant.expectSettled();
  }, 60_000);

  it('lose nothing where Redis goes while a question is pending', async () => {
    if (shape.redis === null) return;
    const tenant = await open(buildRule('moderation', 'INPUT'));
    const calling = tenant.clientNow().send(operations.complete, tenant.input());
    const question = await upstream.next('moderation');
    const before = upstream.counts.own;
    await shape.redis.kill();
    question.answer();
    const { errors = [] } = await calling;
    for (const { extensions } of errors) expect(extensions.code).toBe('OVERLOADED');
    expect(upstream.counts.own).toBe(before);
    await shape.redis.start();
    expect(await tenant.rows()).toMatchObject([{ status: 'FAILED', attempts: [whole('moderation')] }]);
  }, 60_000);
});
