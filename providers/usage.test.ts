import { describe, expect, it } from 'vitest';
import type { ProviderUsage } from './provider.ts';
import {
  type Counts,
  makeEstimate,
  makeUsage,
  type UsageWire,
  usageOfStream,
  usageOfWhole,
  usageWires,
} from './testing/usage-wires.ts';
import { sse } from './testing/wire-server.ts';

type Row = readonly [kind: string, usage: (wire: UsageWire) => unknown, expected: ProviderUsage];
const of = (counts: Counts) => (wire: UsageWire) => wire.usage(counts);

const kinds: readonly Row[] = [
  ['a usage', of({ input: 25, output: 5 }), makeUsage(25, 5)],
  ['no usage', () => undefined, makeEstimate(2, 1)],
  ['null', () => null, makeEstimate(2, 1)],
  ['an empty usage', () => ({}), makeEstimate(2, 1)],
  ['a usage that is no object', () => 'many', makeEstimate(2, 1)],
  ['a list', () => [], makeEstimate(2, 1)],
  ['a usage without counts', () => ({ service_tier: 'default', prompt_tokens: null }), makeEstimate(2, 1)],
  ['counts that are null', of({ input: null, output: null }), makeEstimate(2, 1)],
  ['negative counts', of({ input: -25, output: -5 }), makeEstimate(2, 1)],
  ['counts that are no numbers', of({ input: 'many', output: {} }), makeEstimate(2, 1)],
  ['counts as digits', of({ input: '25', output: '5' }), makeUsage(25, 5)],
  ['counts with a fraction', of({ input: 25.0, output: 4.6 }), makeUsage(25, 5)],
  ['counts beyond 2^53', of({ input: 2 ** 53 + 2, output: 1e300 }), makeEstimate(2, 1)],
  ['digits beyond 2^53', of({ input: '9007199254740993', output: '5' }), makeEstimate(2, 5)],
  ['one absurd count beside a sane one', of({ input: 1e12, output: 5 }), makeEstimate(2, 5)],
  ['only the input', of({ input: 25 }), makeEstimate(25, 1)],
  ['only the output', of({ output: 5 }), makeEstimate(2, 5)],
  ['a negative output beside an input', of({ input: 25, output: -1 }), makeEstimate(25, 1)],
  ['a text of zero tokens beside a counted input', of({ input: 25, output: 0 }), makeEstimate(25, 1)],
  ['explicit zeros', of({ input: 0, output: 0 }), makeUsage(0, 0)],
  ['the names of chat completions', () => ({ prompt_tokens: 25, completion_tokens: 5 }), makeUsage(25, 5)],
  ['the names of responses', () => ({ input_tokens: 25, output_tokens: 5 }), makeUsage(25, 5)],
  ['names in camel case', () => ({ inputTokens: 25, outputTokens: 5 }), makeUsage(25, 5)],
  ['the names of the AI SDK 4', () => ({ promptTokens: 25, completionTokens: 5 }), makeUsage(25, 5)],
  ['the names of Gemini', () => ({ promptTokenCount: 25, candidatesTokenCount: 5 }), makeUsage(25, 5)],
  [
    'names of two vendors, one of them zero',
    () => ({ prompt_tokens: 25, completion_tokens: 5, input_tokens: 0, output_tokens: 0 }),
    makeUsage(25, 5),
  ],
];

describe.each(usageWires)('$name: usage', (wire) => {
  it.each(kinds)('%s, whole and streamed', async (_, usage, expected) => {
    expect(await usageOfWhole(wire, wire.whole(usage(wire)))).toEqual(expected);
    expect(await usageOfStream(wire, wire.stream([usage(wire)]))).toEqual(expected);
  });

  it.each([
    ['zero after a count', { input: 25, output: 5 }, { input: 0, output: 0 }, makeUsage(25, 5)],
    ['zero input after a count', { input: 25, output: 1 }, { input: 0, output: 5 }, makeUsage(25, 5)],
    ['a lower count after a higher', { input: 25, output: 5 }, { input: 24, output: 3 }, makeUsage(25, 5)],
    ['a growing count', { input: 25, output: 1 }, { input: 25, output: 5 }, makeUsage(25, 5)],
    ['nothing after a count', { input: 25, output: 5 }, {}, makeUsage(25, 5)],
    ['each side once', { input: 25 }, { output: 5 }, makeUsage(25, 5)],
  ] as const)('%s never lowers what was reported', async (_, first, second, expected) => {
    const body = wire.stream([wire.usage(first), wire.usage(second)]);
    expect(await usageOfStream(wire, body)).toEqual(expected);
  });
});

