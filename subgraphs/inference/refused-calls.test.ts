import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CallerLimit } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { RefusedCalls } from '#inference/admission/refused-calls.ts';
import { type AuditOccurrence, auditLog } from '#mongo/audit/log.ts';
import type { Database } from '#mongo/connect.ts';
import { modelAliases } from '#mongo/model-aliases.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';
import { keptLog } from '#test/support/processes/log-lines.ts';
import { buildUsage } from '#test/support/scripted-provider.ts';
import { testCaller } from '#test/support/subgraph.ts';

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
});
afterAll(() => database.close());

const chat = (model: string, content = 'Hello.') => ({ model, messages: [{ role: 'USER', content }] });
const none: CallerLimit = { subject: 'key:k', meter: 'REQUESTS', window: 'DAY', amount: '0' };
const budget: CallerLimit = {
  ...{ subject: 'budget:b', meter: 'COST', window: 'MONTH', amount: '10' },
  budget: { hard: true },
};

const fields = {
  complete: 'mutation ($input: CompletionInput!) { complete(input: $input) { id } }',
  startCompletion: 'mutation ($input: CompletionInput!) { startCompletion(input: $input) { id } }',
  runPrompt: 'mutation ($input: RunPromptInput!) { runPrompt(input: $input) { id } }',
  embed: 'mutation ($input: EmbedInput!) { embed(input: $input) { model { id } } }',
  completionStream:
    'subscription ($input: CompletionInput!) { completionStream(input: $input) { completionId } }',
  promptStream: 'subscription ($input: RunPromptInput!) { promptStream(input: $input) { completionId } }',
} as const;

/** What the audit log counts for the tenant of the mesh, once its process has ended. */
async function readCounted(mesh: TestInference) {
  await mesh[Symbol.asyncDispose]();
  const found = await auditLog(database.connection)
    .find({ tenantId: mesh.caller.tenantId, outcome: 'REFUSED' })
    .sort({ _id: 1 })
    .lean();
  return found
    .map(({ action, errorCode, targetType, targetId, count }) => [
      ...[action, errorCode, targetType, targetId, count],
    ])
    .toSorted((a, b) => String(a).localeCompare(String(b)));
}

describe('a call that policy refuses', () => {
  it.each<[keyof typeof fields, object]>([
    ['complete', chat('alpha/one')],
    ['startCompletion', chat('alpha/one')],
    ['completionStream', chat('alpha/one')],
    ['embed', { model: 'alpha/one', values: ['x'] }],
  ])('is counted by its AI model: %s', async (field, input) => {
    const mesh = await startInference(database);
    const caller = { ...mesh.caller, modelLists: [{ subject: 'key:k', patterns: ['demo/*'] }] };
    for (let n = 0; n < 2; n++) await mesh.refusal(fields[field], { input }, caller);
    const action = field === 'embed' ? 'embedding.call' : 'completion.call';
    expect(await readCounted(mesh)).toEqual([[action, 'FORBIDDEN', 'Model', 'alpha/one', 2]]);
  });

  it.each(['runPrompt', 'promptStream'] as const)(
    'names no AI model where its prompt is refused: %s',
    async (field) => {
      const mesh = await startInference(database);
      const caller = { ...mesh.caller, promptLists: [{ subject: 'key:k', patterns: ['other'] }] };
      await mesh.refusal(fields[field], { input: { name: 'mine', variables: {} } }, caller);
      expect(await readCounted(mesh)).toEqual([['completion.call', 'FORBIDDEN', null, null, 1]]);
    },
  );

  it.each<[string, Partial<TestInference['caller']>, string]>([
    ['QUOTA_EXCEEDED', { limits: [none] }, 'alpha/one'],
    ['BUDGET_EXCEEDED', { limits: [budget] }, 'alpha/one'],
    ['NO_ROUTE', { allowedRegions: ['us'] }, 'alpha/one'],
    ['GUARDRAIL_BLOCKED', {}, 'demo/echo'],
  ])('is counted with its code: %s', async (code, more, model) => {
    const mesh = await startInference(database, { guardrails: 'secrets' });
    const content = code === 'GUARDRAIL_BLOCKED' ? `AKIA${'A'.repeat(16)}` : 'Hello.';
    const caller = { ...mesh.caller, ...more };
    expect(await mesh.refusal(fields.complete, { input: chat(model, content) }, caller)).toMatchObject({
      code,
    });
    expect(await readCounted(mesh)).toEqual([['completion.call', code, 'Model', model, 1]]);
  });

  it('is counted by what its alias stands for; a route, and a name of nothing, are no AI model', async () => {
    const mesh = await startInference(database);
    const { tenantId } = mesh.caller;
    const at = { createdAt: new Date(), updatedAt: new Date() };
    await modelAliases(database.connection).create({
      ...{ _id: `${tenantId}:quick`, tenantId: tenantId ?? '', name: 'quick', target: 'alpha/one' },
      ...at,
    });
    await mesh.catalog.refresh();
    const caller = { ...mesh.caller, modelLists: [{ subject: 'key:k', patterns: ['nothing'] }] };
    for (const model of ['quick', 'both', 'my secret name']) {
      await mesh.refusal(fields.complete, { input: chat(model) }, caller);
    }
    expect(await readCounted(mesh)).toEqual([
      ['completion.call', 'FORBIDDEN', null, null, 2],
      ['completion.call', 'FORBIDDEN', 'Model', 'alpha/one', 1],
    ]);
  });

  it('is counted for each field of a mutation that does not fit', async () => {
    const mesh = await startInference(database, { limits: [{ ...none, amount: '1' }] });
    const both = `mutation ($a: CompletionInput!, $b: EmbedInput!) {
      complete(input: $a) @admit { __typename } embed(input: $b) @admit { __typename }
    }`;
    const inputs = { a: chat('demo/echo'), b: { model: 'demo/embed', values: ['x'] } };
    expect(await mesh.refusal(both, inputs)).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    expect(await readCounted(mesh)).toEqual([
      ['completion.call', 'QUOTA_EXCEEDED', 'Model', 'demo/echo', 1],
      ['embedding.call', 'QUOTA_EXCEEDED', 'Model', 'demo/embed', 1],
    ]);
  });

  it('is not one that has a row, that is wrong, or that a provider fails', async () => {
    const mesh = await startInference(database, { guardrails: 'secrets' });
    const answer = `AKIA${'A'.repeat(16)}`;
    mesh.alpha.always((call) => call.say(answer).finish(buildUsage(5, 5)));
    expect(await mesh.refusal(fields.complete, { input: chat('alpha/one') })).toMatchObject({
      ...{ code: 'GUARDRAIL_BLOCKED', completionId: expect.any(String) },
    });
    for (const model of ['alpha/none', 'demo/embed', 'demo/down']) {
      await mesh.refusal(fields.complete, { input: chat(model) });
    }
    await mesh.data(fields.complete, { input: chat('demo/echo') });
    expect(await readCounted(mesh)).toEqual([]);
  });
});

