import { describe, expect, it } from 'vitest';
import { makeProvider } from '../../registry/registry.ts';
import { ask, collect } from '../../testing/calls.ts';
import { cut, replay } from '../../testing/replay.ts';
import { chunk, sse } from '../../testing/wire-server.ts';

interface Delta {
  readonly index?: number | string;
  readonly id?: string;
  readonly name?: string;
  readonly args?: unknown;
}

const delta = ({ index, id, name, args }: Delta) => ({
  ...(index === undefined ? {} : { index }),
  ...(id === undefined ? {} : { id }),
  function: { ...(name === undefined ? {} : { name }), ...(args === undefined ? {} : { arguments: args }) },
});

function open(body: string) {
  return makeProvider({
    kind: 'OPENAI_COMPATIBLE',
    baseUrl: 'http://upstream.test',
    region: null,
    secret: 'k',
    fetch: replay(() => cut(body, [])),
  });
}

async function read(...events: readonly object[]) {
  return readWith([], ...events);
}

async function readWith(tools: readonly string[], ...events: readonly object[]) {
  const body = sse(...events, chunk({}, 'tool_calls'), '[DONE]');
  const offered = tools.map((name) => ({ name, parameters: { type: 'object' } }));
  return collect(await open(body), ask('m', 'q', offered.length === 0 ? {} : { tools: offered }));
}

const buildStream = (deltas: readonly Delta[]) => deltas.map((each) => chunk({ tool_calls: [delta(each)] }));

/** How servers stream `f {x:1}` and `g {x:2}`, or calls of one name. */
const two: Readonly<Record<string, readonly Delta[]>> = {
  'one index and no ids': [
    { index: 0, name: 'f', args: '{"x":1}' },
    { index: 0, name: 'g', args: '{"x":2}' },
  ],
  'one index, no ids, and arguments in pieces': [
    { index: 0, name: 'f', args: '' },
    { index: 0, args: '{"x"' },
    { index: 0, args: ':1}' },
    { index: 0, name: 'g', args: '{"x"' },
    { index: 0, args: ':2}' },
  ],
  'no index and no ids': [
    { name: 'f', args: '{"x":1}' },
    { name: 'g', args: '{"x":2}' },
  ],
  'one index and ids': [
    { index: 0, id: 'a', name: 'f', args: '{"x":1}' },
    { index: 0, id: 'b', name: 'g', args: '{"x":2}' },
  ],
  'one index, and ids with pieces in turn': [
    { index: 0, id: 'a', name: 'f', args: '{"x"' },
    { index: 0, id: 'b', name: 'g', args: '{"x"' },
    { index: 0, id: 'a', args: ':1}' },
    { index: 0, id: 'b', args: ':2}' },
  ],
  'one id at two indexes': [
    { index: 0, id: 'a', name: 'f', args: '{"x":1}' },
    { index: 1, id: 'a', name: 'g', args: '{"x":2}' },
  ],
  'one id and one index': [
    { index: 0, id: 'a', name: 'f', args: '{"x":1}' },
    { index: 0, id: 'a', name: 'g', args: '{"x":2}' },
  ],
  'a name that is repeated with each piece': [
    { index: 0, id: 'a', name: 'f', args: '{"x"' },
    { index: 0, id: 'a', name: 'f', args: ':1}' },
    { index: 1, id: 'b', name: 'g', args: '{"x"' },
    { index: 1, id: 'b', name: 'g', args: ':2}' },
  ],
  'an index that comes back': [
    { index: 0, name: 'f', args: '{"x"' },
    { index: 1, name: 'g', args: '{"x"' },
    { index: 0, args: ':1}' },
    { index: 1, args: ':2}' },
  ],
  'indexes that are texts': [
    { index: '0', id: 'a', name: 'f', args: '{"x"' },
    { index: '1', id: 'b', name: 'g', args: '{"x"' },
    { index: '0', args: ':1}' },
    { index: '1', args: ':2}' },
  ],
  'arguments that are objects': [
    { index: 0, name: 'f', args: { x: 1 } },
    { index: 0, name: 'g', args: { x: 2 } },
  ],
  'empty arguments before the real ones': [
    { index: 0, id: 'a', name: 'f', args: '{}' },
    { index: 0, args: '{"x":1}' },
    { index: 1, id: 'b', name: 'g', args: 'null' },
    { index: 1, args: '{"x":2}' },
  ],
};

