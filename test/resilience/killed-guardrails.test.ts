import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { toStoredId } from '#core/node-id.ts';
import { newTenant } from '#test/e2e/scenarios/setup.ts';
import { createTestClient, overWebSocket } from '#test/support/client.ts';
import { type Asked, type GuardUpstream, startGuardUpstream, usages } from '#test/support/guard-upstream.ts';
import { hasRedis } from '../support/processes/redis.ts';
import { type RedisProcess, startRedisProcess } from './support/redis-process.ts';
import { type SplitMesh, startSplit } from './support/split.ts';

type Question = Exclude<Asked, 'own'>;
const questions: readonly Question[] = ['judge', 'moderation', 'webhook'];

const fields =
  'id status text attempts { model { id } outcome guardrail usage { inputTokens outputTokens } }';
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
const withheld = 'Withheld words.';

/** An attempt that was whole. */
const whole = (what: Exclude<Asked, 'webhook'>) => ({
  ...{ model: { id: `up/${what}` }, outcome: 'SUCCEEDED' },
  ...{ guardrail: what === 'own' ? null : what },
  usage: { inputTokens: usages[what][0], outputTokens: usages[what][1] },
});
/** One that its process died over. */
const cut = (what: Exclude<Asked, 'webhook'>) => ({
  ...{ model: { id: `up/${what}` }, outcome: 'FAILED' },
  ...{ guardrail: what === 'own' ? null : what },
});
/** A webhook is no attempt. */
const toAttempts = (question: Question) => (question === 'webhook' ? [] : [question]);

if (!hasRedis())
  console.warn('Left out: guardrails of a killed process. There is no redis-server on the PATH.');