const withTotal = usageWires.filter(({ kind }) => kind !== 'COHERE');

describe.each(withTotal)('$name: the total', (wire) => {
  it.each([
    ['stands in for the output', { input: 25, total: 30 }, makeUsage(25, 5)],
    ['stands in for the input', { output: 5, total: 30 }, makeUsage(25, 5)],
    ['bounds an estimate', { total: 30 }, makeEstimate(29, 1)],
    ['is never undercut', { input: 25, output: 5, total: 37 }, makeUsage(25, 12)],
    ['that is less than both changes nothing', { input: 25, output: 5, total: 7 }, makeUsage(25, 5)],
    ['that is absurd changes nothing', { input: 25, output: 5, total: 1e12 }, makeUsage(25, 5)],
  ] as const)('%s', async (_, counts, expected) => {
    expect(await usageOfWhole(wire, wire.whole(wire.usage(counts)))).toEqual(expected);
    expect(await usageOfStream(wire, wire.stream([wire.usage(counts)]))).toEqual(expected);
  });
});

const compatible = usageWires.find(({ kind }) => kind === 'OPENAI_COMPATIBLE') as UsageWire;
const anthropic = usageWires.find(({ kind }) => kind === 'ANTHROPIC') as UsageWire;
const gemini = usageWires.find(({ kind }) => kind === 'GOOGLE') as UsageWire;
const bedrock = usageWires.find(({ kind }) => kind === 'BEDROCK') as UsageWire;
const cohere = usageWires.find(({ kind }) => kind === 'COHERE') as UsageWire;
const perplexity = usageWires.find(({ kind }) => kind === 'PERPLEXITY') as UsageWire;
const xai = usageWires.find(({ kind }) => kind === 'XAI') as UsageWire;

