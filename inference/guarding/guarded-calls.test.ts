import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlannedRule } from '#guardrails/pipeline/policy.ts';
import { completions } from '#mongo/completions.ts';
import type { Database } from '#mongo/connect.ts';
import { ProviderFailure, type ProviderPart } from '#providers/provider.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference } from '#test/support/inference.ts';
import { buildUsage, type ScriptedCall } from '#test/support/scripted-provider.ts';
import { testPayloads } from '#test/support/seal.ts';
import { emails, growingRule, planOf, wordRule } from '#test/support/word-rules.ts';
import { sealedIn, toSealContext } from '../ledger/results.ts';
import { guardCall } from './guard-call.ts';

const COMPLETION = `id status text json reasoning refusal citations
  toolCalls { id name arguments } finishReason cache model { id } logprobs
  attempts { outcome error } error { code message }`;
const COMPLETE = `mutation ($input: CompletionInput!) { complete(input: $input) { ${COMPLETION} } }`;
const EVENTS = `__typename completionId sequence ... on TextDelta { text } ... on ReasoningDelta { text }
  ... on ToolCallDelta { index id name argumentsDelta } ... on CitationAdded { citation }
  ... on LogprobsDelta { tokens } ... on CompletionRestarted { reason }
  ... on CompletionFinished { completion { ${COMPLETION} } }
  ... on CompletionFailed { code message completion { text reasoning status } }`;
const STREAM = `subscription ($input: CompletionInput!) { completionStream(input: $input) { ${EVENTS} } }`;
const RESUME = `subscription ($id: ID!, $after: Int! = -1) { resumeCompletion(id: $id, after: $after) { ${EVENTS} } }`;
const EMBED = 'mutation ($input: EmbedInput!) { embed(input: $input) { model { id } } }';
const COUNT = 'query ($input: CompletionInput!) { countTokens(input: $input) { inputTokens } }';

interface Completed {
  readonly id: string;
  readonly text: string;
  readonly json: unknown;
  readonly reasoning: string | null;
  readonly toolCalls: readonly { readonly arguments: unknown }[];
  readonly attempts: readonly unknown[];
  readonly [field: string]: unknown;
}
interface Answer {
  readonly complete: Completed;
}
type Event = Record<string, unknown>;

const ann = 'ann@x.test';
const input = ['INPUT', 'RETRIEVED', 'TOOL_OUTPUT'] as const;
const masking = growingRule(emails, 'MASK', { kind: 'EMAIL', stages: input });
const plansOf = (...rules: readonly PlannedRule[]) => {
  const plan = planOf(...rules);
  return { guardrailPlans: { planFor: () => plan } };
};
const asking = (content: string, more: Record<string, unknown> = {}, model = 'alpha/one') => ({
  input: { model, messages: [{ role: 'USER', content }], ...more },
});
const sentTexts = ({ call }: ScriptedCall) => JSON.stringify(call.messages);
const collect = (events: AsyncIterable<Event>) => Array.fromAsync(events);
const joinField = (events: readonly Event[], type: string, field = 'text') =>
  events.flatMap((event) => (event.__typename === type ? [event[field]] : [])).join('');
