import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '#mongo/connect.ts';
import { models } from '#mongo/models.ts';
import { routes } from '#mongo/routes.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference } from '#test/support/inference.ts';
import { buildFailure, buildUsage, type ScriptedCall } from '#test/support/scripted-provider.ts';
import { testCaller } from '#test/support/subgraph.ts';

const EMBED = `mutation ($input: EmbedInput!) { embed(input: $input) {
  vectors usage { inputTokens } cost model { id } invocation { id } } }`;

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
});
afterAll(() => database.close());

describe('embed', () => {
  it('returns a vector for each value, and leaves a priced row', async () => {
    const limits = [{ subject: 'key:k', meter: 'TOKENS', window: 'DAY', amount: '1000' } as const];
    await using mesh = await startInference(database, { limits });
    mesh.alpha.always((call) => call.finish(buildUsage(6, 0)));
    const { embed } = await mesh.data<{ embed: Record<string, unknown> }>(EMBED, {
      input: { model: 'alpha/embed', values: ['a', 'b'] },
    });
    const [row] = await mesh.rows();
    expect(embed).toEqual({
      vectors: [
        [1, 0],
        [1, 0],
      ],
      usage: { inputTokens: 6 },
      cost: '0.000006000',
      model: { id: 'alpha/embed' },
      invocation: { id: `invocation:${row?._id}` },
    });
    expect(row).toMatchObject({ kind: 'embedding', status: 'SUCCEEDED', costNanos: 6_000n, attempts: [{}] });
    expect(await mesh.quota.read(mesh.caller.tenantId ?? '', limits)).toEqual([{ spent: 6n, reserved: 0n }]);
  });

  it('leaves a row that is no completion: it is not read, resumed or cancelled as one', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => call.finish(buildUsage(1, 0)));
    await mesh.data(EMBED, { input: { model: 'alpha/embed', values: ['x'] } });
    const [row] = await mesh.rows();
    const id = row?._id;
    const read = 'query ($id: ID!) { completion(id: $id) { id } }';
    expect(await mesh.data(read, { id })).toEqual({ completion: null });
    const cancel = 'mutation ($id: ID!) { cancelCompletion(id: $id) { id } }';
    expect(await mesh.refusal(cancel, { id })).toMatchObject({ code: 'NOT_FOUND' });
    const resume = 'subscription ($id: ID!) { resumeCompletion(id: $id) { __typename } }';
    await expect(mesh.stream(resume, { id: id ?? '' })).rejects.toMatchObject({
      extensions: { code: 'NOT_FOUND' },
    });
  });

  it('embeds with the demo, deterministically', async () => {
    await using mesh = await startInference(database);
    const input = { model: 'demo/embed', values: ['hello'], dimensions: 4 };
    const [one, two] = [await mesh.data(EMBED, { input }), await mesh.data(EMBED, { input })];
    expect(Object(one.embed).vectors).toEqual(Object(two.embed).vectors);
    expect(Object(one.embed).vectors[0]).toHaveLength(4);
  });

  it('tries again, and names the row of a failure', async () => {
    await using mesh = await startInference(database, { delay: async () => undefined });
    mesh.alpha.always((call, number) => {
      if (number === 1) call.fail(buildFailure('PROVIDER_ERROR', true));
      else if (number === 2) call.finish(buildUsage(1, 0));
      else call.fail(buildFailure('PROVIDER_AUTH', false));
    });
    const input = { model: 'alpha/embed', values: ['a'] };
    await mesh.data(EMBED, { input });
    const refusal = await mesh.refusal(EMBED, { input });
    const [first, second] = await mesh.rows();
    expect(first?.attempts).toHaveLength(2);
    expect(second).toMatchObject({ status: 'FAILED', errorCode: 'PROVIDER_AUTH' });
    expect(refusal).toMatchObject({ code: 'PROVIDER_AUTH', completionId: second?._id });
  });

  describe('that takes several requests', () => {
    const values = ['one', 'two', 'three', 'four'];
    const usage = (tokens: number) => ({ type: 'usage', usage: buildUsage(tokens, 0) }) as const;
    const readTexts = (call: ScriptedCall) =>
      call.call.messages.map((message) => (message.role === 'user' ? Object(message.parts[0]).text : ''));

    it('requests only what was not answered, and bills each part once', async () => {
      await using mesh = await startInference(database, { delay: async () => undefined });
      mesh.alpha.always((call, number) => {
        if (number === 1) call.part(usage(10)).part(usage(20)).fail(buildFailure('PROVIDER_ERROR', true));
        else call.finish(buildUsage(70, 0));
      });
      const { embed } = await mesh.data<{ embed: { vectors: unknown; usage: unknown } }>(EMBED, {
        input: { model: 'alpha/embed', values },
      });
      expect(mesh.alpha.calls.map(readTexts)).toEqual([values, ['three', 'four']]);
      expect(embed).toMatchObject({
        vectors: [
          [4, 0],
          [4, 1],
          [1, 0],
          [1, 0],
        ],
        usage: { inputTokens: 100 },
      });
      expect(await mesh.rows()).toMatchObject([
        {
          status: 'SUCCEEDED',
          usage: { inputTokens: 100 },
          costNanos: 100_000n,
          attempts: [{ usage: { inputTokens: 30 } }, { usage: { inputTokens: 70 } }],
        },
      ]);
    });

    it('bills the parts that were answered when the whole fails in the end', async () => {
      const limits = [{ subject: 'key:k', meter: 'TOKENS', window: 'DAY', amount: '10000' } as const];
      await using mesh = await startInference(database, { limits, delay: async () => undefined });
      mesh.alpha.always((call, number) => {
        if (number === 1) call.part(usage(10)).fail(buildFailure('PROVIDER_ERROR', true));
        else call.part(usage(20)).fail(buildFailure('BAD_USER_INPUT', false));
      });
      expect(await mesh.refusal(EMBED, { input: { model: 'alpha/embed', values } })).toMatchObject({
        code: 'BAD_USER_INPUT',
      });
      expect(await mesh.rows()).toMatchObject([
        { status: 'FAILED', usage: { inputTokens: 30 }, costNanos: 30_000n },
      ]);
      expect(await mesh.quota.read(mesh.caller.tenantId ?? '', limits)).toEqual([
        { spent: 30n, reserved: 0n },
      ]);
    });

    it('bills what was answered, and an estimate of what was under way, when its client leaves', async () => {
      await using mesh = await startInference(database);
      const client = new AbortController();
      const embedding = mesh.askWith(EMBED, { input: { model: 'alpha/embed', values } }, client.signal);
      const call = await mesh.alpha.next();
      call.part(usage(10));
      while (call.taken === 0) await new Promise(setImmediate);
      client.abort();
      await call.aborted;
      await embedding;
      // The value `two`, of three bytes, was sent.
      expect(await mesh.rows()).toMatchObject([{ status: 'CANCELLED', usage: { inputTokens: 11 } }]);
    });

    it('never mixes vectors of different lengths', async () => {
      await using mesh = await startInference(database, { delay: async () => undefined });
      mesh.alpha.always((call) => call.finish(buildUsage(5, 0)));
      const { embed } = mesh.alpha;
      let number = 0;
      mesh.alpha.embed = async (call) => {
        const answer = await embed(call);
        number += 1;
        return number > 1 ? answer : { ...answer, vectors: [[1], [1, 0], [1, 0], [1, 0]] };
      };
      const { embed: data } = await mesh.data<{ embed: object }>(EMBED, {
        input: { model: 'alpha/embed', values },
      });
      expect(data).toMatchObject({ vectors: values.map(() => [1, 0]) });
      expect(await mesh.rows()).toMatchObject([
        { attempts: [{ outcome: 'FAILED' }, { outcome: 'SUCCEEDED' }] },
      ]);
    });
  });

  it('aborts the provider call when its client leaves, and closes the row', async () => {
    await using mesh = await startInference(database);
    const client = new AbortController();
    const input = { model: 'alpha/embed', values: ['a'] };
    const embedding = mesh.askWith(EMBED, { input }, client.signal);
    const call = await mesh.alpha.next();
    client.abort();
    await call.aborted;
    await embedding;
    expect(await mesh.rows()).toMatchObject([{ status: 'CANCELLED' }]);
  });

  it('bills nothing when its client had gone before the provider was called', async () => {
    await using mesh = await startInference(database);
    await mesh.askWith(EMBED, { input: { model: 'alpha/embed', values: ['a'] } }, AbortSignal.abort());
    expect(mesh.alpha.calls).toHaveLength(0);
    expect(await mesh.rows()).toMatchObject([
      { status: 'CANCELLED', usage: { inputTokens: 0 }, costNanos: 0n },
    ]);
  });

  it('checks the budget again before it calls a dearer model', async () => {
    const [cheap] = await models(database.connection).find({ _id: 'alpha/embed' }).lean();
    const [price] = cheap?.prices ?? [];
    await models(database.connection).create({
      ...cheap,
      _id: 'beta/embed',
      providerId: 'beta',
      prices: [{ ...price, inputNanosPerMillion: 1_000_000_000_000n }],
    });
    const one = await routes(database.connection).findById('both').lean();
    const targets = ['alpha/embed', 'beta/embed'].map((modelId) => ({ modelId, weight: 1, regions: null }));
    await routes(database.connection).create({ ...one, _id: 'embeds', targets });
    const limits = [{ subject: 'budget:b', meter: 'COST', window: 'MONTH', amount: '1000000' } as const];
    await using mesh = await startInference(database, { limits });
    mesh.alpha.always((call) => call.fail(buildFailure('PROVIDER_ERROR', true)));
    const refusal = await mesh.refusal(EMBED, { input: { model: 'embeds', values: ['a'] } });
    const [row] = await mesh.rows();
    expect(refusal).toMatchObject({ code: 'BUDGET_EXCEEDED', completionId: row?._id });
    expect(mesh.beta.calls).toHaveLength(0);
    expect(row).toMatchObject({ status: 'FAILED', errorCode: 'BUDGET_EXCEEDED', costNanos: 0n });
  });

  it("does not hold a client's mistake against the provider", async () => {
    await using mesh = await startInference(database, { delay: async () => undefined });
    mesh.alpha.always((call) => call.fail(buildFailure('BAD_USER_INPUT', false)));
    for (let at = 0; at < 5; at++) {
      await mesh.refusal(EMBED, { input: { model: 'alpha/embed', values: ['a'] } });
    }
    const health =
      '{ _entities(representations: [{ __typename: "Provider", id: "alpha" }]) { ... on Provider { health { circuit successRate } } } }';
    expect(await mesh.data(health, {}, testCaller('acme', 'models:read'))).toMatchObject({
      _entities: [{ health: { circuit: 'CLOSED', successRate: null } }],
    });
  });

  it('is waited for, then stopped, when the process ends, and refused from then on', async () => {
    const mesh = await startInference(database);
    const input = { model: 'alpha/embed', values: ['a'] };
    const refusal = mesh.refusal(EMBED, { input });
    const call = await mesh.alpha.next();
    await mesh[Symbol.asyncDispose]();
    await call.aborted;
    expect(await mesh.rows()).toMatchObject([{ status: 'FAILED', errorCode: 'OVERLOADED' }]);
    expect(await refusal).toMatchObject({ code: 'OVERLOADED', retryAfterMs: expect.any(Number) });
    expect(await mesh.refusal(EMBED, { input })).toMatchObject({ code: 'OVERLOADED' });
  });

  it('refuses no values, empty ones, chat models and odd dimensions', async () => {
    await using mesh = await startInference(database);
    for (const input of [
      { model: 'demo/embed', values: [] },
      { model: 'demo/embed', values: ['a', ''] },
      { model: 'demo/echo', values: ['a'] },
      { model: 'demo/embed', values: ['a'], dimensions: 0 },
    ]) {
      expect(await mesh.refusal(EMBED, { input })).toMatchObject({ code: 'BAD_USER_INPUT' });
    }
    expect(await mesh.rows()).toEqual([]);
  });
});