describe('what vendors count apart', () => {
  const chat = (
    prompt: number,
    completion: number,
    total: number | undefined,
    cached: number,
    reasoning: number,
  ) => ({
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: total,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: reasoning },
  });
  const more = (cachedInputTokens: number, reasoningTokens: number) => ({
    cachedInputTokens,
    reasoningTokens,
  });
  const rows: readonly (readonly [string, UsageWire, object, ProviderUsage])[] = [
    [
      'reasoning that the total proves to be apart is billed as output',
      compatible,
      chat(10120, 1499, 14428, 128, 2809),
      makeUsage(10120, 4308, more(128, 2809)),
    ],
    [
      'reasoning within the output is not billed twice',
      compatible,
      chat(100, 50, 150, 0, 30),
      makeUsage(100, 50, more(0, 30)),
    ],
    [
      'reasoning beyond the output is apart where no total says otherwise',
      compatible,
      chat(100, 50, undefined, 0, 80),
      makeUsage(100, 130, more(0, 80)),
    ],
    [
      'reasoning beyond the output is bounded by it where the total holds both',
      compatible,
      chat(100, 50, 150, 0, 80),
      makeUsage(100, 50, more(0, 50)),
    ],
    [
      'cached input that the total proves to be apart is billed as input',
      compatible,
      chat(100, 50, 190, 40, 0),
      makeUsage(140, 50, more(40, 0)),
    ],
    [
      'more cached than input is apart where no total says otherwise',
      compatible,
      chat(10, 5, undefined, 40, 0),
      makeUsage(50, 5, more(40, 0)),
    ],
    [
      'more cached than input is bounded by it where the total holds both',
      compatible,
      chat(10, 5, 15, 40, 0),
      makeUsage(10, 5, more(10, 0)),
    ],
    [
      'a cache in the names of Anthropic is beside the input',
      compatible,
      { input_tokens: 10, output_tokens: 5, cache_read_input_tokens: 4, cache_creation_input_tokens: 3 },
      makeUsage(17, 5, { cachedInputTokens: 4, cacheWriteTokens: 3 }),
    ],
    [
      'a cache in the names of both is in the input',
      compatible,
      { prompt_tokens: 17, completion_tokens: 5, cache_read_input_tokens: 4, cache_creation_input_tokens: 3 },
      makeUsage(17, 5, { cachedInputTokens: 4, cacheWriteTokens: 3 }),
    ],
    [
      'Moonshot reports cached input beside the rest',
      compatible,
      { prompt_tokens: 17, completion_tokens: 5, cached_tokens: 4 },
      makeUsage(17, 5, { cachedInputTokens: 4 }),
    ],
    [
      'xAI leaves cached input out of its input',
      xai,
      { input_tokens: 10, output_tokens: 5, input_tokens_details: { cached_tokens: 40 } },
      makeUsage(50, 5, more(40, 0)),
    ],
    [
      'Perplexity bills reasoning beside the total',
      perplexity,
      { prompt_tokens: 33, completion_tokens: 7163, total_tokens: 7196, reasoning_tokens: 73997 },
      makeUsage(33, 81160, { reasoningTokens: 73997 }),
    ],
    [
      'Gemini counts thoughts and the prompts of tools apart',
      gemini,
      {
        promptTokenCount: 20,
        toolUsePromptTokenCount: 4,
        candidatesTokenCount: 5,
        thoughtsTokenCount: 30,
        totalTokenCount: 59,
      },
      makeUsage(24, 35, { reasoningTokens: 30 }),
    ],
    [
      'Anthropic writes its cache for five minutes and for an hour',
      anthropic,
      {
        input_tokens: 10,
        output_tokens: 5,
        cache_read_input_tokens: 4,
        cache_creation_input_tokens: 150,
        cache_creation: { ephemeral_5m_input_tokens: 50, ephemeral_1h_input_tokens: 100 },
      },
      makeUsage(164, 5, { cachedInputTokens: 4, cacheWriteTokens: 150, cacheWrite1hTokens: 100 }),
    ],
    [
      'Anthropic may list its cache writes by their time alone',
      anthropic,
      { input_tokens: 10, output_tokens: 5, cache_creation: { ephemeral_1h_input_tokens: 100 } },
      makeUsage(110, 5, { cacheWriteTokens: 100, cacheWrite1hTokens: 100 }),
    ],
    [
      'Anthropic counts its cache beside the input, whatever total a server adds',
      anthropic,
      { input_tokens: 10, output_tokens: 5, cache_read_input_tokens: 4, total_tokens: 15 },
      makeUsage(14, 5, { cachedInputTokens: 4 }),
    ],
    [
      'Bedrock counts its cache beside the input, and lists its writes by their time',
      bedrock,
      {
        inputTokens: 10,
        outputTokens: 5,
        totalTokens: 169,
        cacheReadInputTokens: 4,
        cacheWriteInputTokens: 150,
        cacheDetails: [
          { ttl: '5m', inputTokens: 50 },
          { ttl: '1h', inputTokens: 100 },
        ],
      },
      makeUsage(164, 5, { cachedInputTokens: 4, cacheWriteTokens: 150, cacheWrite1hTokens: 100 }),
    ],
    [
      'Bedrock may leave its cache out of the total',
      bedrock,
      { inputTokens: 10, outputTokens: 5, totalTokens: 15, cacheReadInputTokens: 4 },
      makeUsage(14, 5, { cachedInputTokens: 4 }),
    ],
    [
      'Cohere charges the billed units',
      cohere,
      {
        billed_units: { input_tokens: 3, output_tokens: 2 },
        tokens: { input_tokens: 70, output_tokens: 4 },
        cached_tokens: 64,
      },
      makeUsage(3, 2),
    ],
    [
      'Cohere counts by tokens where nothing is billed by them',
      cohere,
      { billed_units: { search_units: 1 }, tokens: { input_tokens: 70, output_tokens: 4 } },
      makeUsage(70, 4),
    ],
    [
      'Cohere charges each side by itself',
      cohere,
      {
        billed_units: { input_tokens: null, output_tokens: 2 },
        tokens: { input_tokens: 70, output_tokens: 4 },
      },
      makeUsage(70, 2),
    ],
  ];
  it.each(rows)('%s', async (_, wire, usage, expected) => {
    expect(await usageOfWhole(wire, wire.whole(usage))).toEqual(expected);
    expect(await usageOfStream(wire, wire.stream([usage]))).toEqual(expected);
  });
});

