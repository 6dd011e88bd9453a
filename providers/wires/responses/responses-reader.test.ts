import { describe, expect, it } from 'vitest';
import { makeProvider } from '../../registry/registry.ts';
import { ask, collect } from '../../testing/calls.ts';
import { cut, replay } from '../../testing/replay.ts';
import { sse } from '../../testing/wire-server.ts';

type Event = { readonly type: string; readonly [field: string]: unknown };

const tools = ['f', 'g'].map((name) => ({ name, parameters: { type: 'object' } }));
const end = (output: readonly object[] = []): Event => ({
  type: 'response.completed',
  response: { status: 'completed', output, usage: { input_tokens: 3, output_tokens: 2 } },
});
const message = (...texts: readonly string[]) => ({
  type: 'message',
  content: texts.map((text) => ({ type: 'output_text', text })),
});
const delta = (output_index: number, text: string): Event => ({
  type: 'response.output_text.delta',
  output_index,
  delta: text,
});
const call = (id: string, name: string, given: string) => ({
  type: 'function_call',
  call_id: id,
  name,
  arguments: given,
});
const added = (output_index: number, item: object): Event => ({
  type: 'response.output_item.added',
  output_index,
  item,
});

async function read(...events: readonly Event[]) {
  const provider = await makeProvider({
    kind: 'OPENAI',
    baseUrl: 'http://upstream.test',
    region: null,
    secret: 'k',
    fetch: replay(() => cut(sse(...events), [])),
  });
  return collect(provider, ask('gpt-5-mini', 'q', { tools }));
}

describe('responses whose events report the same in several places, or in one', () => {
  const whole = 'one and two';
  const done: Event = { type: 'response.output_text.done', output_index: 0, text: whole };
  const item: Event = { type: 'response.output_item.done', output_index: 0, item: message(whole) };

  it.each([
    ['the text that is done', [done]],
    ['the item that is done', [item]],
    ['the end', []],
    ['all of them', [done, item]],
  ] as const)('have their text from %s', async (_, events) => {
    for (const emitted of ['', 'one ', whole]) {
      const begun = emitted === '' ? [] : [delta(0, emitted)];
      const { text, error } = await read(...begun, ...events, end([message(whole)]));
      expect([text, error]).toEqual([whole, null]);
      if (events.length > 0) expect((await read(...begun, ...events, end())).text).toBe(whole);
    }
  });

  it('have the texts of several parts and items once each', async () => {
    const output = [message('a', 'b'), message('c')];
    const events = [
      delta(0, 'a'),
      { type: 'response.output_text.done', output_index: 0, content_index: 0, text: 'a' },
      delta(0, 'b'),
      { type: 'response.output_text.done', output_index: 0, content_index: 1, text: 'b' },
      { type: 'response.output_item.done', output_index: 0, item: output[0] },
      delta(1, 'c'),
      { type: 'response.output_item.done', output_index: 1, item: output[1] },
    ];
    expect((await read(...events, end(output))).text).toBe('abc');
    expect((await read(end(output))).text).toBe('abc');
  });

  it('have a text once whose events name no item', async () => {
    const { output_index: _, ...bare } = delta(0, whole);
    expect((await read({ ...bare, type: 'response.output_text.delta' }, end([message(whole)]))).text).toBe(
      whole,
    );
  });

  it('have the arguments of calls from wherever they come, each once', async () => {
    const given = '{"x":9007199254740993}';
    const calls = [call('a', 'f', given), call('b', 'g', '')];
    const argumentsDone: Event = {
      type: 'response.function_call_arguments.done',
      output_index: 0,
      arguments: given,
    };
    const argumentsDelta: Event = {
      type: 'response.function_call_arguments.delta',
      output_index: 0,
      delta: given.slice(0, 5),
    };
    const itemDone: Event = { type: 'response.output_item.done', output_index: 0, item: calls[0] };
    const expected = [
      { id: 'a', name: 'f', arguments: given },
      { id: 'b', name: 'g', arguments: '{}' },
    ];
    const opened = [added(0, call('a', 'f', '')), added(1, call('b', 'g', ''))];
    for (const events of [
      [...opened, argumentsDone],
      [...opened, argumentsDelta, argumentsDone, itemDone],
      [...opened, itemDone],
      [...opened, argumentsDelta],
      opened,
      [itemDone],
      [],
    ]) {
      expect((await read(...events, end(calls))).toolCalls).toEqual(expected);
    }
  });
});

