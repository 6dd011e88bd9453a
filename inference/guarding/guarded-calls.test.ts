import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completions } from '#mongo/completions.ts';
import type { Database } from '#mongo/connect.ts';
import { ProviderFailure, type ProviderPart } from '#providers/provider.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference } from '#test/support/inference.ts';
import { buildUsage, type ScriptedCall } from '#test/support/scripted-provider.ts';
import { testPayloads } from '#test/support/seal.ts';
import {
  type Answer,
  ann,
  asking,
  buildPlans,
  COMPLETE,
  COUNT,
  type Completed,
  collectEvents,
  EMBED,
  inputStages,
  joinField,
  RESUME,
  STREAM,
  sentTexts,
  types,
} from '#test/support/setups/guarded-calls.ts';
import { emails, growingRule, wordRule } from '#test/support/word-rules.ts';
import { sealedIn, toSealContext } from '../ledger/results.ts';
import { guardCall } from './guard-call.ts';

const masking = growingRule(emails, 'MASK', { kind: 'EMAIL', stages: inputStages });

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
});
afterAll(() => database.close());

describe('masked values', () => {
  /** Each text of an answer, cut after every character. */
  const speak = (call: ScriptedCall, text: string) => {
    const each = [...text];
    for (const piece of each) call.part({ type: 'reasoning', text: piece });
    for (const piece of each) call.part({ type: 'text', text: piece });
    const written = [...JSON.stringify({ to: text })];
    for (const [at, argumentsDelta] of written.entries()) {
      const named = at === 0 ? { id: 'c', name: 'send' } : {};
      call.part({ type: 'tool-call', index: 0, ...named, argumentsDelta });
    }
    call.part({ type: 'citation', citation: { quote: text } }).finish(buildUsage(5, 5), 'TOOL_CALLS');
  };

  it.each([
    ['litellm #6247, #14516: a placeholder that is split over chunks', 'To ⟨EMAIL_1⟩.', `To ${ann}.`],
    ['a stream that ends within a placeholder', 'To ⟨EMAIL_', 'To ⟨EMAIL_'],
    ['text from right to left and of several scripts', 'אל ⟨EMAIL_1⟩ مرحبا 你好', `אל ${ann} مرحبا 你好`],
    ['a placeholder of no value', 'To ⟨EMAIL_7⟩ and ⟨PHONE_1⟩.', 'To ⟨EMAIL_7⟩ and ⟨PHONE_1⟩.'],
  ])('come back in every text of a stream, in its events and at its end: %s', async (_, said, restored) => {
    await using mesh = await startInference(database, buildPlans(masking));
    mesh.alpha.always((call) => speak(call, said));
    const events = await collectEvents(await mesh.stream(STREAM, asking(`Write to ${ann}`)));
    expect(sentTexts(mesh.alpha.calls[0] as ScriptedCall)).toContain('Write to ⟨EMAIL_1⟩');
    expect(joinField(events, 'ReasoningDelta')).toBe(restored);
    expect(joinField(events, 'TextDelta')).toBe(restored);
    // litellm #31950, PR 32014: the arguments of tools, too.
    expect(JSON.parse(joinField(events, 'ToolCallDelta', 'argumentsDelta'))).toEqual({ to: restored });
    expect(events.find(({ __typename }) => __typename === 'CitationAdded')?.citation).toEqual({
      quote: restored,
    });
    const { completion } = events.at(-1) as { readonly completion: Completed };
    expect(completion).toMatchObject({
      text: restored,
      reasoning: restored,
      toolCalls: [{ id: 'c', name: 'send', arguments: { to: restored } }],
    });
    // The log holds what the client saw.
    const again = await collectEvents(await mesh.stream(RESUME, { id: completion.id, after: 3 }));
    expect(again.at(-1)).toEqual(events.at(-1));
  });

  it('come back in a whole answer, by their places in the answer and not in what was sent (litellm PR 23037, 24291)', async () => {
    await using mesh = await startInference(database, buildPlans(masking));
    mesh.alpha.always((call) => call.say('⟨EMAIL_2⟩, ⟨EMAIL_1⟩, ⟨EMAIL_2⟩').finish(buildUsage(1, 1)));
    const { complete } = await mesh.data<Answer>(COMPLETE, asking(`${ann} or bob.smith@long.y.test`));
    expect(complete.text).toBe(`bob.smith@long.y.test, ${ann}, bob.smith@long.y.test`);
  });

  it('are those of their own call alone, also of calls at the same time (litellm PR 19950)', async () => {
    await using mesh = await startInference(database, buildPlans(masking));
    const asked = ['a@x.test', 'b@x.test', 'nobody'].map((who) =>
      mesh.data<Answer>(COMPLETE, asking(`I am ${who}`)),
    );
    const calls = [await mesh.alpha.next(), await mesh.alpha.next(), await mesh.alpha.next()];
    for (const call of calls.toReversed()) call.say('You are ⟨EMAIL_1⟩').finish(buildUsage(1, 1));
    const texts = (await Promise.all(asked)).map(({ complete }) => complete.text);
    expect(texts).toEqual(['You are a@x.test', 'You are b@x.test', 'You are ⟨EMAIL_1⟩']);
  });

  it('have the same placeholders in each turn, where the history has the values', async () => {
    await using mesh = await startInference(database, buildPlans(masking));
    mesh.alpha.always((call) => call.say('Noted ⟨EMAIL_1⟩.').finish(buildUsage(1, 1)));
    const first = `I am ${ann}`;
    const { complete } = await mesh.data<Answer>(COMPLETE, asking(first));
    const messages = [
      { role: 'USER', content: first },
      { role: 'ASSISTANT', content: complete.text },
      { role: 'USER', content: 'And bob@x.test?' },
    ];
    await mesh.data(COMPLETE, { input: { model: 'alpha/one', messages } });
    const sent = sentTexts(mesh.alpha.calls[1] as ScriptedCall);
    expect(sent).toContain('I am ⟨EMAIL_1⟩');
    expect(sent).toContain('Noted ⟨EMAIL_1⟩.');
    expect(sent).toContain('And ⟨EMAIL_2⟩?');
  });

  it('stay as they are where a client typed their placeholder', async () => {
    await using mesh = await startInference(database, buildPlans(masking));
    mesh.alpha.always((call) => call.say('⟨EMAIL_1⟩ ⟨EMAIL_2⟩').finish(buildUsage(1, 1)));
    const { complete } = await mesh.data<Answer>(COMPLETE, asking(`⟨EMAIL_1⟩ and ${ann}`));
    expect(complete.text).toBe(`⟨EMAIL_1⟩ ${ann}`);
  });

  it('are in the JSON of a structured answer, which is validated with them', async () => {
    await using mesh = await startInference(
      database,
      buildPlans(masking, growingRule(/"\w+" \w+/, 'MASK', { kind: 'NAME', stages: inputStages })),
    );
    const responseSchema = {
      type: 'object',
      properties: { to: { type: 'string', format: 'email' }, who: { type: 'string' } },
      required: ['to', 'who'],
    };
    mesh.alpha.always((call) =>
      call.say('{"to": "⟨EM', 'AIL_1⟩", "who": "⟨NAME_1⟩"}').finish(buildUsage(1, 1)),
    );
    const asked = asking(`"Big" Ann is ${ann}`, { responseSchema });
    const { complete } = await mesh.data<Answer>(COMPLETE, asked);
    expect(complete.json).toEqual({ to: ann, who: '"Big" Ann' });
    expect(JSON.parse(complete.text)).toEqual(complete.json);
    const events = await collectEvents(await mesh.stream(STREAM, asked));
    expect(events.at(-1)).toMatchObject({ completion: { json: complete.json } });
    expect(JSON.parse(joinField(events, 'TextDelta'))).toEqual(complete.json);
  });

  it('come back in what a provider repeats of the call when it fails, and rules look at that too', async () => {
    await using mesh = await startInference(
      database,
      buildPlans(masking, growingRule(/sesame/, 'BLOCK', { stages: ['OUTPUT'] })),
    );
    const messages = ['I cannot write to ⟨EMAIL_1⟩.', 'The word is sesame.'];
    mesh.alpha.always((call, number) =>
      call.fail(new ProviderFailure('BAD_USER_INPUT', messages[number - 1] ?? '', { retryable: false })),
    );
    const first = await mesh.refusal(COMPLETE, asking(`Write to ${ann}`));
    expect(first.message).toBe(`I cannot write to ${ann}.`);
    const second = await mesh.refusal(COMPLETE, asking(`Write to ${ann}`));
    expect(second.message).not.toContain('sesame');
    const rows = JSON.stringify(await mesh.rows(), (_key, value) => (typeof value === 'bigint' ? 0 : value));
    expect(rows).not.toContain('sesame');
    expect(rows).not.toContain(ann);
  });

  it('are sealed beside the answer, are deleted with it, and are in nothing else', async () => {
    await using mesh = await startInference(database, buildPlans(masking));
    mesh.alpha.always((call) => call.say('To ⟨EMAIL_1⟩').finish(buildUsage(1, 1)));
    const { complete } = await mesh.data<Answer>(COMPLETE, asking(ann));
    const [kept] = await completions(database.connection).find({ _id: complete.id }).lean();
    const opened = await testPayloads.open(sealedIn(kept?.sealed ?? ''), toSealContext(complete.id));
    expect(JSON.parse(opened)).toMatchObject({ text: `To ${ann}`, masks: [['EMAIL_1', ann]] });
    expect(JSON.stringify(kept)).not.toContain(ann);
    const rows = JSON.stringify(await mesh.rows(), (_key, value) => (typeof value === 'bigint' ? 0 : value));
    expect(rows).not.toContain('EMAIL_1');
    await mesh.data('mutation ($id: ID!) { deleteCompletion(id: $id) }', { id: complete.id });
    expect(await completions(database.connection).find({ _id: complete.id }).lean()).toEqual([]);
  });

  it('are in cached and coalesced answers of equal calls alone, under the same guardrails', async () => {
    const cached = (who: string) => asking(`I am ${who}`, { cache: 'USE' });
    await using mesh = await startInference(database, buildPlans(masking));
    mesh.alpha.always((call) => call.say('You are ⟨EMAIL_1⟩').finish(buildUsage(1, 1)));
    const ask = async (who: string) => (await mesh.data<Answer>(COMPLETE, cached(who))).complete;
    expect(await ask(ann)).toMatchObject({ text: `You are ${ann}`, cache: 'MISS' });
    expect(await ask(ann)).toMatchObject({ text: `You are ${ann}`, cache: 'HIT' });
    expect(await ask('bob@x.test')).toMatchObject({ text: 'You are bob@x.test', cache: 'MISS' });
    const blocking = buildPlans(masking, growingRule(/You/, 'BLOCK', { stages: ['OUTPUT'] }));
    await using stricter = await startInference(database, { ...blocking, cache: mesh.cache });
    stricter.alpha.always((call) => call.say('You are ⟨EMAIL_1⟩').finish(buildUsage(1, 1)));
    expect(await stricter.refusal(COMPLETE, cached(ann), mesh.caller)).toMatchObject({
      code: 'GUARDRAIL_BLOCKED',
    });
  });

  it('do not go out with values to embed, nor to where tokens are counted', async () => {
    await using mesh = await startInference(database, buildPlans(masking));
    mesh.alpha.always((call) => call.finish(buildUsage(1, 1)));
    await mesh.data(EMBED, { input: { model: 'alpha/embed', values: [`I am ${ann}`] } });
    expect(sentTexts(mesh.alpha.calls[0] as ScriptedCall)).toContain('I am ⟨EMAIL_1⟩');
    const counted: string[] = [];
    const alpha = Object.assign(Object.create(mesh.alpha), {
      countTokens: async (call: unknown) => {
        counted.push(JSON.stringify(call));
        return 7;
      },
    });
    await using counting = await startInference(database, {
      ...buildPlans(masking),
      createProvider: async () => alpha,
    });
    await counting.data(COUNT, asking(`I am ${ann}`));
    expect(counted.join()).toContain('⟨EMAIL_1⟩');
    expect(counted.join()).not.toContain(ann);
  });

  it('go through a text of 10 MB, of which no placeholder is missed', async () => {
    const guarded = buildPlans(masking).guardrailPlans.planFor();
    const text = `${'x '.repeat(5_000_000)}${ann}`;
    const call = { messages: [{ role: 'user', parts: [{ type: 'text', text }] }] } as const;
    const { call: sent, masks } = await guardCall(
      { call },
      guarded,
      { tenantId: 't', allowedRegions: null, endUserId: null },
      new AbortController().signal,
    );
    expect(JSON.stringify(sent).endsWith('x ⟨EMAIL_1⟩"}]}]}')).toBe(true);
    expect(masks.restore('⟨EMAIL_1⟩')).toBe(ann);
  });
});

