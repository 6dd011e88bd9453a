import { describe, expect, it } from 'vitest';
import { makeProvider } from '../../registry/registry.ts';
import { ask, collect } from '../../testing/calls.ts';
import { cut, replay } from '../../testing/replay.ts';
import { sse } from '../../testing/wire-server.ts';

const begin = (index: number, id: string, input: unknown) => ({
  type: 'content_block_start',
  index,
  content_block: { type: 'tool_use', id, name: 'f', input },
});
const delta = (index: number, partial_json: string) => ({
  type: 'content_block_delta',
  index,
  delta: { type: 'input_json_delta', partial_json },
});
const stop = (index: number) => ({ type: 'content_block_stop', index });

async function read(...events: readonly object[]) {
  const body = sse(
    { type: 'message_start', message: { id: 'm', content: [], usage: { input_tokens: 3 } } },
    ...events,
    { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 2 } },
    { type: 'message_stop' },
  );
  const provider = await makeProvider({
    kind: 'ANTHROPIC',
    baseUrl: 'http://upstream.test',
    region: null,
    secret: 'k',
    fetch: replay(() => cut(body, [])),
  });
  const { toolCalls, error } = await collect(provider, ask('claude-sonnet-4-5', 'q'));
  expect(error).toBeNull();
  return toolCalls.map(({ id, arguments: given }) => [id, given]);
}

describe('the arguments of a tool call in a stream of messages are emitted once', () => {
  it.each([
    ['in the start alone', [begin(0, 'a', { x: 1 }), stop(0)]],
    ['in the start of a block that never stops', [begin(0, 'a', { x: 1 })]],
    ['in deltas alone', [begin(0, 'a', {}), delta(0, '{"x"'), delta(0, ':1}'), stop(0)]],
    ['in deltas before a stop', [begin(0, 'a', null), delta(0, ''), delta(0, '{"x":1}'), stop(0)]],
    ['in both', [begin(0, 'a', { x: 1 }), delta(0, '{"x"'), delta(0, ':1}'), stop(0)]],
    ['in both, the start as a text', [begin(0, 'a', '{"x":1}'), delta(0, ''), delta(0, '{"x":1}'), stop(0)]],
  ])('%s', async (_, events) => {
    expect(await read(...events)).toEqual([['a', '{"x":1}']]);
  });

  it('for each of two at once', async () => {
    const events = [begin(0, 'a', { x: 1 }), begin(1, 'b', { y: 2 }), delta(1, '{"y":2}'), stop(1), stop(0)];
    expect(await read(...events)).toEqual([
      ['a', '{"x":1}'],
      ['b', '{"y":2}'],
    ]);
  });
});