describe.runIf(hasRedis())('guardrails of an inference process', () => {
  const stack = new AsyncDisposableStack();
  let mesh: SplitMesh;
  let redis: RedisProcess;
  let upstream: GuardUpstream;
  beforeAll(async () => {
    upstream = stack.use(await startGuardUpstream());
    redis = stack.use(await startRedisProcess('pw-of-redis-4712'));
    const environment = {
      ...{ REDIS_URL: redis.url, HEDDLE_EGRESS_ALLOW: '127.0.0.1', HEDDLE_DRAIN_MS: '2000' },
    };
    mesh = stack.use(await startSplit(['models,prompts,tenants,usage', 'inference'], environment));
    const root = createTestClient(mesh.url, mesh.adminKey);
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
    const opened = Object.entries(policies()).map(async ([name, rules]) =>
      tenants.set(name, await open(...rules)),
    );
    await Promise.all(opened);
    await expectKnown();
  }, 90_000);
  afterAll(() => stack.disposeAsync());

  /** The rule that has this question. */
  const buildRule = (question: Question, stage: 'INPUT' | 'OUTPUT') => {
    const options = {
      judge: { model: 'up/judge', rubric: 'It is polite.', timeoutMs },
      moderation: { model: 'up/moderation', format: 'SCORES', timeoutMs },
      webhook: { url: upstream.webhookUrl, secret },
    };
    return { rule: question, stages: [stage], action: 'BLOCK', options: options[question] };
  };

  const retrying = {
    ...{ rule: 'words', stages: ['OUTPUT'], action: 'RETRY', note: 'Say it otherwise.' },
    options: { words: ['otter'] },
  };
  /** The rules of each tenant's policy. */
  const policies = (): Readonly<Record<string, readonly object[]>> => ({
    ...Object.fromEntries(
      questions.flatMap((question) =>
        (['INPUT', 'OUTPUT'] as const).map((stage) => [`${stage} ${question}`, [buildRule(question, stage)]]),
      ),
    ),
    answered: [buildRule('judge', 'INPUT'), buildRule('moderation', 'INPUT')],
    retry: [retrying],
    ending: [buildRule('moderation', 'INPUT')],
    broken: [buildRule('webhook', 'INPUT')],
    'without Redis': [buildRule('moderation', 'INPUT')],
  });
  const tenants = new Map<string, Tenant>();
  const readTenant = (name: string) => {
    const tenant = tenants.get(name);
    if (tenant === undefined) throw new Error(`There is no tenant ${name}.`);
    return tenant;
  };

  /** Resolves when the inference process has read all policies that were saved before. */
  async function expectKnown() {
    const { client, tenantId } = await newTenant(() => mesh, {
      scopes: ['inference:invoke', 'guardrails:write'],
    });
    const rules = [{ rule: 'words', stages: ['INPUT'], action: 'BLOCK', options: { words: ['known'] } }];
    await savePolicy(tenantId, rules);
    const test = '{ testGuardrails(input: { text: "known" }) { allowed } }';
    await vi.waitFor(
      async () => expect(await client.data(test)).toEqual({ testGuardrails: { allowed: false } }),
      { timeout: 30_000, interval: 200 },
    );
  }

  const savePolicy = (tenantId: string, rules: readonly object[]) =>
    createTestClient(mesh.url, mesh.adminKey).data(
      'mutation ($input: GuardrailPolicyInput!) { saveGuardrailPolicy(input: $input) { id } }',
      { input: { id: 'own', tenantId, rules } },
    );

  /** A tenant with one policy of these rules. */
  async function open(...rules: readonly object[]) {
    const { client, tenantId } = await newTenant(() => mesh, { limits });
    await savePolicy(tenantId, rules);
    return {
      client,
      input: (more: object = {}) => ({
        input: {
          ...{ model: 'up/own', messages: [{ role: 'USER', content: 'Write to ann.lee@example.com' }] },
          ...{ cache: 'BYPASS', ...more },
        },
      }),
      async rows(): Promise<readonly Row[]> {
        const { invocations } = await client.data<{ invocations: { edges: { node: Row }[] } }>(rowsQuery);
        return invocations.edges.map(({ node }) => ({ ...node, id: toStoredId('Invocation', node.id) }));
      },
      /** The meters of the key have what the rows have, and nothing is held. */
      async expectSettled() {
        const rows = await this.rows();
        expect(rows.filter(({ status }) => status === 'RUNNING')).toEqual([]);
        const tokens = rows.reduce((sum, { usage }) => sum + usage.inputTokens + usage.outputTokens, 0);
        const { me } = await client.data<{ me: { limits: { meter: string; used: string }[] } }>(
          '{ me { limits { meter used } } }',
        );
        const used = Object.fromEntries(me.limits.map(({ meter, used: amount }) => [meter, Number(amount)]));
        expect(used).toEqual({ TOKENS: tokens, CONCURRENCY: 0 });
      },
    };
  }

  type Tenant = Awaited<ReturnType<typeof open>>;

  /** Makes a call whose client may see it break. */
  const call = (tenant: Tenant, more: object = {}) =>
    tenant.client.send(operations.complete, tenant.input(more)).catch(() => null);

  describe('that is killed', () => {
    let asked: GuardUpstream['counts'];
    /** What clients of streams were sent, and the error that one ended with. */
    const shown = new Map<string, readonly object[]>();
    const pending: Promise<unknown>[] = [];
    /** What a tenant's calls wait for when the process dies. */
    const prepared: readonly (() => Promise<void>)[] = [
      ...questions.map((question) => async () => {
        pending.push(call(readTenant(`INPUT ${question}`), { idempotencyKey: 'once' }));
        await upstream.next(question);
      }),
      ...questions.map((question) => async () => {
        const tenant = readTenant(`OUTPUT ${question}`);
        const events: object[] = [];
        const read = async () => {
          const stream = tenant.input({ onDisconnect: 'KEEP' });
          for await (const event of overWebSocket<object>(tenant.client, operations.stream, stream))
            events.push(event);
        };
        pending.push(read().catch((error: unknown) => events.push({ error: String(error) })));
        (await upstream.next('own')).answer(withheld);
        await upstream.next(question);
        await tenant.client.data(operations.start, tenant.input());
        // Of equal texts one question would serve both.
        (await upstream.next('own')).answer(`${withheld} Nor that.`);
        await upstream.next(question);
        shown.set(question, events);
      }),
      async () => {
        pending.push(call(readTenant('answered')));
        (await upstream.next('judge')).answer();
        (await upstream.next('moderation')).answer();
        await upstream.next('own');
      },
      async () => {
        pending.push(call(readTenant('retry')));
        (await upstream.next('own')).answer('An otter.');
        await upstream.next('own');
      },
    ];

    beforeAll(async () => {
      for (const prepare of prepared) await prepare();
      asked = { ...upstream.counts };
      await mesh.process('inference').end('SIGKILL');
      await mesh.start('inference');
      await Promise.all(pending);
    }, 90_000);

    it('leaves no row running and nothing reserved, and calls nothing again by itself', async () => {
      for (const tenant of tenants.values()) await tenant.expectSettled();
      expect(upstream.counts).toEqual(asked);
    });

    it.each(questions)(
      'has sent nothing of a call whose %s was pending, and lets it be made again',
      async (question) => {
        const tenant = readTenant(`INPUT ${question}`);
        const lost = toAttempts(question).map((what) => ({ status: 'FAILED', attempts: [cut(what)] }));
        expect(await tenant.rows()).toMatchObject(lost);
        const again = tenant.client.data(operations.complete, tenant.input({ idempotencyKey: 'once' }));
        (await upstream.next(question)).answer();
        (await upstream.next('own')).answer();
        expect(await again).toMatchObject({ complete: { status: 'SUCCEEDED', text: 'The answer.' } });
        const attempts = [...toAttempts(question), 'own' as const].map(whole);
        const made = (await tenant.rows()).filter(({ status }) => status === 'SUCCEEDED');
        expect(made).toMatchObject([{ attempts }]);
        await tenant.expectSettled();
      },
    );

    it('bills what questions have taken, where the call was sent and not answered', async () => {
      const rows = await readTenant('answered').rows();
      expect(rows).toMatchObject([{ status: 'FAILED' }]);
      expect(rows[0]?.attempts).toHaveLength(3);
      expect(rows[0]?.attempts).toEqual(
        expect.arrayContaining([whole('judge'), whole('moderation'), expect.objectContaining(cut('own'))]),
      );
    });

    it('bills both calls of a RETRY, and shows nothing of the first answer', async () => {
      const tenant = readTenant('retry');
      const [row, ...others] = await tenant.rows();
      expect(others).toEqual([]);
      expect(row).toMatchObject({ status: 'FAILED', attempts: [{ usage: whole('own').usage }, cut('own')] });
      const read = await tenant.client.data(operations.read, { id: row?.id ?? '' });
      expect(JSON.stringify(read)).not.toContain('otter');
    });

    it.each(questions)(
      'shows nothing of an answer that its %s had not passed: of a stream, in the background and afterwards',
      async (question) => {
        const tenant = readTenant(`OUTPUT ${question}`);
        const rows = await tenant.rows();
        expect(rows).toHaveLength(2);
        for (const { status, attempts } of rows) {
          expect(status).toBe('FAILED');
          expect(attempts).toHaveLength(1 + toAttempts(question).length);
          expect(attempts).toEqual(
            expect.arrayContaining(
              toAttempts(question)
                .map((what) => expect.objectContaining(cut(what)))
                .concat(expect.objectContaining({ model: { id: 'up/own' }, guardrail: null })),
            ),
          );
        }
        const events = shown.get(question);
        // The stream ends with an event, or with an error where none had come yet.
        expect(JSON.stringify(events?.at(-1))).toMatch(/"CompletionFailed"|"error"/);
        for (const { id } of rows) {
          const read = await tenant.client.data(operations.read, { id });
          expect(read).toMatchObject({ completion: { status: 'FAILED', text: '' } });
          const resumed = await Array.fromAsync(overWebSocket(tenant.client, operations.resume, { id }));
          expect(JSON.stringify([events, read, resumed])).not.toContain('Withheld');
        }
      },
    );
  });

  it('answers calls whose questions are pending at SIGTERM', async () => {
    const tenant = readTenant('ending');
    const calling = tenant.client.data(operations.complete, tenant.input());
    const question = await upstream.next('moderation');
    const ended = mesh.process('inference').end('SIGTERM');
    question.answer();
    (await upstream.next('own')).answer();
    expect(await calling).toMatchObject({ complete: { status: 'SUCCEEDED', text: 'The answer.' } });
    await ended;
    await mesh.start('inference');
    expect(await tenant.rows()).toMatchObject([{ attempts: [whole('moderation'), whole('own')] }]);
    await tenant.expectSettled();
  }, 30_000);

  it('refuses where the server of a webhook breaks off its answer, which it calls once', async () => {
    const tenant = readTenant('broken');
    const before = { ...upstream.counts };
    const calling = tenant.client.send(operations.complete, tenant.input());
    (await upstream.next('webhook')).cut();
    expect((await calling).errors).toMatchObject([{ extensions: { code: 'GUARDRAIL_BLOCKED' } }]);
    expect(upstream.counts).toEqual({ ...before, webhook: before.webhook + 1 });
    await tenant.expectSettled();
  });

  it('loses nothing where Redis goes while a question is pending', async () => {
    const tenant = readTenant('without Redis');
    const calling = tenant.client.send(operations.complete, tenant.input());
    const question = await upstream.next('moderation');
    const before = upstream.counts.own;
    await redis.kill();
    question.answer();
    const { errors = [] } = await calling;
    expect(errors).toMatchObject([{ extensions: { code: 'OVERLOADED' } }]);
    expect(upstream.counts.own).toBe(before);
    await redis.start();
    expect(await tenant.rows()).toMatchObject([{ status: 'FAILED', attempts: [whole('moderation')] }]);
  }, 30_000);
});
