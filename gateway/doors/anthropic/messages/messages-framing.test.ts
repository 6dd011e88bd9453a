import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import type { Exchange } from '../../../http/exchange.ts';
import { MessagesFraming } from './messages-framing.ts';

type Event = Parameters<MessagesFraming['next']>[0];

const usage = {
  inputTokens: 12,
  outputTokens: 3,
  cachedInputTokens: 4,
  cacheWriteTokens: 5,
  cacheWrite1hTokens: 2,
  reasoningTokens: 0,
};
const completionId = 'c1';
const started = {
  __typename: 'CompletionStarted',
  completionId,
  model: { id: 'demo/echo' },
  dropped: [],
  usage: {
    inputTokens: 11,
    outputTokens: 0,
    cachedInputTokens: 4,
    cacheWriteTokens: 2,
    cacheWrite1hTokens: 0,
    reasoningTokens: 0,
  },
  limits: [],
  guardrailVerdicts: [],
} as const;
const finished = (
  finishReason: 'STOP' | 'TOOL_CALLS' = 'STOP',
  status: 'SUCCEEDED' | 'CANCELLED' = 'SUCCEEDED',
  end: { readonly finishDetail?: string; readonly stopSequence?: string } = {},
) =>
  ({
    __typename: 'CompletionFinished',
    completion: {
      status,
      finishReason,
      finishDetail: null,
      stopSequence: null,
      serviceTier: null,
      usage,
      ...end,
    },
  }) as const;
const text = (value: string) => ({ __typename: 'TextDelta', text: value }) as const;
const thought = (value: string) => ({ __typename: 'ReasoningDelta', text: value }) as const;
const call = (index: number, argumentsDelta: string, name: string | null = null) =>
  ({
    __typename: 'ToolCallDelta',
    index,
    id: name === null ? null : `call_${index}`,
    name,
    argumentsDelta,
    providerOptions: null,
  }) as const;
const block = (fields: object) =>
  ({
    __typename: 'ReasoningFinished',
    block: {
      text: null,
      signature: null,
      redacted: null,
      toolCallId: null,
      provider: 'ANTHROPIC',
      ...fields,
    },
  }) as Event;

interface Sent {
  readonly type: string;
  readonly index?: number;
  readonly content_block?: Readonly<Record<string, unknown>>;
  readonly delta?: Readonly<Record<string, unknown>>;
  readonly message?: Readonly<Record<string, unknown>>;
  readonly usage?: object;
}

const log = { error: () => undefined, warn: () => undefined };
const exchange = { requestId: 'r1', services: { log } } as unknown as Exchange;

function send(events: readonly Event[]): readonly Sent[] {
  const framing = new MessagesFraming(exchange);
  const written = events.map((event) => framing.next(event)).join('') + framing.closing();
  return written
    .split('\n\n')
    .filter((one) => one !== '')
    .map((one) => {
      const [name, data] = one.split('\ndata: ');
      const parsed = JSON.parse(data ?? '') as Sent;
      expect(name).toBe(`event: ${parsed.type}`);
      return parsed;
    });
}

/** Fails where a block is not opened, filled and closed before the next, each with its own index and kind of delta. */
function gather(events: readonly Sent[]) {
  const blocks: { type: unknown; text: string; signature: string }[] = [];
  let open: number | null = null;
  const fields: Readonly<Record<string, string>> = {
    text_delta: 'text',
    thinking_delta: 'thinking',
    signature_delta: 'thinking',
    citations_delta: 'text',
    input_json_delta: 'tool_use',
  };
  const toDeltaKind = (type: unknown) => (type === 'server_tool_use' ? 'tool_use' : type);
  for (const { type, index = -1, content_block, delta } of events) {
    if (type === 'content_block_start') {
      expect(open).toBeNull();
      expect(index).toBe(blocks.length);
      blocks.push({ type: content_block?.type, text: '', signature: '' });
      open = index;
    } else if (type === 'content_block_delta') {
      expect(index).toBe(open);
      const current = blocks[index];
      expect(fields[String(delta?.type)]).toBe(toDeltaKind(current?.type));
      if (current === undefined) continue;
      current.text += String(delta?.text ?? delta?.thinking ?? delta?.partial_json ?? '');
      current.signature += String(delta?.signature ?? '');
    } else if (type === 'content_block_stop') {
      expect(index).toBe(open);
      open = null;
    }
  }
  expect(open).toBeNull();
  return blocks;
}

