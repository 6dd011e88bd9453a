import OpenAI from 'openai';
import { expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { checkEventOrder, parseResponseEvents, type responseSchema } from '#test/support/response-schemas.ts';
import { type ResponseEvent, ResponseFraming } from './response-events.ts';
import { readResponsesRequest } from './responses-request.ts';

const completionId = 'c1';
const base = { completionId };
const patch = { type: 'custom', name: 'patch' };
const { repeated: request } = readResponsesRequest(
  {
    model: 'demo/echo',
    tools: [patch, { type: 'function', name: 'shell', parameters: { type: 'object', properties: {} } }],
  },
  [{ role: 'user', content: 'Hello' }],
);

const text = fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' });
const reasoningBlock = fc.record({
  text: fc.option(text),
  signature: fc.option(text),
  redacted: fc.option(text),
  toolCallId: fc.constant(null),
  details: fc.constant(null),
  provider: fc.constantFrom('ANTHROPIC', 'OPENAI'),
});
/** Items of the vendor with their progress, and the beginnings of messages with a phase. */
const vendorPart: fc.Arbitrary<ResponseEvent> = fc.oneof(
  fc.constantFrom('commentary', 'final_answer').map(
    (phase): ResponseEvent => ({
      __typename: 'ProviderBlockAdded',
      format: 'responses',
      content: { type: 'message', phase },
    }),
  ),
  fc.record({ index: fc.nat(3), step: fc.nat(2) }).map(({ index, step }): ResponseEvent => {
    const item = { type: 'web_search_call', id: `ws_${index}`, status: 'completed', action: {} };
    const changes = [
      { type: 'response.output_item.added', output_index: index, item },
      {
        type: 'response.web_search_call.searching',
        output_index: index,
        item_id: item.id,
        sequence_number: 9,
      },
    ];
    return step === 2
      ? { __typename: 'ProviderBlockAdded', format: 'responses', content: item }
      : { __typename: 'ProviderBlockChanged', format: 'responses', content: changes[step] };
  }),
);
const part: fc.Arbitrary<ResponseEvent> = fc.oneof(
  vendorPart,
  text.map((one): ResponseEvent => ({ __typename: 'TextDelta', ...base, text: one })),
  text.map((one): ResponseEvent => ({ __typename: 'ReasoningDelta', ...base, text: one })),
  text.map((one): ResponseEvent => ({ __typename: 'RefusalDelta', ...base, text: one })),
  reasoningBlock.map((block) => ({ __typename: 'ReasoningFinished', ...base, block }) as ResponseEvent),
  fc
    .webUrl()
    .map((url) => ({ __typename: 'CitationAdded', ...base, citation: { url, title: 't' } }) as ResponseEvent),
  fc.record({ index: fc.nat(3), argumentsDelta: fc.string({ maxLength: 8 }) }).map(
    ({ index, argumentsDelta }): ResponseEvent => ({
      __typename: 'ToolCallDelta',
      ...base,
      index,
      id: `call_${index}`,
      name: index % 2 === 0 ? 'shell' : 'patch',
      argumentsDelta,
      providerOptions: index === 0 ? { responses: { async: true } } : null,
    }),
  ),
);

const finish = (finishReason: 'STOP' | 'LENGTH'): ResponseEvent => ({
  __typename: 'CompletionFinished',
  ...base,
  completion: {
    id: completionId,
    status: 'SUCCEEDED',
    text: '',
    reasoning: null,
    reasoningBlocks: [],
    refusal: null,
    citations: [],
    logprobs: null,
    providerBlocks: [],
    outline: [],
    toolCalls: [],
    finishReason,
    dropped: [],
    error: null,
    usage: {
      inputTokens: 1,
      outputTokens: 1,
      totalTokens: 2,
      cachedInputTokens: 0,
      cacheWriteTokens: 0,
      reasoningTokens: 0,
    },
    model: { id: 'demo/echo' },
    createdAt: '2026-11-28T12:00:00.000Z',
    endedAt: '2026-11-28T12:00:02.000Z',
  } as never,
});

function write(events: readonly ResponseEvent[], after?: number): string {
  const started = { completionId, model: 'demo/echo' };
  const framing = new ResponseFraming({} as never, {
    createdS: 1,
    request,
    started,
    ...(after === undefined ? {} : { after }),
  });
  return framing.opening + events.map((event) => framing.next(event)).join('') + framing.closing();
}

/** The response as the SDK's helper adds it up from the events. */
function accumulate(body: string): Promise<{ readonly output: readonly object[] }> {
  const headers = { 'content-type': 'text/event-stream' };
  const client = new OpenAI({
    apiKey: 'k',
    maxRetries: 0,
    fetch: async () => new Response(body, { headers }),
  });
  return client.responses.stream({ model: 'demo/echo', input: 'Hello' }).finalResponse();
}

const answers = fc.tuple(
  fc.array(part, { maxLength: 30 }),
  fc.constantFrom('STOP' as const, 'LENGTH' as const),
);

it('writes every answer as events of the protocol, each item once and complete when it is done', () => {
  fc.assert(
    fc.property(answers, ([parts, reason]) => {
      const events = parseResponseEvents(write([...parts, finish(reason)]));
      checkEventOrder(events);
      const done = events.flatMap((event) => (event.type === 'response.output_item.done' ? [event] : []));
      const { response } = events.at(-1) as { readonly response: ReturnType<typeof responseSchema.parse> };
      const inOrder = done.toSorted((a, b) => a.output_index - b.output_index);
      expect(response.output).toEqual(inOrder.map(({ item }) => item));
      expect(response.status).toBe(reason === 'STOP' ? 'completed' : 'incomplete');
      const texts = (type: string) =>
        parts.flatMap((one) => (one.__typename === type && 'text' in one ? [one.text] : [])).join('');
      const written = response.output.flatMap((item) => (item.type === 'message' ? item.content : []));
      expect(written.map((one) => ('text' in one ? one.text : '')).join('')).toBe(texts('TextDelta'));
      expect(written.map((one) => ('refusal' in one ? one.refusal : '')).join('')).toBe(
        texts('RefusalDelta'),
      );
      const calls = response.output.filter(({ type }) => /^(?:function|custom_tool)_call$/.test(type));
      const indexes = parts.flatMap((one) => (one.__typename === 'ToolCallDelta' ? [one.index] : []));
      expect(calls).toHaveLength(new Set(indexes).size);
    }),
  );
});

it('repeats the events of every answer under their numbers, from any number on', () => {
  fc.assert(
    fc.property(answers, fc.nat(60), ([parts, reason], number) => {
      const events = [...parts, finish(reason)];
      const all = parseResponseEvents(write(events));
      const after = number % (all.length - 1);
      expect(parseResponseEvents(write(events, after))).toEqual(all.slice(after + 1));
    }),
  );
});

it('is added up by the helper of the SDK to the response of the last event', async () => {
  await fc.assert(
    fc.asyncProperty(answers, async ([parts, reason]) => {
      const body = write([...parts, finish(reason)]);
      const last = parseResponseEvents(body).at(-1) as { readonly response: { readonly output: object[] } };
      const { output } = await accumulate(body);
      expect(output).toMatchObject(last.response.output);
    }),
    { numRuns: 50 },
  );
});
