import { describe, expect, it } from 'vitest';
import { ProviderKind } from '#core/graph-enums.generated.ts';
import { fc } from '#test/support/properties.ts';
import type { ProviderCall, ProviderPart, SentReasoning } from '../provider.ts';
import { addOwnOptions, type TraitedProvider, type WireTraits, withOwnCalls } from './own-call.ts';

const traits: WireTraits = {
  name: 'chat',
  takes: new Set(['temperature', 'topP', 'stop', 'presencePenalty', 'frequencyPenalty', 'parallelToolCalls']),
  hasAlternatives: false,
};
const call: ProviderCall = {
  model: 'm',
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hello' }] }],
};

/** A provider that keeps the calls that it gets. */
function createRecorder(own: Partial<TraitedProvider> = {}) {
  const calls: ProviderCall[] = [];
  const provider: TraitedProvider = {
    traits: () => traits,
    generate: (given) => {
      calls.push(given);
      return Promise.reject(new Error('recorded'));
    },
    stream: (given): AsyncIterable<ProviderPart> => {
      calls.push(given);
      throw new Error('recorded');
    },
    embed: () => Promise.reject(new Error('no')),
    ...own,
  };
  return { calls, provider };
}

async function send(given: ProviderCall, kind: ProviderKind, isExclusive = false): Promise<ProviderCall> {
  const { calls, provider } = createRecorder();
  await expect(withOwnCalls(provider, kind, isExclusive).generate(given)).rejects.toThrow('recorded');
  const [sent] = calls;
  if (sent === undefined) throw new Error('Nothing was sent.');
  return sent;
}

const anyKind = fc.constantFrom(...Object.values(ProviderKind));
const anyBlock: fc.Arbitrary<SentReasoning> = fc.record({
  text: fc.option(fc.string({ minLength: 1 })),
  signature: fc.option(fc.string({ minLength: 1 })),
  redacted: fc.option(fc.string({ minLength: 1 })),
  toolCallId: fc.option(fc.string({ minLength: 1 })),
  provider: fc.option(anyKind),
});

describe('the reasoning in a conversation', () => {
  it('goes to the kind of provider that returned it, unchanged, and of unknown origin as text alone', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyKind,
        fc.array(anyBlock, { minLength: 1, maxLength: 5 }),
        async (kind, reasoning) => {
          const message = { role: 'assistant' as const, text: 'Hi', toolCalls: [], reasoning };
          const sent = await send({ ...call, messages: [...call.messages, message] }, kind);
          const [, assistant] = sent.messages;
          const blocks = assistant?.role === 'assistant' ? (assistant.reasoning ?? []) : [];
          const own = reasoning.filter(({ provider }) => provider === kind);
          expect(blocks.filter(({ provider }) => provider !== null)).toEqual(own);
          for (const block of blocks.filter(({ provider }) => provider === null)) {
            expect(block).toEqual({
              text: block.text,
              signature: null,
              redacted: null,
              toolCallId: null,
              provider: null,
            });
          }
        },
      ),
    );
  });

  it('costs a call without any nothing: it is passed on as it is', async () => {
    expect(await send(call, 'OPENAI')).toBe(call);
  });
});