describe('events of messages', () => {
  it('begin once, with every field of a usage, and end once, with the counts', () => {
    const sent = send([started, text('Hel'), text('lo'), finished()]);
    expect(sent.map(({ type }) => type)).toEqual([
      'message_start',
      'ping',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(sent[0]?.message).toMatchObject({
      id: 'msg_c1',
      type: 'message',
      role: 'assistant',
      model: 'demo/echo',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: {
        input_tokens: 5,
        cache_creation_input_tokens: 2,
        cache_read_input_tokens: 4,
        cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 0 },
        output_tokens: 0,
      },
    });
    expect(sent.at(-2)).toMatchObject({
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: {
        input_tokens: 3,
        cache_creation_input_tokens: 5,
        cache_read_input_tokens: 4,
        cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 2 },
        output_tokens: 3,
      },
    });
  });

  it('have thinking, its signature and text in blocks of their own', () => {
    const blocks = gather(
      send([
        started,
        thought('I '),
        thought('think'),
        block({ text: 'I think', signature: 'sig=' }),
        block({ redacted: 'cipher' }),
        text('So'),
        thought('Again'),
        block({ text: 'Again', signature: 'two' }),
        text('Then'),
        finished(),
      ]),
    );
    expect(blocks).toEqual([
      { type: 'thinking', text: 'I think', signature: 'sig=' },
      { type: 'redacted_thinking', text: '', signature: '' },
      { type: 'text', text: 'So', signature: '' },
      { type: 'thinking', text: 'Again', signature: 'two' },
      { type: 'text', text: 'Then', signature: '' },
    ]);
  });

  it('send the text of a block of thinking that was not streamed', () => {
    expect(gather(send([started, block({ text: 'Known', signature: 's' }), finished()]))).toEqual([
      { type: 'thinking', text: 'Known', signature: 's' },
    ]);
  });

  it('keep the arguments of calls whole and in one block each, however they are mixed', () => {
    const blocks = gather(
      send([
        started,
        call(0, '', 'one'),
        call(1, '{"b":', 'two'),
        call(0, '{"a":'),
        text('meanwhile'),
        call(1, '2}'),
        call(0, '1}'),
        call(2, '{}', 'three'),
        finished('TOOL_CALLS'),
      ]),
    );
    expect(blocks.map(({ type, text: given }) => [type, given])).toEqual([
      ['tool_use', '{"a":1}'],
      ['tool_use', '{"b":2}'],
      ['text', 'meanwhile'],
      ['tool_use', '{}'],
    ]);
  });

  it('lose no end of arguments that never become whole', () => {
    const blocks = gather(
      send([started, call(0, '{"a":', 'one'), call(1, '[', 'two'), call(1, 'x'), finished()]),
    );
    expect(blocks.map(({ text: given }) => given)).toEqual(['{"a":', '[x']);
  });

  it.each([
    [{ finishDetail: 'stop_sequence', stopSequence: 'END' }, 'stop_sequence', 'END'],
    [{ stopSequence: 'END' }, 'stop_sequence', 'END'],
    [{ finishDetail: 'pause_turn' }, 'pause_turn', null],
    [{ finishDetail: 'model_context_window_exceeded' }, 'model_context_window_exceeded', null],
  ])('state why the answer ended in the words of Anthropic: %o', (end, stop_reason, stop_sequence) => {
    const sent = send([started, text('So'), finished('STOP', 'SUCCEEDED', end)]);
    expect(sent.at(-2)?.delta).toEqual({ stop_reason, stop_sequence });
  });

  it('carry blocks of tools that Anthropic runs unchanged and in their places, and no blocks of others', () => {
    const use = { type: 'server_tool_use', id: 's1', name: 'web_search', input: { query: 'x' } };
    const result = {
      type: 'web_search_tool_result',
      tool_use_id: 's1',
      content: [{ encrypted_content: 'e' }],
    };
    const own = (content: unknown, format = 'messages') =>
      ({ __typename: 'ProviderBlockAdded', format, content }) as const;
    const sent = send([
      started,
      text('a'),
      own(use),
      own(result),
      own({ x: 1 }, 'chat'),
      text('b'),
      finished(),
    ]);
    expect(gather(sent).map(({ type, text: given }) => [type, given])).toEqual([
      ['text', 'a'],
      ['server_tool_use', '{"query":"x"}'],
      ['web_search_tool_result', ''],
      ['text', 'b'],
    ]);
    const starts = sent.flatMap(({ content_block }) => (content_block === undefined ? [] : [content_block]));
    expect(starts.slice(1, 3)).toEqual([{ ...use, input: {} }, result]);
    expect(sent.at(-2)?.usage).toMatchObject({
      server_tool_use: { web_search_requests: 1, web_fetch_requests: 0 },
    });
  });

  it('stand one block at a time and in the order of their indexes, whatever order a provider has', () => {
    const makeBlock = (type: string) => own({ type, id: 'x', input: { a: 1 } });
    const own = (content: unknown) =>
      ({ __typename: 'ProviderBlockAdded', format: 'messages', content }) as const;
    const anyEvents = fc.array(
      fc.oneof(
        fc.string().map(text),
        fc.string().map(thought),
        fc.constantFrom(makeBlock('server_tool_use'), makeBlock('any_new_block')),
        fc.constantFrom(block({ text: 'T', signature: 's' }), block({ redacted: 'r' })),
        fc.tuple(fc.nat(3), fc.constantFrom('', '{', '"a":', '1', '}')),
        fc.constant({ __typename: 'CitationAdded', citation: { url: 'u' } } as const),
      ),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(anyEvents, (mixed) => {
        const seen = new Set<number>();
        const events = mixed.map((one): Event => {
          if (!Array.isArray(one)) return one as Event;
          const [index, part] = one as readonly [number, string];
          const name = seen.has(index) ? null : `f${index}`;
          seen.add(index);
          return call(index, part, name);
        });
        const sent = send([started, ...events, finished()]);
        const types = sent.map(({ type }) => type);
        expect([types[0], ...types.slice(-2)]).toEqual(['message_start', 'message_delta', 'message_stop']);
        expect(types.filter((type) => type.startsWith('message_'))).toHaveLength(3);
        const blocks = gather(sent);
        const join = (type: string) =>
          blocks.flatMap((one) => (one.type === type ? [one.text] : [])).join('');
        const given = (name: string) =>
          events.flatMap((one) => (one.__typename === name && 'text' in one ? [one.text] : [])).join('');
        expect(join('text')).toBe(given('TextDelta'));
        expect(blocks.filter(({ type }) => type === 'tool_use')).toHaveLength(seen.size);
      }),
    );
  });

  it('end a canceled completion and a failure with an error, and never as an answer ends', () => {
    const canceled = send([started, text('Hel'), finished('STOP', 'CANCELLED')]).map(({ type }) => type);
    expect(canceled.at(-1)).toBe('error');
    expect(canceled).not.toContain('message_stop');
    const failure = new MessagesFraming(exchange).failed(new Error('secret'));
    expect(failure).toContain('event: error\n');
    expect(failure).toContain('"request_id":"r1"');
    expect(failure).not.toContain('secret');
  });
});
