import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '#mongo/connect.ts';
import { consents } from '#mongo/consents.ts';
import { guardrailPolicies } from '#mongo/guardrail-policies.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';
import { buildUsage, scriptedProvider } from '#test/support/scripted-provider.ts';

const secret = `ghp_${'aB3'.repeat(12)}`;
const complete = 'mutation ($input: CompletionInput!) { complete(input: $input) { text cache } }';
const embed = 'mutation ($input: EmbedInput!) { embed(input: $input) { vectors } }';
const count = 'query ($input: CompletionInput!) { countTokens(input: $input) { inputTokens } }';
const blockedBy = (guardrail: string) => ({ code: 'GUARDRAIL_BLOCKED', guardrail, stage: 'input' });

let database: Database;
let mesh: TestInference;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
  const provider = scriptedProvider();
  provider.always((call) => call.say('fine').finish(buildUsage(1, 1)));
  mesh = await startInference(database, {
    createProvider: async () => ({ ...provider, countTokens: async () => 1 }),
  });
});
afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]();
  await database?.close();
});

let savedAtMs = Date.now();
const stated = {
  stages: ['INPUT'],
  action: 'BLOCK',
  optionsJson: null,
  sample: 1,
  note: null,
  reroute: null,
};
const consenting = { ...stated, rule: 'consent', optionsJson: '{"purpose":"analysis"}' };
const unlessConsented = { ...stated, rule: 'secrets', unlessConsent: 'analysis' };

/** Replaces the policies of the tenant by one. */
async function have({ catalog, caller }: TestInference, ...rules: readonly object[]): Promise<void> {
  const [at, tenantId] = [new Date(savedAtMs++), caller.tenantId];
  const records = guardrailPolicies(database.connection).collection;
  await records.deleteMany({});
  await records.insertOne({
    ...{ _id: `${tenantId}:consent` as never, tenantId, appId: null, promptId: null, model: null },
    ...{ mode: 'ENFORCE', rules, version: 1, createdAt: at, updatedAt: at, versions: [] },
  });
  await catalog.refresh();
}

/** What `saveConsent` and `withdrawConsent` do in the store and tell the processes. */
async function consent({ bus, caller }: TestInference, endUserId: string, purposes: readonly string[]) {
  const tenantId = caller.tenantId ?? '';
  const at = { createdAt: new Date(), updatedAt: new Date() };
  const record = { _id: `${tenantId} ${endUserId}`, tenantId, endUserId, purposes, expiresAt: null, ...at };
  await consents(database.connection).updateOne({ _id: record._id }, { $set: record }, { upsert: true });
  await bus.publish('consents.changed', { tenantId, endUserId });
}

const asking = (text: string, endUserId: string | null, more: object = {}) => ({
  input: { model: 'alpha/one', endUserId, messages: [{ role: 'USER', parts: [{ text }] }], ...more },
});

describe('the rule consent', () => {
  it('lets the calls of an end user pass exactly while that has consented', async () => {
    await using scripted = await startInference(database);
    scripted.alpha.always((call) => call.say('fine').finish(buildUsage(1, 1)));
    await have(scripted, consenting);
    const call = () => scripted.ask(complete, asking('hello', 'ada'));
    const code = async () => (await call()).errors?.[0]?.code;
    expect(await code()).toBe('GUARDRAIL_BLOCKED');
    await consent(scripted, 'ada', ['storage']);
    expect(await code()).toBe('GUARDRAIL_BLOCKED');
    await consent(scripted, 'ada', ['storage', 'analysis']);
    expect(await code()).toBeUndefined();
    await consent(scripted, 'ada', ['storage']);
    expect(await code()).toBe('GUARDRAIL_BLOCKED');
    expect(scripted.alpha.calls).toHaveLength(1);
  });

  it('refuses calls without an end user, and takes the one of a page token', async () => {
    await using scripted = await startInference(database);
    scripted.alpha.always((call) => call.say('fine').finish(buildUsage(1, 1)));
    await have(scripted, consenting);
    await consent(scripted, 'grace', ['analysis']);
    const input = asking('hello', null);
    expect(await scripted.refusal(complete, input)).toMatchObject(blockedBy('consent'));
    const ofPage = { ...scripted.caller, endUserId: 'grace' };
    expect(await scripted.data(complete, input, ofPage)).toMatchObject({ complete: { text: 'fine' } });
  });

  it('binds embeddings and the count of tokens', async () => {
    await have(mesh, consenting);
    for (const [query, input] of [
      [embed, { input: { model: 'alpha/embed', values: ['hello'], endUserId: 'bob' } }],
      [count, asking('hello', 'bob')],
    ] as const) {
      await consent(mesh, 'bob', []);
      expect(await mesh.refusal(query, input)).toMatchObject(blockedBy('consent'));
      await consent(mesh, 'bob', ['analysis']);
      const { errors } = await mesh.ask(query, input);
      expect(errors?.[0]?.code).not.toBe('GUARDRAIL_BLOCKED');
    }
  });

  it('of a tenant is not met by the consent that another tenant has of the same end user', async () => {
    await using other = await startInference(database);
    await have(mesh, consenting);
    await consent(other, 'both', ['analysis']);
    expect(await mesh.refusal(count, asking('hello', 'both'))).toMatchObject(blockedBy('consent'));
  });
});