describe('calls of responses are emitted apart', () => {
  const items = [
    { id: 'i1', ...call('a', 'f', '{"x":1}') },
    { id: 'i2', ...call('b', 'g', '{"x":2}') },
  ];
  const opened = items.map((item) => ({ ...item, arguments: '' }));
  type Index = (at: number) => number | undefined;
  const event = (index: Index, at: number, type: string, more: object): Event => ({
    type,
    ...(index(at) === undefined ? {} : { output_index: index(at) }),
    ...more,
  });
  const begins = (index: Index, at: number) =>
    event(index, at, 'response.output_item.added', { item: opened[at] });
  const says = (index: Index, at: number) =>
    event(index, at, 'response.function_call_arguments.delta', {
      item_id: items[at]?.id,
      delta: items[at]?.arguments,
    });
  const ends = (index: Index, at: number) =>
    event(index, at, 'response.output_item.done', { item: items[at] });

  it.each([
    ['their indexes', (at: number) => at],
    ['one index', () => 0],
    ['no index', () => undefined],
  ] as const)('with %s, in turn or at once, by deltas or when they are done', async (_, index) => {
    const text: Event = { type: 'response.output_text.delta', output_index: index(0), delta: 'Hi' };
    for (const events of [
      [begins(index, 0), says(index, 0), ends(index, 0), begins(index, 1), says(index, 1), ends(index, 1)],
      [begins(index, 0), begins(index, 1), says(index, 0), says(index, 1), ends(index, 1), ends(index, 0)],
      [begins(index, 0), ends(index, 0), begins(index, 1), ends(index, 1)],
      [ends(index, 0), ends(index, 1)],
      [begins(index, 0), says(index, 0), begins(index, 1), says(index, 1)],
    ]) {
      for (const last of [end(), end(items)]) {
        const { toolCalls, text: emitted } = await read(text, ...events, last);
        expect(toolCalls).toEqual([
          { id: 'a', name: 'f', arguments: '{"x":1}' },
          { id: 'b', name: 'g', arguments: '{"x":2}' },
        ]);
        expect(emitted).toBe('Hi');
      }
    }
  });
});

describe('calls of tools that the vendor has run', () => {
  const search = {
    type: 'web_search_call',
    id: 'ws_1',
    status: 'completed',
    action: { type: 'search', query: 'x' },
  };
  const block = { type: 'provider-block', format: 'responses', block: search };
  const done: Event = { type: 'response.output_item.done', output_index: 0, item: search };

  it.each([
    ['the item that is done', [done, end()]],
    ['the end', [end([search])]],
    ['both', [done, delta(1, 'Found.'), end([search, message('Found.')])]],
  ] as const)('are blocks, once each, from %s', async (_, events) => {
    const { parts, error } = await read(added(0, { ...search, status: 'in_progress' }), ...events);
    expect(error).toBeNull();
    expect(parts.filter(({ type }) => type === 'provider-block')).toEqual([block]);
  });
});

describe('responses of several pieces of reasoning', () => {
  const summary = (output_index: number, summary_index: number, text: string): Event => ({
    type: 'response.reasoning_summary_text.delta',
    output_index,
    summary_index,
    delta: text,
  });
  const reasoning = (...texts: readonly string[]) => ({
    type: 'reasoning',
    summary: texts.map((text) => ({ type: 'summary_text', text })),
  });
  const done = (output_index: number, item: object): Event => ({
    type: 'response.output_item.done',
    output_index,
    item,
  });
  const output = [reasoning('**Plan**\nA', '**Check**'), reasoning('**Act**'), message('Yes', '.')];
  const items = output.map((item, at) => done(at, item));
  const deltas = [
    ...[summary(0, 0, '**Pl'), summary(0, 0, 'an**\nA'), summary(0, 1, '**Check**')],
    ...[summary(1, 0, '**A'), summary(1, 0, 'ct**')],
    ...[delta(2, 'Yes'), delta(2, '.')],
  ];

  it.each([
    ['deltas', deltas],
    ['deltas and items', [...deltas, ...items]],
    ['some deltas and items', [...deltas.slice(0, 3), ...items]],
    ['items', items],
    ['the end', []],
  ] as const)('have a paragraph for each of %s', async (_what, events) => {
    const answered = await read(...events, end(output));
    expect([answered.reasoning, answered.text, answered.error]).toEqual([
      '**Plan**\nA\n\n**Check**\n\n**Act**',
      'Yes.',
      null,
    ]);
  });

  it('have no more than one where the vendor has written it', async () => {
    const { reasoning: thought } = await read(summary(0, 0, 'A\n\n'), summary(0, 1, 'B'), end());
    expect(thought).toBe('A\n\nB');
  });
});

describe('the further fields of a call', () => {
  const whole = { ...call('c', 'f', '{"a":1}'), async: true };
  const own = { responses: { async: true } };

  it.each([
    ['its beginning alone', { async: true }, {}, [own]],
    ['its end alone', {}, { async: true }, [own]],
    ['both, once', { async: true }, { async: true }, [own]],
    [
      'both, with more at its end',
      { async: true },
      { async: true, b: 2 },
      [own, { responses: { async: true, b: 2 } }],
    ],
    ['the last event alone', null, null, [own]],
  ] as const)('come from %s', async (_, begun, done, expected) => {
    const bare = call('c', 'f', '');
    const events =
      begun === null || done === null
        ? [end([whole])]
        : [
            added(0, { ...bare, ...begun }),
            {
              type: 'response.output_item.done',
              output_index: 0,
              item: { ...call('c', 'f', '{"a":1}'), ...done },
            },
            end([{ ...call('c', 'f', '{"a":1}'), ...done }]),
          ];
    const { parts, toolCalls } = await read(...events);
    expect(toolCalls).toEqual([{ id: 'c', name: 'f', arguments: '{"a":1}' }]);
    expect(parts.flatMap((part) => (part.type === 'tool-call' && part.own ? [part.own] : []))).toEqual(
      expected,
    );
  });
});