const types = (events: readonly Event[]) => events.map(({ __typename }) => __typename);

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
    await using mesh = await startInference(database, plansOf(masking));
    mesh.alpha.always((call) => speak(call, said));
    const events = await collect(await mesh.stream(STREAM, asking(`Write to ${ann}`)));
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
    const again = await collect(await mesh.stream(RESUME, { id: completion.id, after: 3 }));
    expect(again.at(-1)).toEqual(events.at(-1));
  });

  it('come back in a whole answer, by their places in the answer and not in what was sent (litellm PR 23037, 24291)', async () => {
    await using mesh = await startInference(database, plansOf(masking));
    mesh.alpha.always((call) => call.say('⟨EMAIL_2⟩, ⟨EMAIL_1⟩, ⟨EMAIL_2⟩').finish(buildUsage(1, 1)));
    const { complete } = await mesh.data<Answer>(COMPLETE, asking(`${ann} or bob.smith@long.y.test`));
    expect(complete.text).toBe(`bob.smith@long.y.test, ${ann}, bob.smith@long.y.test`);
  });

  it('are those of their own call alone, also of calls at the same time (litellm PR 19950)', async () => {
    await using mesh = await startInference(database, plansOf(masking));
    const asked = ['a@x.test', 'b@x.test', 'nobody'].map((who) =>
      mesh.data<Answer>(COMPLETE, asking(`I am ${who}`)),
    );
    const calls = [await mesh.alpha.next(), await mesh.alpha.next(), await mesh.alpha.next()];
    for (const call of calls.toReversed()) call.say('You are ⟨EMAIL_1⟩').finish(buildUsage(1, 1));
    const texts = (await Promise.all(asked)).map(({ complete }) => complete.text);
    expect(texts).toEqual(['You are a@x.test', 'You are b@x.test', 'You are ⟨EMAIL_1⟩']);
  });

  it('have the same placeholders in each turn, where the history has the values', async () => {
    await using mesh = await startInference(database, plansOf(masking));
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
    await using mesh = await startInference(database, plansOf(masking));
    mesh.alpha.always((call) => call.say('⟨EMAIL_1⟩ ⟨EMAIL_2⟩').finish(buildUsage(1, 1)));
    const { complete } = await mesh.data<Answer>(COMPLETE, asking(`⟨EMAIL_1⟩ and ${ann}`));
    expect(complete.text).toBe(`⟨EMAIL_1⟩ ${ann}`);
  });

  it('are in the JSON of a structured answer, which is validated with them', async () => {
    await using mesh = await startInference(
      database,
      plansOf(masking, growingRule(/"\w+" \w+/, 'MASK', { kind: 'NAME', stages: input })),
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
    const events = await collect(await mesh.stream(STREAM, asked));
    expect(events.at(-1)).toMatchObject({ completion: { json: complete.json } });
    expect(JSON.parse(joinField(events, 'TextDelta'))).toEqual(complete.json);
  });

  it('come back in what a provider repeats of the call when it fails, and rules look at that too', async () => {
    await using mesh = await startInference(
      database,
      plansOf(masking, growingRule(/sesame/, 'BLOCK', { stages: ['OUTPUT'] })),
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
    await using mesh = await startInference(database, plansOf(masking));
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
    await using mesh = await startInference(database, plansOf(masking));
    mesh.alpha.always((call) => call.say('You are ⟨EMAIL_1⟩').finish(buildUsage(1, 1)));
    const ask = async (who: string) => (await mesh.data<Answer>(COMPLETE, cached(who))).complete;
    expect(await ask(ann)).toMatchObject({ text: `You are ${ann}`, cache: 'MISS' });
    expect(await ask(ann)).toMatchObject({ text: `You are ${ann}`, cache: 'HIT' });
    expect(await ask('bob@x.test')).toMatchObject({ text: 'You are bob@x.test', cache: 'MISS' });
    const blocking = plansOf(masking, growingRule(/You/, 'BLOCK', { stages: ['OUTPUT'] }));
    await using stricter = await startInference(database, { ...blocking, cache: mesh.cache });
    stricter.alpha.always((call) => call.say('You are ⟨EMAIL_1⟩').finish(buildUsage(1, 1)));
    expect(await stricter.refusal(COMPLETE, cached(ann), mesh.caller)).toMatchObject({
      code: 'GUARDRAIL_BLOCKED',
    });
  });

  it('do not go out with values to embed, nor to where tokens are counted', async () => {
    await using mesh = await startInference(database, plansOf(masking));
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
      ...plansOf(masking),
      createProvider: async () => alpha,
    });
    await counting.data(COUNT, asking(`I am ${ann}`));
    expect(counted.join()).toContain('⟨EMAIL_1⟩');
    expect(counted.join()).not.toContain(ann);
  });

  it('go through a text of 10 MB, of which no placeholder is missed', async () => {
    const guarded = plansOf(masking).guardrailPlans.planFor();
    const text = `${'x '.repeat(5_000_000)}${ann}`;
    const call = { messages: [{ role: 'user', parts: [{ type: 'text', text }] }] } as const;
    const { call: sent, masks } = await guardCall(
      call,
      guarded,
      { tenantId: 't' },
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
    await using mesh = await startInference(database, plansOf(blocking));
    const all = mesh.stream(STREAM, asking('Open!'));
    const call = await mesh.alpha.next();
    call.say('The word is sesa', 'me and more').finish(buildUsage(1, 1));
    const events = await collect(await all);
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
    await using mesh = await startInference(database, plansOf(masking, hiding));
    const logprobs = (token: string): ProviderPart => ({ type: 'logprobs', tokens: [{ token }] });
    mesh.alpha.always((call) => {
      for (const token of ['Hi ', 'eve@', 'z.test', ' and ', '⟨EMAIL_1⟩', '.'])
        call.say(token).part(logprobs(token));
      call.finish(buildUsage(1, 1));
    });
    const events = await collect(await mesh.stream(STREAM, asking(`I am ${ann}`)));
    expect(joinField(events, 'TextDelta')).toBe(`Hi ⟨EMAIL_2⟩ and ${ann}.`);
    expect(JSON.stringify(events)).not.toContain('eve@');
    expect(JSON.stringify(events)).not.toContain('z.test');
    const { complete } = await mesh.data<Answer>(COMPLETE, asking(`I am ${ann}`));
    expect(complete.text).toBe(`Hi ⟨EMAIL_2⟩ and ${ann}.`);
  });

  it('shows what it holds after 250 ms without more text', async () => {
    await using mesh = await startInference(database, plansOf(blocking));
    const events = await mesh.stream(STREAM, asking('Open!'));
    const call = await mesh.alpha.next();
    call.say('The word');
    await events.next();
    expect(await events.next()).toMatchObject({ value: { text: 'The ' } });
    expect(await events.next()).toMatchObject({ value: { text: 'word' } });
    call.say(' is sesame').finish(buildUsage(1, 1));
    expect((await collect(events)).at(-1)).toMatchObject({ code: 'GUARDRAIL_BLOCKED' });
  });

  it.each(['WARN', 'LOG', 'SHADOW'] as const)(
    'that observes (%s) changes and holds nothing (litellm #30447)',
    async (what) => {
      const rule = wordRule(/sesame/, what === 'SHADOW' ? 'BLOCK' : what, {
        stages: ['OUTPUT'],
        isShadow: what === 'SHADOW',
      });
      await using mesh = await startInference(database, plansOf(rule));
      const events = await mesh.stream(STREAM, asking('Open!'));
      const call = await mesh.alpha.next();
      call.say('The word is sesame');
      await events.next();
      expect(await events.next()).toMatchObject({ value: { text: 'The word is sesame' } });
      call.finish(buildUsage(1, 1));
      expect((await collect(events)).at(-1)).toMatchObject({ completion: { text: 'The word is sesame' } });
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
      await using mesh = await startInference(database, plansOf(rule));
      mesh.alpha.always((call) => call.say('Harmless.').finish(buildUsage(1, 1)));
      expect(await mesh.refusal(COMPLETE, asking('Open!'))).toMatchObject({ code: 'GUARDRAIL_BLOCKED' });
      const events = await collect(await mesh.stream(STREAM, asking('Open!')));
      expect(types(events)).toEqual(['CompletionStarted', 'CompletionFailed']);
      expect(JSON.stringify(events)).not.toContain('Harmless');
    }
  });

  it('leaves what passed of an answer that fails or is cancelled, and no half of a placeholder', async () => {
    await using mesh = await startInference(database, plansOf(masking));
    const all = mesh.stream(STREAM, asking(`I am ${ann}`));
    const call = await mesh.alpha.next();
    call
      .say('To ⟨EMAIL_1⟩ or ⟨EMA')
      .fail(new ProviderFailure('PROVIDER_ERROR', 'Broken.', { retryable: false }));
    const events = await collect(await all);
    expect(events.at(-1)).toMatchObject({ completion: { text: `To ${ann} or `, status: 'FAILED' } });
    expect(joinField(events, 'TextDelta')).toBe(`To ${ann} or `);
  });
});