/** How servers stream `f {x:1}` and `g {x:2}` and give something of it again. */
const repeated: Readonly<Record<string, readonly Delta[]>> = {
  'all of it': [
    { index: 0, id: 'a', name: 'f', args: '{"x"' },
    { index: 0, args: ':1}' },
    { index: 1, id: 'b', name: 'g', args: '{"x":2}' },
    { index: 0, id: 'a', name: 'f', args: '{"x":1}' },
    { index: 1, id: 'b', name: 'g', args: '{"x":2}' },
  ],
  'all of it, spaced anew': [
    { index: 0, id: 'a', name: 'f', args: '{"x":1}' },
    { index: 0, id: 'a', name: 'f', args: '{ "x": 1 }' },
    { index: 1, id: 'b', name: 'g', args: '{"x":2}' },
    { index: 2, id: 'b', name: 'g', args: '{"x": 2}\n' },
  ],
  'the arguments alone': [
    { index: 0, id: 'a', name: 'f', args: '' },
    { index: 0, args: '{"x":1}' },
    { index: 0, args: '{"x":1}' },
    { index: 1, id: 'b', name: 'g', args: '' },
    { index: 1, args: '{"x":2}' },
    { index: 1, args: '{"x":2}' },
  ],
  'all of it at the next index': [
    { index: 0, id: 'a', name: 'f', args: '{"x":1}' },
    { index: 1, id: 'a', name: 'f', args: '{"x":1}' },
    { index: 2, id: 'b', name: 'g', args: '{"x":2}' },
    { index: 3, id: 'b', name: 'g', args: '{"x":2}' },
  ],
  'the id, with the arguments, at the next index': [
    { index: 0, id: 'a', name: 'f', args: '' },
    { index: 1, id: 'a', args: '{"x":1}' },
    { index: 2, id: 'b', name: 'g', args: '' },
    { index: 3, id: 'b', name: 'g', args: '{"x":2}' },
  ],
  'id and name with the rest of the arguments': [
    { index: 0, id: 'a', name: 'f', args: '{"x"' },
    { index: 0, id: 'a', name: 'f', args: ':1}' },
    { index: 1, id: 'b', name: 'g', args: '{"x":2' },
    { index: 1, id: 'b', name: 'g', args: '}' },
  ],
};

const tools = ['get', 'get_weather', 'get_weather_of', 'put'];
const args = '{"x":1}';

/** How servers stream `get_weather {x:1}` with a name in pieces. */
const splitNames: Readonly<Record<string, readonly Delta[]>> = {
  'the second without an id': [
    { index: 0, id: 'a', name: 'get_', args: '' },
    { index: 0, name: 'weather' },
    { index: 0, args },
  ],
  'the second with the same id': [
    { index: 0, id: 'a', name: 'get_' },
    { index: 0, id: 'a', name: 'weather', args },
  ],
  'no index': [{ id: 'a', name: 'get_' }, { id: 'a', name: 'weather' }, { args }],
  'a first piece that is a tool too': [
    { index: 0, id: 'a', name: 'get', args: '' },
    { index: 0, name: '_weather', args: '' },
    { index: 0, args },
  ],
  'one letter each': [
    ...[...'get_weather'].map((name) => ({ index: 0, id: 'a', name })),
    { index: 0, args: '{"x"' },
    { index: 0, args: ':1}' },
  ],
  'each repeating the one before': [
    { index: 0, id: 'a', name: 'get_' },
    { index: 0, id: 'a', name: 'get_weather' },
    { index: 0, id: 'a', name: 'get_weather', args },
  ],
  'arguments beside each': [
    { index: 0, id: 'a', name: 'get_', args: '{"x"' },
    { index: 0, name: 'weather', args: ':1}' },
  ],
};

/** Deltas of arguments that are no repetition, however alike they look. */
const alike = [
  '{"a":{"a":1}}',
  '{"a":[{"a":[1]}]}',
  '{"a":"{\\"a\\":\\"{"}',
  '{"{":"{"}',
  '[[1]]',
  '{"":{"":{}}}',
];

