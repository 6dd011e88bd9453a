import { describe, expect, it } from 'vitest';
import { checkEventOrder, parseResponseEvents } from '#test/support/response-schemas.ts';
import { GraphFailure } from '../../operations/run-declared.ts';
import { type ResponseEvent, ResponseFraming } from './response-events.ts';
import { toStoredResponse } from './response-object.ts';

const completionId = 'c1';
const completion = {
  id: completionId,
  status: 'SUCCEEDED',
  text: 'Hello there',
  reasoning: null,
  reasoningBlocks: [],
  refusal: null,
  citations: [],
  logprobs: null,
  providerBlocks: [],
  outline: [
    { kind: 'TEXT', index: 0 },
    { kind: 'TOOL_CALL', index: 0 },
  ],
  toolCalls: [{ id: 'call_1', name: 'shell', argumentsText: '{"a":1}', providerOptions: null }],
  finishReason: 'TOOL_CALLS',
  serviceTier: null,
  dropped: [],
  limits: [],
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
  endedAt: '2026-11-28T12:00:02.500Z',
} as const;

const request = {
  background: false,
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  metadata: {},
  parallel_tool_calls: true,
  previous_response_id: null,
  prompt_cache_key: null,
  reasoning: { effort: null, summary: null },
  safety_identifier: null,
  service_tier: 'default',
  store: true,
  temperature: 1,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [{ type: 'custom', name: 'patch' }],
  top_logprobs: 0,
  top_p: 1,
  presence_penalty: 0,
  frequency_penalty: 0,
  truncation: 'disabled',
};

const text = (part: string): ResponseEvent => ({ __typename: 'TextDelta', text: part });
const call = (index: number, argumentsDelta: string, name: string | null = null): ResponseEvent => ({
  __typename: 'ToolCallDelta',
  index,
  id: name === null ? null : `call_${index}`,
  name,
  argumentsDelta,
  providerOptions: null,
});
const started: ResponseEvent = {
  __typename: 'CompletionStarted',
  completionId,
  dropped: [],
  limits: [],
  guardrailVerdicts: [],
  model: { id: 'demo/echo' },
};
const finished: ResponseEvent = { __typename: 'CompletionFinished', completion };
const restarted: ResponseEvent = { __typename: 'CompletionRestarted' };

function frame(events: readonly ResponseEvent[], after?: number) {
  const framing = new ResponseFraming({ requestId: 'r1', services: {} } as never, {
    createdS: 1,
    request,
    ...(after === undefined ? {} : { after, started: { completionId, model: 'demo/echo' } }),
  });
  return parseResponseEvents(framing.opening + events.map((event) => framing.next(event)).join(''));
}