describe('providerOptions', () => {
  const options = {
    openai: { a: 1, both: 'openai' },
    chat: { b: 2, both: 'chat' },
    own: { stolen: true },
    anthropic: { c: 3 },
  };

  it('reach the body of their kind of provider and wire format, and no other; the kind precedes the format', async () => {
    const sent = await send({ ...call, providerOptions: options }, 'OPENAI');
    const body = { model: 'm', a: undefined, temperature: 0 };
    addOwnOptions(body, sent, 'chat');
    expect(body).toEqual({ model: 'm', temperature: 0, a: 1, b: 2, both: 'openai' });
    const other = {};
    addOwnOptions(other, await send({ ...call, providerOptions: options }, 'GROQ'), 'chat');
    expect(other).toEqual({ b: 2, both: 'chat' });
  });

  it('for one of OpenAI’s formats reach the other, as far as it has them', async () => {
    const shared = { user: 'u', metadata: { a: 'b' }, service_tier: 'flex', prompt_cache_key: 'k' };
    const sent = async (providerOptions: NonNullable<ProviderCall['providerOptions']>, wire: string) => {
      const body = {};
      addOwnOptions(body, await send({ ...call, providerOptions }, 'OPENAI'), wire);
      return body;
    };
    const responses = { ...shared, text: { verbosity: 'low' }, truncation: 'auto' };
    expect(await sent({ responses }, 'chat')).toEqual({ ...shared, verbosity: 'low' });
    const chat = { ...shared, verbosity: 'low', logit_bias: {} };
    expect(await sent({ chat }, 'responses')).toEqual({ ...shared, text: { verbosity: 'low' } });
  });

  it.each([
    ['chat', 'service_tier', ['priority', 'scale', 'PRIORITY', '', 1], ['auto', 'default', 'flex']],
    ['responses', 'service_tier', ['priority', 'fast'], ['auto', 'flex']],
    ['messages', 'speed', ['fast'], ['standard']],
    ['messages', 'service_tier', ['priority'], ['auto', 'standard_only']],
    ['own', 'serviceTier', [{ type: 'priority' }], [{ type: 'flex' }]],
  ])(
    'of %s that cost more (%s) are sent on the account of one tenant alone',
    async (key, name, costly, others) => {
      const read = async (value: unknown, isExclusive: boolean) => {
        const option = key === 'own' ? 'openai' : key;
        const given = { ...call, providerOptions: { [option]: { [name]: value, other: 1 } } };
        const sent = await send(given, 'OPENAI', isExclusive);
        const { dropped } = withOwnCalls(createRecorder().provider, 'OPENAI', isExclusive);
        const path = `providerOptions.${option}.${name}`;
        return [sent.providerOptions?.[option], dropped?.(given)?.includes(path) === true];
      };
      // What is for another wire format than that of the recorder is dropped in any case.
      const isOther = key === 'messages';
      for (const value of costly) {
        expect(await read(value, false)).toEqual([{ other: 1 }, true]);
        expect(await read(value, true)).toEqual([{ [name]: value, other: 1 }, isOther]);
      }
      for (const value of others) {
        expect((await read(value, false))[0]).toEqual({ [name]: value, other: 1 });
      }
    },
  );

  it('that the vendor refuses are not sent', () => {
    const body = {};
    addOwnOptions(
      body,
      { ...call, providerOptions: { chat: { user: 'u', other: 1 } } },
      'chat',
      new Set(['user']),
    );
    expect(body).toEqual({ other: 1 });
  });

  it.each([
    'model',
    'messages',
    'n',
    'max_tokens',
    'stream',
    'tools',
    'previous_response_id',
    'conversation',
    'background',
    'inferenceConfig',
    'additionalModelRequestFields',
    'max_new_tokens',
    'n_predict',
    'extra_body',
    'api_key',
    'api_base',
    'base_url',
    'session_params',
    'id_slot',
    'kv_transfer_params',
  ])('do not set %s, which a call is reserved, billed or kept apart by', async (field) => {
    const body: Record<string, unknown> = {};
    const sent = await send({ ...call, providerOptions: { chat: { [field]: 9 } } }, 'OPENAI');
    addOwnOptions(body, sent, 'chat');
    expect(body).toEqual({});
  });
});

describe('what is dropped', () => {
  const dropped = (given: Partial<ProviderCall>, kind: ProviderKind = 'OPENAI') =>
    withOwnCalls(createRecorder().provider, kind).dropped?.({ ...call, ...given });

  it('is nothing of a plain call', () => {
    expect(dropped({ temperature: 1, stop: ['x'] })).toBeUndefined();
  });

  it('is named as in the graph: fields that the format does not take, and options for others', () => {
    expect(dropped({ seed: 1, topLogprobs: 0, temperature: 1 })).toEqual(['seed', 'logprobs']);
    const providerOptions = {
      anthropic: { top_k: 1 },
      chat: { logit_bias: {}, n: 3 },
      openai: { store: true },
    };
    expect(dropped({ providerOptions })).toEqual([
      'providerOptions.anthropic.top_k',
      'providerOptions.chat.n',
    ]);
    expect(dropped({ providerOptions }, 'GROQ')).toEqual([
      'providerOptions.anthropic.top_k',
      'providerOptions.chat.n',
      'providerOptions.openai.store',
    ]);
  });

  it('is named where one of OpenAI’s formats lacks a field of the other, or the vendor refuses it', () => {
    const responses = { user: 'u', truncation: 'auto', text: { verbosity: 'low' } };
    expect(dropped({ providerOptions: { responses } })).toEqual(['providerOptions.responses.truncation']);
    const further = { responses: { text: { verbosity: 'low', other: 1 } } };
    expect(dropped({ providerOptions: further })).toEqual(['providerOptions.responses.text']);
    const refusing = createRecorder({ traits: () => ({ ...traits, refused: new Set(['user']) }) });
    const given = { chat: { user: 'u' }, responses: { user: 'u' } };
    expect(withOwnCalls(refusing.provider, 'OPENAI').dropped?.({ ...call, providerOptions: given })).toEqual([
      'providerOptions.chat.user',
      'providerOptions.responses.user',
    ]);
  });

  it('is never an answer: several of them are refused where the format has one', async () => {
    const provider = withOwnCalls(createRecorder().provider, 'OPENAI');
    await expect(provider.generate({ ...call, alternatives: 2 })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    expect(() => provider.stream({ ...call, alternatives: 2 })).toThrow('one answer');
    const several = createRecorder({ traits: () => ({ ...traits, hasAlternatives: true }) });
    const sending = withOwnCalls(several.provider, 'OPENAI').generate({ ...call, alternatives: 2 });
    await expect(sending).rejects.toThrow('recorded');
    expect(several.calls).toHaveLength(1);
  });
});
