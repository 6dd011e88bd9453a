import { describe, expect, it } from 'vitest';
import { type ProviderCall, ProviderFailure, type ProviderPart } from '../provider.ts';
import { createDemoProvider } from './demo-provider.ts';

function ask(model: string, text: string, more: Partial<ProviderCall> = {}): ProviderCall {
  return { model, messages: [{ role: 'user', parts: [{ type: 'text', text }] }], ...more };
}

async function collect(parts: AsyncIterable<ProviderPart>): Promise<ProviderPart[]> {
  const all: ProviderPart[] = [];
  for await (const part of parts) all.push(part);
  return all;
}

function joinText(parts: readonly ProviderPart[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

const schema = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 6 },
    age: { type: 'integer', minimum: 3 },
    colour: { enum: ['red', 'blue'] },
    tags: { type: 'array', minItems: 2, items: { $ref: '#/$defs/tag' } },
    hidden: { type: 'string' },
  },
  required: ['name', 'age', 'colour', 'tags'],
  $defs: { tag: { anyOf: [{ type: 'boolean' }, { type: 'null' }] } },
};

describe('demo provider', () => {
  const demo = createDemoProvider({ wait: async () => undefined });

  it('streams the last user message word by word, and the words joined are the message exactly', async () => {
    for (const text of ['Hello  big\n world ', ' leading', 'one', '\n\t', 'ünï 日本語 🙂 x']) {
      const parts = await collect(demo.stream(ask('echo', text)));
      expect(joinText(parts)).toBe(text);
      expect(parts.at(-1)).toMatchObject({ type: 'finish', reason: 'STOP' });
      expect((await demo.generate(ask('echo', text))).text).toBe(text);
    }
    expect(await collect(demo.stream(ask('echo', 'a b c')))).toHaveLength(4);
  });

  it('counts the same usage for a stream and for an answer', async () => {
    const call = ask('echo', 'twelve bytes');
    const finish = (await collect(demo.stream(call))).at(-1);
    const { usage } = await demo.generate(call);
    expect(usage).toMatchObject({ inputTokens: 3, outputTokens: 3 });
    expect(finish).toMatchObject({ usage });
  });

  it('cuts at a stop text and at maxOutputTokens without breaking a character', async () => {
    expect(await demo.generate(ask('echo', 'one two', { stop: ['tw'] }))).toMatchObject({
      text: 'one ',
      finishReason: 'STOP',
    });
    expect(await demo.generate(ask('echo', '🙂🙂', { maxOutputTokens: 1 }))).toMatchObject({
      text: '🙂',
      finishReason: 'LENGTH',
    });
    expect((await demo.generate(ask('echo', 'aé🙂', { maxOutputTokens: 1 }))).text).toBe('aé');
  });

  it('answers a responseSchema with its smallest instance, or with the message when that is JSON', async () => {
    const { text } = await demo.generate(ask('echo', 'hello', { responseSchema: schema }));
    expect(JSON.parse(text)).toEqual({ name: 'demo..', age: 3, colour: 'red', tags: [false, false] });
    expect((await demo.generate(ask('echo', '{"x":1}', { responseSchema: schema }))).text).toBe('{"x":1}');
  });

  it('calls the demanded tool with the smallest arguments', async () => {
    const tools = [{ name: 'person', parameters: schema }];
    const answer = await demo.generate(ask('echo', 'hi', { tools, toolChoice: 'required' }));
    expect(answer).toMatchObject({ text: '', finishReason: 'TOOL_CALLS', toolCalls: [{ name: 'person' }] });
    const [part] = await collect(demo.stream(ask('echo', 'hi', { tools, toolChoice: 'person' })));
    expect(part).toMatchObject({ type: 'tool-call', index: 0, name: 'person' });
    await expect(demo.generate(ask('echo', 'hi', { tools, toolChoice: 'other' }))).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  });

  it('calls the first tool of tools by itself, until its result is there', async () => {
    const tools = [{ name: 'person', parameters: schema }];
    const called = await demo.generate(ask('tools', 'hi', { tools }));
    expect(called).toMatchObject({ text: '', toolCalls: [{ name: 'person' }] });
    const [call] = called.toolCalls;
    const messages = [
      ...ask('tools', 'hi').messages,
      { role: 'assistant', text: '', toolCalls: called.toolCalls },
      { role: 'tool', toolCallId: call?.id ?? '', toolName: 'person', content: 'Ada' },
    ] as const;
    for (const more of [{ tools, messages }, { tools, toolChoice: 'none' }, {}]) {
      expect(await demo.generate(ask('tools', 'hi', more))).toMatchObject({ text: 'hi', toolCalls: [] });
    }
  });

  it('fails flaky on every odd attempt of the same input, retryably, in generate and stream alike', async () => {
    await expect(demo.generate(ask('flaky', 'a'))).rejects.toMatchObject({
      code: 'PROVIDER_ERROR',
      retryable: true,
    });
    await expect(collect(demo.stream(ask('flaky', 'b')))).rejects.toBeInstanceOf(ProviderFailure);
    expect(joinText(await collect(demo.stream(ask('flaky', 'a'))))).toBe('a');
    expect((await demo.generate(ask('flaky', 'b'))).text).toBe('b');
    await expect(demo.generate(ask('flaky', 'a'))).rejects.toBeInstanceOf(ProviderFailure);
  });

  it('fails cut after half of the words and down always', async () => {
    const seen: ProviderPart[] = [];
    const reading = (async () => {
      for await (const part of demo.stream(ask('cut', 'a b c d'))) seen.push(part);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'PROVIDER_ERROR' });
    expect(joinText(seen)).toBe('a b ');
    await expect(demo.generate(ask('down', 'x'))).rejects.toMatchObject({ code: 'PROVIDER_ERROR' });
  });

  it('waits 50 ms before each word of slow, and rejects with the reason of the abort while it waits', async () => {
    const waits: number[] = [];
    const patient = createDemoProvider({ wait: async (ms) => waits.push(ms) });
    await collect(patient.stream(ask('slow', 'a b c')));
    expect(waits).toEqual([50, 50, 50]);

    const abort = new AbortController();
    const reason = new Error('the client left');
    const reading = collect(createDemoProvider().stream(ask('slow', 'a b c', { signal: abort.signal })));
    abort.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });

  it('embeds as unit vectors, the same each time, near for texts that share words', async () => {
    const { vectors, usage } = await demo.embed({
      model: 'embed',
      values: ['hello world', 'Hello there, world', 'bananas', ''],
    });
    const dot = (a: readonly number[] = [], b: readonly number[] = []) =>
      a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
    expect(vectors.map((vector) => vector.length)).toEqual([64, 64, 64, 64]);
    for (const vector of vectors) expect(dot(vector, vector)).toBeCloseTo(1, 10);
    expect(dot(vectors[0], vectors[1])).toBeGreaterThan(0.7);
    expect(dot(vectors[0], vectors[2])).toBeLessThan(0.4);
    expect(usage).toMatchObject({ inputTokens: 10, outputTokens: 0 });
    const again = await demo.embed({ model: 'embed', values: ['bananas'] });
    expect(again.vectors[0]).toEqual(vectors[2]);
    const short = await demo.embed({ model: 'embed', values: ['a'], dimensions: 3 });
    expect(short.vectors[0]).toHaveLength(3);
  });

  it('refuses unknown models, embedding with a chat model, wrong dimensions and inputs over the context', async () => {
    await expect(demo.generate(ask('gpt', 'x'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(demo.generate(ask('embed', 'x'))).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    await expect(demo.embed({ model: 'echo', values: ['x'] })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    await expect(demo.embed({ model: 'embed', values: ['x'], dimensions: 0 })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    await expect(demo.embed({ model: 'embed', values: ['x'.repeat(40_000)] })).rejects.toMatchObject({
      code: 'CONTEXT_TOO_LONG',
    });
  });
});