describe('RETRY', () => {
  const retrying = wordRule(/bad/, 'RETRY', { stages: ['OUTPUT'], note: 'Write it without bad words.' });

  it('has the same AI model asked once more with the note, and bills both answers', async () => {
    await using mesh = await startInference(database, plansOf(retrying));
    mesh.alpha.always((call, number) =>
      call.say(number === 1 ? 'so bad' : 'so good').finish(buildUsage(10, 10)),
    );
    const { complete } = await mesh.data<Answer>(COMPLETE, asking('Speak!'));
    expect(complete).toMatchObject({
      text: 'so good',
      attempts: [{ outcome: 'FAILED' }, { outcome: 'SUCCEEDED' }],
    });
    const [first, second] = mesh.alpha.calls.map(({ call }) => call.messages);
    expect(second).toEqual([
      ...(first ?? []),
      { role: 'user', parts: [{ type: 'text', text: 'Write it without bad words.' }] },
    ]);
    expect(await mesh.rows()).toMatchObject([{ usage: { inputTokens: 20, outputTokens: 20 } }]);
    const events = await collect(await mesh.stream(STREAM, asking('Speak!')));
    expect(joinField(events, 'TextDelta')).toBe('so good');
  });

  it('refuses an answer that is no better, and asks no third time', async () => {
    await using mesh = await startInference(database, plansOf(retrying));
    mesh.alpha.always((call) => call.say('so bad').finish(buildUsage(10, 10)));
    expect(await mesh.refusal(COMPLETE, asking('Speak!', {}, 'both'))).toMatchObject({
      code: 'GUARDRAIL_BLOCKED',
    });
    expect(mesh.alpha.calls).toHaveLength(2);
    expect(mesh.beta.calls).toHaveLength(0);
  });

  it('is bound by the budget like any attempt', async () => {
    const limits = [{ subject: 'key:k', meter: 'TOKENS', window: 'DAY', amount: '1500' } as const];
    await using mesh = await startInference(database, { ...plansOf(retrying), limits });
    mesh.alpha.always((call) => call.say('so bad').finish(buildUsage(600, 400)));
    expect(await mesh.refusal(COMPLETE, asking('Speak!'))).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    expect(mesh.alpha.calls).toHaveLength(1);
  });

  it('takes the answer that the rule has repaired', async () => {
    const repairing = {
      ...retrying,
      prepared: {
        check: () => ({ fired: true, reason: 'broken', findings: [], repaired: '{"a":1}' }) as const,
      },
    };
    await using mesh = await startInference(database, plansOf(repairing));
    mesh.alpha.always((call) => call.say('{a:1}').finish(buildUsage(1, 1)));
    const { complete } = await mesh.data<Answer>(
      COMPLETE,
      asking('Speak!', { responseSchema: { type: 'object' } }),
    );
    expect(complete).toMatchObject({ text: '{"a":1}', json: { a: 1 } });
    expect(mesh.alpha.calls).toHaveLength(1);
  });
});