describe('a rule with unlessConsent', () => {
  it('does not look at the calls, embeddings and counts of an end user that has consented', async () => {
    await have(mesh, unlessConsented);
    await consent(mesh, 'kay', ['analysis']);
    const inputs = (endUserId: string | null) =>
      [
        [complete, asking(secret, endUserId)],
        [embed, { input: { model: 'alpha/embed', values: [secret], endUserId } }],
        [count, asking(secret, endUserId)],
      ] as const;
    for (const endUserId of [null, 'eve']) {
      for (const [query, input] of inputs(endUserId)) {
        expect(await mesh.refusal(query, input)).toMatchObject(blockedBy('secrets'));
      }
    }
    for (const [query, input] of inputs('kay')) {
      const { errors } = await mesh.ask(query, input);
      expect(errors?.[0]?.code).not.toBe('GUARDRAIL_BLOCKED');
    }
  });

  it('has a call with consent draw nothing where its answer is in the cache, also among other calls', async () => {
    await using scripted = await startInference(database);
    await have(scripted, { ...unlessConsented, stages: ['OUTPUT'], action: 'REDACT' });
    await consent(scripted, 'sam', ['analysis']);
    scripted.alpha.always((call) => call.say('fine').finish(buildUsage(1, 1)));
    const limits = [{ subject: 'key:once', meter: 'REQUESTS', window: 'MINUTE', amount: '1' } as const];
    const limited = { ...scripted.caller, limits };
    const input = asking('hello', 'sam', { cache: 'USE' });
    await scripted.data(complete, input, limited);
    // As a gateway has the fields of one mutation admitted together.
    const together = `mutation ($input: CompletionInput!) {
      a: complete(input: $input) @admit { __typename } b: complete(input: $input) @admit { __typename } }`;
    expect((await scripted.ask(together, input, limited)).errors).toBeUndefined();
    const { errors = [] } = await scripted.ask(together, asking('hello', 'tom', { cache: 'USE' }), limited);
    expect(errors[0]?.code).toBe('QUOTA_EXCEEDED');
    expect(await scripted.refusal(complete, asking('other', 'sam'), limited)).toMatchObject({
      code: 'QUOTA_EXCEEDED',
    });
  });

  it('does not answer a call without consent from the cache of one with it', async () => {
    await using scripted = await startInference(database);
    await have(scripted, { ...unlessConsented, stages: ['OUTPUT'], action: 'REDACT' });
    await consent(scripted, 'may', ['analysis']);
    scripted.alpha.always((call) => call.say(`key ${secret}`).finish(buildUsage(1, 1)));
    const run = async (endUserId: string) =>
      (
        await scripted.data<{ complete: { text: string; cache: string } }>(
          complete,
          asking('the key', endUserId, { cache: 'USE' }),
        )
      ).complete;
    expect(await run('may')).toEqual({ text: `key ${secret}`, cache: 'MISS' });
    expect(await run('may')).toEqual({ text: `key ${secret}`, cache: 'HIT' });
    const guarded = await run('noah');
    expect(guarded).toMatchObject({ cache: 'MISS' });
    expect(guarded.text).not.toContain(secret);
    await consent(scripted, 'may', []);
    expect((await run('may')).text).toBe(guarded.text);
  });
});