describe('usage where it does not belong', () => {
  const usage = { prompt_tokens: 25, completion_tokens: 5 };
  const end = { index: 0, delta: {}, finish_reason: 'stop' };
  const hi = { choices: [{ index: 0, delta: { content: 'Hi' } }] };
  const message = { role: 'assistant', content: 'Hi' };
  const events = (...list: readonly object[]) =>
    list.map((each) => `event: ${(each as { type: string }).type}\n${sse(each)}`).join('');
  const claude = { id: 'msg', type: 'message', role: 'assistant', model: 'claude', content: [] };
  const text = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } };
  const named = { input_tokens: 25, output_tokens: 5 };

  it.each([
    ['in the choice (Moonshot)', compatible, sse(hi, { choices: [{ ...end, usage }] }, '[DONE]')],
    ['in the delta', compatible, sse(hi, { choices: [{ ...end, delta: { usage } }] }, '[DONE]')],
    ['in x_groq', compatible, sse(hi, { choices: [end], x_groq: { usage } }, '[DONE]')],
    ['with the first chunk', compatible, sse({ ...hi, usage }, { choices: [end], usage: null }, '[DONE]')],
    [
      "with message_stop (Anthropic's wire)",
      anthropic,
      events(
        { type: 'message_start', message: claude },
        text,
        { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
        { type: 'message_stop', usage: named },
      ),
    ],
    [
      "in the delta of message_delta (Anthropic's wire)",
      anthropic,
      events(
        { type: 'message_start', message: claude },
        text,
        { type: 'message_delta', delta: { stop_reason: 'end_turn', usage: named } },
        { type: 'message_stop' },
      ),
    ],
    [
      "beside the message of message_start (Anthropic's wire)",
      anthropic,
      events(
        { type: 'message_start', message: claude, usage: { input_tokens: 25 } },
        text,
        { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 5 } },
        { type: 'message_stop' },
      ),
    ],
    [
      'beside the response',
      xai,
      events(
        { type: 'response.output_text.delta', output_index: 0, delta: 'Hi' },
        { type: 'response.completed', response: { status: 'completed', output: [] }, usage: named },
      ),
    ],
    [
      'in the candidate',
      gemini,
      sse({
        candidates: [
          {
            content: { parts: [{ text: 'Hi' }] },
            finishReason: 'STOP',
            usageMetadata: { promptTokenCount: 25, candidatesTokenCount: 5 },
          },
        ],
      }),
    ],
    [
      'under the name of another vendor',
      gemini,
      sse({ candidates: [{ content: { parts: [{ text: 'Hi' }] }, finishReason: 'STOP' }], usage }),
    ],
    [
      'beside the delta (Cohere)',
      cohere,
      events(
        { type: 'content-delta', index: 0, delta: { message: { content: { text: 'Hi' } } } },
        { type: 'message-end', delta: { finish_reason: 'COMPLETE' }, usage: { tokens: named } },
      ),
    ],
  ] as const)('%s is found in a stream', async (_, wire, body) => {
    expect(await usageOfStream(wire, body)).toEqual(makeUsage(25, 5));
  });

  it.each([
    ['in the choice', compatible, { choices: [{ message, finish_reason: 'stop', usage }] }],
    ['in the message', compatible, { choices: [{ message: { ...message, usage }, finish_reason: 'stop' }] }],
    ['in x_groq', compatible, { choices: [{ message, finish_reason: 'stop' }], x_groq: { usage } }],
    [
      'in `meta` (Cohere version 1)',
      cohere,
      {
        message: { content: [{ type: 'text', text: 'Hi' }] },
        finish_reason: 'COMPLETE',
        meta: { billed_units: named },
      },
    ],
  ] as const)('%s is found in a whole answer', async (_, wire, body) => {
    expect(await usageOfWhole(wire, JSON.stringify(body))).toEqual(makeUsage(25, 5));
  });

  it('a count before the answer bounds the estimate of a stream that reports none after it', async () => {
    const start = { ...claude, usage: { input_tokens: 25, output_tokens: 9, cache_read_input_tokens: 3 } };
    const body = (counts: object | undefined) =>
      events(
        { type: 'message_start', message: start },
        text,
        { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: counts },
        { type: 'message_stop' },
      );
    const expected = makeUsage(28, 9, { cachedInputTokens: 3 });
    for (const counts of [undefined, {}, { output_tokens: 0 }]) {
      expect(await usageOfStream(anthropic, body(counts))).toEqual({ ...expected, estimated: true });
    }
    const later = { input_tokens: 0, output_tokens: 12, cache_read_input_tokens: 0 };
    expect(await usageOfStream(anthropic, body(later))).toEqual({ ...expected, outputTokens: 12 });
  });
});