describe('REROUTE', () => {
  const rerouting = wordRule(/secret plan/, 'REROUTE', { stages: ['INPUT'], reroute: 'beta/one' });

  it('calls another AI model, which the row names, and no other a second time', async () => {
    await using mesh = await startInference(database, plansOf(rerouting));
    mesh.beta.always((call) => call.say('Yes.').finish(buildUsage(1, 1)));
    const { complete } = await mesh.data<Answer>(COMPLETE, asking('a secret plan'));
    expect(complete).toMatchObject({ text: 'Yes.', model: { id: 'beta/one' } });
    expect(mesh.alpha.calls).toHaveLength(0);
    expect(await mesh.rows()).toMatchObject([{ modelId: 'beta/one' }]);
  });

  it('is refused where the caller may not call that one, or there is none', async () => {
    await using mesh = await startInference(database, plansOf(rerouting));
    const bound = { ...mesh.caller, modelLists: [{ subject: 'key:k', patterns: ['alpha/*'] }] };
    expect(await mesh.refusal(COMPLETE, asking('a secret plan'), bound)).toMatchObject({ code: 'FORBIDDEN' });
    const nowhere = { ...rerouting, reroute: 'alpha/none' };
    await using other = await startInference(database, plansOf(nowhere));
    expect(await other.refusal(COMPLETE, asking('a secret plan'))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await mesh.rows()).toEqual([]);
  });
});