describe('refused calls', () => {
  const refuse = () => Promise.reject(new HeddleError('FORBIDDEN', 'No.'));
  const call = (name: string) => ({
    ...({ action: 'completion.call', name, caller: testCaller('acme', 'inference:invoke') } as const),
    origin: { requestId: 'r', clientRequestId: 'theirs' },
  });
  const open = () => {
    const counted: AuditOccurrence[] = [];
    const state = { fails: false };
    const { log, lines } = keptLog();
    const refused = new RefusedCalls({
      audit: {
        async count(one) {
          if (state.fails) throw new Error('not there');
          counted.push(one);
        },
      },
      // Every name is an AI model.
      catalog: { resolveName: (name) => name, find: (id) => ({ model: { id } }) as never },
      log,
      now: () => 0,
    });
    return { refused, counted, state, lines };
  };
  const watch = (refused: RefusedCalls, name: string) =>
    expect(refused.watch(call(name), refuse)).rejects.toThrow('No.');

  it('are written every five seconds, of one key as fifty kinds an hour and one more', async () => {
    vi.useFakeTimers();
    try {
      const { refused, counted } = open();
      for (let n = 0; n < 60; n++) await watch(refused, `m${n}`);
      await vi.advanceTimersByTimeAsync(4_999);
      expect(counted).toEqual([]);
      await vi.advanceTimersByTimeAsync(1);
      expect(counted).toHaveLength(51);
      expect(counted.at(-1)).toMatchObject({ action: 'other', count: 10, clientRequestId: 'theirs' });
      expect(counted.at(-1)).not.toHaveProperty('targetId');
    } finally {
      vi.useRealTimers();
    }
  });

  it('are none that have a row, and none that fail otherwise', async () => {
    const { refused, counted } = open();
    const completionId = 'c1';
    const errors = [
      new HeddleError('BUDGET_EXCEEDED', 'No room.', { extensions: { completionId } }),
      new HeddleError('OVERLOADED', 'Later.'),
      new Error('FORBIDDEN'),
    ];
    for (const error of errors) await refused.note(call('m1'), error);
    await refused[Symbol.asyncDispose]();
    expect(counted).toEqual([]);
  });

  it('wait where they cannot be written, and are written at the end', async () => {
    const { refused, counted, state, lines } = open();
    state.fails = true;
    await watch(refused, 'm1');
    await refused[Symbol.asyncDispose]();
    expect([counted, lines]).toMatchObject([[], [{ event: 'audit_failed', records: 1 }]]);
    state.fails = false;
    await watch(refused, 'm1');
    await refused[Symbol.asyncDispose]();
    expect(counted).toMatchObject([{ count: 2, targetId: 'm1', targetType: 'Model', tenantId: 'acme' }]);
  });
});