describe('tool calls of chat completions', () => {
  it.each(Object.entries(splitNames))(
    'have their whole name where it comes in pieces, %s',
    async (_, deltas) => {
      const { toolCalls, error } = await readWith(tools, ...buildStream(deltas));
      expect(error).toBeNull();
      expect(toolCalls).toEqual([{ id: 'a', name: 'get_weather', arguments: args }]);
    },
  );

  it.each([
    ['one index', 0],
    ['an index each', 1],
  ])('whose names begin like others are emitted apart with %s', async (_, second) => {
    const { toolCalls, error } = await readWith(
      tools,
      ...buildStream([
        { index: 0, id: 'a', name: 'get', args: '' },
        { index: second, id: 'b', name: 'put', args: '' },
        { index: 2, id: 'c', name: 'get', args: '' },
      ]),
    );
    expect(error).toBeNull();
    expect(toolCalls.map(({ id, name }) => [id, name])).toEqual([
      ['a', 'get'],
      ['b', 'put'],
      ['c', 'get'],
    ]);
  });

  it('have their arguments once where each delta repeats those before it', async () => {
    for (const given of [
      '{"x":{"y":[1,{"z":"a{"}]},"w":"\\\\"}',
      '{"city":"Paris"}',
      '{ "a": [1, 2] }',
      '{"a":1,"b":2}',
    ]) {
      for (const step of [1, 2, 3, 5, 9]) {
        const deltas: Delta[] = [{ index: 0, id: 'a', name: 'f', args: '' }];
        for (let end = step; end < given.length + step; end += step)
          deltas.push({ index: 0, args: given.slice(0, end) });
        const { toolCalls, error } = await read(...buildStream(deltas));
        expect([error, toolCalls]).toEqual([null, [{ id: 'a', name: 'f', arguments: given }]]);
      }
      for (let at = 1; at < given.length; at++) {
        const pieces = [given.slice(0, at), given].map((piece) => ({
          index: 0,
          id: 'a',
          name: 'f',
          args: piece,
        }));
        const { toolCalls } = await read(...buildStream(pieces));
        expect(toolCalls).toEqual([{ id: 'a', name: 'f', arguments: given }]);
      }
    }
  });

  it.each(alike)('keep the arguments %s whole, however they are cut', async (given) => {
    for (let at = 1; at < given.length; at++) {
      for (let to = at + 1; to <= given.length; to++) {
        const pieces = [given.slice(0, at), given.slice(at, to), given.slice(to)];
        const deltas = pieces.map((piece, nth) => ({
          index: 0,
          ...(nth === 0 ? { id: 'a', name: 'f' } : {}),
          args: piece,
        }));
        const { toolCalls } = await read(...buildStream(deltas));
        expect(toolCalls).toEqual([{ id: 'a', name: 'f', arguments: given }]);
      }
    }
  });

  it.each(['text', 'object'])('are read where one stands alone, its arguments as %s', async (form) => {
    const only = delta({ id: 'a', name: 'get', args: form === 'text' ? args : { x: 1 } });
    const streamed = await readWith(tools, chunk({ tool_calls: only }));
    expect(streamed.toolCalls).toEqual([{ id: 'a', name: 'get', arguments: args }]);
    const message = { content: null, tool_calls: only };
    const provider = await open(JSON.stringify({ choices: [{ message, finish_reason: 'tool_calls' }] }));
    expect((await provider.generate(ask('m', 'q'))).toolCalls).toEqual([
      { id: 'a', name: 'get', arguments: { x: 1 } },
    ]);
  });

  it.each(Object.entries(repeated))('are emitted once where a server repeats %s', async (_, deltas) => {
    const { toolCalls, error } = await read(...buildStream(deltas));
    expect(error).toBeNull();
    expect(toolCalls).toEqual([
      { id: 'a', name: 'f', arguments: '{"x":1}' },
      { id: 'b', name: 'g', arguments: '{"x":2}' },
    ]);
  });

  it('that are the same but for their ids are two calls', async () => {
    const twice = ['a', 'b'].map((id, index) => ({ index, id, name: 'f', args: '{"x":1}' }));
    for (const deltas of [twice, twice.map((each) => ({ ...each, index: 0 }))]) {
      const { toolCalls } = await read(...buildStream(deltas));
      expect(toolCalls.map(({ id }) => id)).toEqual(['a', 'b']);
    }
    const message = { tool_calls: ['a', 'a'].map((id) => delta({ id, name: 'f', args: '{"x":1}' })) };
    const provider = await open(JSON.stringify({ choices: [{ message, finish_reason: 'tool_calls' }] }));
    expect((await provider.generate(ask('m', 'q'))).toolCalls).toHaveLength(2);
  });

  it.each(Object.entries(two))('are emitted apart with %s', async (_, deltas) => {
    const { toolCalls, error } = await read(...buildStream(deltas));
    expect(error).toBeNull();
    expect(toolCalls.map(({ name, arguments: given }) => [name, given])).toEqual([
      ['f', '{"x":1}'],
      ['g', '{"x":2}'],
    ]);
    expect(new Set(toolCalls.map(({ id }) => id)).size).toBe(2);
  });

  it('of one name at one index without ids are emitted apart where an object begins after a whole one', async () => {
    for (const deltas of [
      ['{"u":"a"}', '{"u":{"b":1}}', '{"u":"c"}'].map((args) => ({ index: 0, name: 'f', args })),
      ['{"u":"a"}', '{"u":{"b":1}}', '{"u":"c"}'].map((args, at) => ({
        index: 0,
        ...(at === 0 ? { name: 'f' } : {}),
        args,
      })),
    ]) {
      const { toolCalls } = await read(...buildStream(deltas));
      expect(toolCalls.map(({ name, arguments: given }) => [name, given])).toEqual([
        ['f', '{"u":"a"}'],
        ['f', '{"u":{"b":1}}'],
        ['f', '{"u":"c"}'],
      ]);
    }
  });

  it('are not cut where an object begins inside of arguments', async () => {
    const given = '{"a":{"b":[{},{"c":"}{"}]}}';
    for (let at = 1; at < given.length; at++) {
      const { toolCalls } = await read(
        ...buildStream([
          { index: 0, id: 'a', name: 'f', args: given.slice(0, at) },
          { index: 0, args: given.slice(at) },
        ]),
      );
      expect(toolCalls).toEqual([{ id: 'a', name: 'f', arguments: given }]);
    }
  });

  it.each([
    ['whole', [chunk({ function_call: { name: 'f', arguments: '{"x":1}' } })]],
    [
      'in pieces',
      [
        chunk({ function_call: { name: 'f', arguments: '' } }),
        chunk({ function_call: { arguments: '{"x"' } }),
        chunk({ function_call: { arguments: ':1}' } }),
      ],
    ],
    [
      'beside the tool call that says the same',
      [
        chunk({
          tool_calls: [delta({ index: 0, id: 'a', name: 'f', args: '{"x":1}' })],
          function_call: { name: 'f', arguments: '{"x":1}' },
        }),
      ],
    ],
  ])('in the form from before tools are read, streamed %s', async (_, events) => {
    const { toolCalls, finish } = await read(...events);
    expect(toolCalls).toMatchObject([{ name: 'f', arguments: '{"x":1}' }]);
    expect(finish?.reason).toBe('TOOL_CALLS');
  });

  it('in the form from before tools are read in a whole answer', async () => {
    const message = { content: null, function_call: { name: 'f', arguments: '{"x":1}' } };
    const provider = await open(JSON.stringify({ choices: [{ message, finish_reason: 'function_call' }] }));
    const { toolCalls, finishReason } = await provider.generate(ask('m', 'q'));
    expect(toolCalls).toMatchObject([{ name: 'f', arguments: { x: 1 } }]);
    expect([toolCalls[0]?.id === '', finishReason]).toEqual([false, 'TOOL_CALLS']);
  });

  it('are refused while one of them has no name', async () => {
    const { error } = await read(
      ...buildStream([
        { index: 0, id: 'a', name: 'f', args: '{}' },
        { index: 1, id: 'b', args: '{"x":1}' },
      ]),
    );
    expect(error).toMatchObject({ code: 'PROVIDER_ERROR', retryable: true });
  });

  it('of an answer that its server calls broken are a failure with its code and words', async () => {
    const broken = { code: 429, message: 'upstream is busy' };
    const choice = { index: 0, delta: { content: '' }, finish_reason: 'error', error: broken };
    const streamed = await collect(await open(sse({ choices: [choice] }, '[DONE]')), ask('m', 'q'));
    const message = { role: 'assistant', content: 'part' };
    const provider = await open(JSON.stringify({ choices: [{ ...choice, message }] }));
    for (const failure of [streamed.error, await provider.generate(ask('m', 'q')).catch((error) => error)]) {
      expect(failure).toMatchObject({
        code: 'PROVIDER_RATE_LIMITED',
        message: expect.stringContaining('busy'),
      });
    }
  });
});