describe('a rule on output', () => {
  const blocking = growingRule(/sesame/, 'BLOCK', { rule: 'passwords', stages: ['OUTPUT'] });
  const hiding = growingRule(emails, 'MASK', { kind: 'EMAIL', stages: ['OUTPUT'] });

  it('ends a stream with GUARDRAIL_BLOCKED where it finds something, and what was shown is what is kept', async () => {
    await using mesh = await startInference(database, buildPlans(blocking));
    const all = mesh.stream(STREAM, asking('Open!'));
    const call = await mesh.alpha.next();
    call.say('The word is sesa', 'me and more').finish(buildUsage(1, 1));
    const events = await collectEvents(await all);
    expect(types(events)).toEqual(['CompletionStarted', 'TextDelta', 'CompletionFailed']);
    expect(events.at(-1)).toMatchObject({
      code: 'GUARDRAIL_BLOCKED',
      completion: { text: 'The word is ', status: 'FAILED' },
    });
    expect(JSON.stringify(events)).not.toContain('sesa');
    expect(await mesh.rows()).toMatchObject([
      { status: 'FAILED', errorCode: 'GUARDRAIL_BLOCKED', attempts: [{ outcome: 'FAILED' }] },
    ]);
  });

  it('masks what it finds, which stays masked, and keeps no log probabilities of it', async () => {
    await using mesh = await startInference(database, buildPlans(masking, hiding));
    const logprobs = (token: string): ProviderPart => ({ type: 'logprobs', tokens: [{ token }] });
    mesh.alpha.always((call) => {
      for (const token of ['Hi ', 'eve@', 'z.test', ' and ', '⟨EMAIL_1⟩', '.'])
        call.say(token).part(logprobs(token));
      call.finish(buildUsage(1, 1));
    });
    const events = await collectEvents(await mesh.stream(STREAM, asking(`I am ${ann}`)));
    expect(joinField(events, 'TextDelta')).toBe(`Hi ⟨EMAIL_2⟩ and ${ann}.`);
    expect(JSON.stringify(events)).not.toContain('eve@');
    expect(JSON.stringify(events)).not.toContain('z.test');
    const { complete } = await mesh.data<Answer>(COMPLETE, asking(`I am ${ann}`));
    expect(complete.text).toBe(`Hi ⟨EMAIL_2⟩ and ${ann}.`);
  });

  it('shows what it holds after 250 ms without more text', async () => {
    await using mesh = await startInference(database, buildPlans(blocking));
    const events = await mesh.stream(STREAM, asking('Open!'));
    const call = await mesh.alpha.next();
    call.say('The word');
    await events.next();
    expect(await events.next()).toMatchObject({ value: { text: 'The ' } });
    expect(await events.next()).toMatchObject({ value: { text: 'word' } });
    call.say(' is sesame').finish(buildUsage(1, 1));
    expect((await collectEvents(events)).at(-1)).toMatchObject({ code: 'GUARDRAIL_BLOCKED' });
  });

  it.each(['WARN', 'LOG', 'SHADOW'] as const)(
    'that observes (%s) changes and holds nothing (litellm #30447)',
    async (what) => {
      const rule = wordRule(/sesame/, what === 'SHADOW' ? 'BLOCK' : what, {
        stages: ['OUTPUT'],
        isShadow: what === 'SHADOW',
      });
      await using mesh = await startInference(database, buildPlans(rule));
      const events = await mesh.stream(STREAM, asking('Open!'));
      const call = await mesh.alpha.next();
      call.say('The word is sesame');
      await events.next();
      expect(await events.next()).toMatchObject({ value: { text: 'The word is sesame' } });
      call.finish(buildUsage(1, 1));
      expect((await collectEvents(events)).at(-1)).toMatchObject({
        completion: { text: 'The word is sesame' },
      });
    },
  );

  it('that fails lets nothing through, in whole answers and in streams (litellm #30728)', async () => {
    const failing = {
      ...blocking,
      prepared: {
        ...blocking.prepared,
        check: () => {
          throw new Error('the analyser is down');
        },
      },
    };
    for (const rule of [failing, { ...failing, prepared: { check: failing.prepared.check } }]) {
      await using mesh = await startInference(database, buildPlans(rule));
      mesh.alpha.always((call) => call.say('Harmless.').finish(buildUsage(1, 1)));
      expect(await mesh.refusal(COMPLETE, asking('Open!'))).toMatchObject({ code: 'GUARDRAIL_BLOCKED' });
      const events = await collectEvents(await mesh.stream(STREAM, asking('Open!')));
      expect(types(events)).toEqual(['CompletionStarted', 'CompletionFailed']);
      expect(JSON.stringify(events)).not.toContain('Harmless');
    }
  });

  it('leaves what passed of an answer that fails or is cancelled, and no half of a placeholder', async () => {
    await using mesh = await startInference(database, buildPlans(masking));
    const all = mesh.stream(STREAM, asking(`I am ${ann}`));
    const call = await mesh.alpha.next();
    call
      .say('To ⟨EMAIL_1⟩ or ⟨EMA')
      .fail(new ProviderFailure('PROVIDER_ERROR', 'Broken.', { retryable: false }));
    const events = await collectEvents(await all);
    expect(events.at(-1)).toMatchObject({ completion: { text: `To ${ann} or `, status: 'FAILED' } });
    expect(joinField(events, 'TextDelta')).toBe(`To ${ann} or `);
  });
});