describe('the events of a response', () => {
  it('keep each item at its index, whatever comes between its parts, and send each call once', () => {
    const events = frame([
      started,
      { __typename: 'ReasoningDelta', text: 'Hm' },
      text('Hello'),
      call(0, '{"a"', 'shell'),
      call(1, '{"b"', 'shell'),
      call(0, ':1}'),
      text(' there'),
      call(1, ':2}'),
      finished,
    ]);
    checkEventOrder(events);
    const done = events.flatMap((event) => (event.type === 'response.output_item.done' ? [event] : []));
    expect(done.map(({ output_index: index, item }) => [index, item.type])).toEqual([
      [0, 'reasoning'],
      [1, 'message'],
      [2, 'function_call'],
      [3, 'function_call'],
    ]);
    expect(done[2]?.item).toMatchObject({ call_id: 'call_0', arguments: '{"a":1}' });
    expect(done[3]?.item).toMatchObject({ call_id: 'call_1', arguments: '{"b":2}' });
    expect(events.at(-1)).toMatchObject({ response: { output: done.map(({ item }) => item) } });
  });

  it('have the time at which the completion ended, and none before the response', () => {
    const endedS = Date.parse(completion.endedAt.replace('.500', '.000')) / 1000;
    const last = frame([started, finished]).at(-1);
    expect(last).toMatchObject({ response: { created_at: 1, completed_at: endedS } });
    const begun = toStoredResponse({} as never, { ...completion, createdAt: completion.endedAt }, request);
    expect(begun).toMatchObject({ created_at: endedS, completed_at: endedS });
    const early = { ...completion, endedAt: '2026-11-28T11:59:59.999Z' };
    expect(toStoredResponse({} as never, early, request)).toMatchObject({
      created_at: endedS - 2,
      completed_at: endedS - 2,
    });
    const cut = { ...completion, finishReason: 'LENGTH' } as const;
    expect(toStoredResponse({} as never, cut, request)).toMatchObject({ completed_at: null });
  });

  it('have the input of a custom tool as a text', () => {
    const events = frame([started, call(0, '{"input":', 'patch'), call(0, '"*** Begin"}'), finished]);
    checkEventOrder(events);
    expect(events.find(({ type }) => type === 'response.custom_tool_call_input.done')).toMatchObject({
      input: '*** Begin',
    });
  });

  it('have what a provider signed in encrypted_content, once its block is complete', () => {
    const block = {
      text: 'Hm',
      signature: 's',
      redacted: null,
      toolCallId: null,
      details: null,
      provider: 'ANTHROPIC',
    } as const;
    const events = frame([
      started,
      { __typename: 'ReasoningDelta', text: 'Hm' },
      { __typename: 'ReasoningFinished', block },
      { __typename: 'ReasoningFinished', block: { ...block, text: null, redacted: 'r' } },
      text('Hello'),
      finished,
    ]);
    checkEventOrder(events);
    const items = events.flatMap((event) => (event.type === 'response.output_item.done' ? [event.item] : []));
    expect(items).toMatchObject([
      { type: 'reasoning', summary: [{ text: 'Hm' }], encrypted_content: expect.any(String) },
      { type: 'reasoning', summary: [], encrypted_content: expect.any(String) },
      { type: 'message' },
    ]);
  });

  it('end for a client that has more of them than there are left, with the whole answer', () => {
    const events = frame([restarted, text('Hello there'), call(0, '{"a":1}', 'shell'), finished], 40);
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, at) => 41 + at));
    expect(events.map(({ type }) => type)).toEqual([
      'response.output_item.added',
      'response.output_item.done',
      'response.output_item.added',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(events.at(-1)).toMatchObject({
      response: { output: [{ content: [{ text: 'Hello there' }] }, { name: 'shell' }] },
    });
  });

  it('end for a client that has more of them than there are left of a call that failed, and for no other twice', () => {
    const error = { code: 'PROVIDER_ERROR', message: 'Gone.', retryAfterMs: null } as const;
    const gone = { ...completion, status: 'FAILED', text: '', toolCalls: [], error } as const;
    const failed: ResponseEvent = {
      __typename: 'CompletionFailed',
      completionId,
      code: error.code,
      message: error.message,
      retryAfterMs: null,
      completion: gone,
    };
    const all = frame([failed], -1);
    expect(all.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'error',
      'response.failed',
    ]);
    for (const [after] of all.entries()) expect(frame([failed], after)).toEqual(all.slice(after + 1));
    expect(frame([failed], 26)).toMatchObject([
      { type: 'error', sequence_number: 27 },
      { type: 'response.failed', sequence_number: 28, response: { status: 'failed' } },
    ]);
    const whole = frame([text('Hello'), finished], -1);
    expect(frame([text('Hello'), finished], whole.length - 1)).toEqual([]);
    expect(frame([text('Hello'), finished], 99)).toMatchObject([
      { type: 'response.completed', sequence_number: 100 },
    ]);
  });

  it('are no longer sent one by one where they are lost in the middle, and none of the text twice', () => {
    const events = frame([
      started,
      text('Hel'),
      restarted,
      text('Hello there'),
      call(0, '{"a":1}', 'shell'),
      finished,
    ]);
    checkEventOrder(events);
    const deltas = events.flatMap((event) =>
      event.type === 'response.output_text.delta' ? [event.delta] : [],
    );
    expect(deltas).toEqual(['Hel']);
    expect(events.at(-1)).toMatchObject({
      response: { output: [{ content: [{ text: 'Hello there' }] }, {}] },
    });
  });

  it('never end as a success where the events of the completion break off', () => {
    const exchange = { requestId: 'r', services: { log: console } } as never;
    const framing = new ResponseFraming(exchange, { createdS: 1, request });
    const events = parseResponseEvents(framing.next(started) + framing.next(text('Hel')) + framing.closing());
    checkEventOrder(events);
    // SDKs throw the first; others read the second.
    expect(events.at(-2)).toMatchObject({ type: 'error', error: { type: 'server_error' } });
    expect(events.at(-1)).toMatchObject({
      type: 'response.failed',
      response: { status: 'failed', output: [{ status: 'incomplete', content: [{ text: 'Hel' }] }] },
    });
  });

  it.each([
    ['CONTEXT_TOO_LONG', 'context_length_exceeded'],
    ['BUDGET_EXCEEDED', 'insufficient_quota'],
    ['QUOTA_EXCEEDED', 'rate_limit_exceeded'],
    ['RATE_LIMITED', 'rate_limit_exceeded'],
    ['PROVIDER_RATE_LIMITED', 'rate_limit_exceeded'],
    ['INTERNAL', 'server_error'],
  ])('fail after %s with the code %s, by which Codex decides to retry', (code, name) => {
    const exchange = { requestId: 'r', services: { log: console } } as never;
    const framing = new ResponseFraming(exchange, { createdS: 1, request });
    const failure = new GraphFailure({ message: 'No.', extensions: { code, retryAfterMs: 11_900 } });
    const events = parseResponseEvents(framing.next(started) + framing.failed(failure));
    checkEventOrder(events);
    const message = expect.stringMatching(name.startsWith('rate') ? /try again in 12s/ : /./);
    expect(events.at(-1)).toMatchObject({
      type: 'response.failed',
      response: { error: { code: name, message } },
    });
  });
});
