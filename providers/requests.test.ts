import { describe, expect, it } from 'vitest';
import type { ProviderCall, ProviderKind, ProviderMessage, ToolCall } from './provider.ts';
import { makeProvider } from './registry/registry.ts';
import { ask, collect } from './testing/calls.ts';
import { type RequestWire, requestWires, type SentTurn } from './testing/request-wires.ts';

/** The body of the request that a call sends. */
async function captureBody({ kind, answer }: Pick<RequestWire, 'kind' | 'answer'>, call: ProviderCall) {
  let body: unknown;
  const provider = await makeProvider({
    kind,
    baseUrl: 'http://upstream.test',
    region: 'eu-central-1',
    secret: 'sk-test-0123456789',
    fetch: async (_, init) => {
      body = JSON.parse(String(init?.body));
      return new Response(JSON.stringify(answer));
    },
  });
  const { text } = await provider.generate(call);
  expect(text).toBe('Hi');
  return body;
}

const tools = [
  { name: 'f', parameters: { type: 'object' } },
  { name: 'g', parameters: { type: 'object' } },
];

/** The turns that a conversation is sent as. */
async function sent(
  wire: RequestWire,
  ...messages: readonly ProviderMessage[]
): Promise<readonly SentTurn[]> {
  return wire.turns(await captureBody(wire, { model: wire.model, tools, messages }));
}

const user = (text: string): ProviderMessage => ({ role: 'user', parts: [{ type: 'text', text }] });
const system = (content: string): ProviderMessage => ({ role: 'system', content });
const calls = (...toolCalls: readonly ToolCall[]): ProviderMessage => ({
  role: 'assistant',
  text: '',
  toolCalls,
});
const call = (id: string, name = 'f', given: unknown = { a: 1 }): ToolCall => ({
  id,
  name,
  arguments: given,
});
const result = (toolCallId: string, content: string, toolName = 'f'): ProviderMessage => ({
  role: 'tool',
  toolCallId,
  toolName,
  content,
});

const callsIn = (turns: readonly SentTurn[]) => turns.flatMap((turn) => turn.calls);
const resultsIn = (turns: readonly SentTurn[]) => turns.flatMap((turn) => turn.results);

/** Each call is answered by its own result, after it, in the order of the calls, with no talk between. */
function expectPaired(wire: RequestWire, turns: readonly SentTurn[], results: readonly string[]): void {
  expect(resultsIn(turns).map(({ text }) => text)).toEqual(results);
  if (wire.ids !== null) {
    expect(resultsIn(turns).map(({ id }) => id)).toEqual(callsIn(turns).map(({ id }) => id));
    for (const { id } of callsIn(turns)) expect(id).toMatch(wire.ids);
    expect(new Set(callsIn(turns).map(({ id }) => id)).size).toBe(callsIn(turns).length);
  }
  const last = turns.findLastIndex((turn) => turn.calls.length > 0);
  const first = turns.findIndex((turn) => turn.results.length > 0);
  expect(turns.slice(last + 1, first)).toEqual([]);
  expect(turns.filter((turn) => turn.results.length > 0)).toHaveLength(
    wire.resultsTogether ? 1 : results.length,
  );
}

describe.each(requestWires)('$name: a request', (wire) => {
  it.each([
    ['parallel results', [result('a', 'of a'), result('b', 'of b')]],
    ['results in another order', [result('b', 'of b'), result('a', 'of a')]],
    ['instructions between the results', [result('a', 'of a'), system('s2'), result('b', 'of b')]],
    ['instructions before the results', [system('s2'), result('a', 'of a'), result('b', 'of b')]],
    ['a question between the results', [result('b', 'of b'), user('and?'), result('a', 'of a')]],
  ] as const)('sends %s after their calls, in their order', async (_, after) => {
    const history = [system('s1'), user('Hello'), calls(call('a'), call('b', 'g'))];
    const turns = await sent(wire, ...history, ...after);
    expectPaired(wire, turns, ['of a', 'of b']);
    const told = JSON.stringify(turns);
    for (const message of after) {
      if (message.role === 'system') expect(told).toContain('s2');
      if (message.role === 'user') expect(told).toContain('and?');
    }
  });

  it.each([
    ['of another vendor', 'functions.f:0'],
    ['of OpenAI', 'call_0123456789abcdefghijABCD'],
    ['of Mistral', 'aB3dE6gH9'],
    ['too long', `call_${'x'.repeat(200)}`],
    ['of odd characters', 'tööl 1/2"\\'],
    ['that is empty', ''],
  ])('sends an id %s in a form that the vendor takes, the same each time', async (_, id) => {
    const history = [user('Hello'), calls(call(id), call('b')), result(id, 'of a'), result('b', 'of b')];
    const turns = await sent(wire, ...history);
    expectPaired(wire, turns, ['of a', 'of b']);
    if (wire.ids?.test(id)) expect(callsIn(turns)[0]?.id).toBe(id);
    // In a longer conversation too, so that what the vendor has in its cache still fits.
    const longer = await sent(
      wire,
      ...history,
      { role: 'assistant', text: 'Yes.', toolCalls: [] },
      user('So?'),
    );
    expect(callsIn(longer)).toEqual(callsIn(turns));
  });

  it('distinguishes calls with the same id, in one turn and in several', async () => {
    const parallel = [
      calls(call('x'), call('x', 'g')),
      result('x', 'first', 'g'),
      result('x', 'second', 'g'),
    ];
    const together = await sent(wire, user('Hello'), ...parallel);
    expectPaired(wire, together, ['first', 'second']);
    for (const [at, { name }] of resultsIn(together).entries()) {
      if (name !== undefined) expect(name).toBe(['f', 'g'][at]);
    }
    const turns = await sent(
      wire,
      user('Hello'),
      calls(call('x')),
      result('x', 'first'),
      { role: 'assistant', text: 'Again.', toolCalls: [] },
      user('Do.'),
      calls(call('x')),
      result('x', 'second'),
    );
    expect(resultsIn(turns).map(({ text }) => text)).toEqual(['first', 'second']);
    if (wire.ids !== null) {
      expect(resultsIn(turns).map(({ id }) => id)).toEqual(callsIn(turns).map(({ id }) => id));
      expect(new Set(callsIn(turns).map(({ id }) => id)).size).toBe(2);
    }
  });

  it('never sends an id twice, though one is the digest of another', async () => {
    const [digest = ''] = callsIn(await sent(wire, user('Hello'), calls(call('ö')), result('ö', '1'))).map(
      ({ id }) => id,
    );
    const history = [user('Hello'), calls(call(digest), call('ö')), result(digest, '1'), result('ö', '2')];
    expectPaired(wire, await sent(wire, ...history), ['1', '2']);
  });

  it.each([
    ['after a beginning', [system('s1')]],
    ['without one at the beginning', []],
  ])('sends instructions in mid-conversation at their place, %s', async (_, begin) => {
    const answer: ProviderMessage = { role: 'assistant', text: 'Hi.', toolCalls: [] };
    const turns = await sent(wire, ...begin, user('one'), answer, system('s2'), user('two'));
    const texts = turns.map(({ texts: said }) => said.join('\n')).join('\n');
    const places = ['one', 'Hi.', 's2', 'two'].map((said) => texts.indexOf(said));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBeGreaterThanOrEqual(0);
    const first = turns.findIndex(({ role }) => role !== 'system');
    const later = turns.slice(first).filter(({ role }) => role === 'system');
    const stays = wire.systemBetween && (wire.kind !== 'ANTHROPIC' || begin.length > 0);
    expect(later.map(({ texts: said }) => said)).toEqual(stays ? [['s2']] : []);
    expect(turns.slice(0, first).flatMap(({ texts: said }) => said)).toEqual(begin.length > 0 ? ['s1'] : []);
  });

  it.each([
    ['an object', { a: 1 }, '{"a":1}', { a: 1 }],
    ['nothing', null, '{}', {}],
    ['an empty text', '', '{}', {}],
    ['blanks', ' \n', '{}', {}],
    ['a text of JSON', '{"id":9007199254740993}', '{"id":9007199254740993}', null],
    ['broken JSON', '{"city": "Par', '{"city": "Par', { arguments: '{"city": "Par' }],
    ['prose', 'the city of "Paris"', 'the city of "Paris"', { arguments: 'the city of "Paris"' }],
    ['a number of many digits', '9007199254740993', '9007199254740993', { arguments: '9007199254740993' }],
    ['a list', [1, 2], '[1,2]', { arguments: [1, 2] }],
  ] as const)('replays arguments that are %s', async (_, given, asText, asObject) => {
    const turns = await sent(wire, user('Hello'), calls(call('a', 'f', given)), result('a', 'of a'));
    const [{ arguments: replayed } = { arguments: undefined }] = callsIn(turns);
    if (wire.arguments === 'text') expect(replayed).toBe(asText);
    else if (asObject === null) expect(replayed).toEqual(JSON.parse(String(given)));
    else expect(replayed).toEqual(asObject);
  });
});

describe.each(requestWires)('$name: empty messages', (wire) => {
  const said = (text: string, ...toolCalls: readonly ToolCall[]): ProviderMessage => ({
    role: 'assistant',
    text,
    toolCalls,
  });

  it.each([
    ['an answer without a text', [user('q'), said(''), user('w')]],
    ['an instruction without a text', [system(''), user('q'), user('w')]],
    [
      'an empty text beside another',
      [{ role: 'user', parts: ['', 'q'].map((text) => ({ type: 'text', text })) }, user('w')],
    ],
  ] as const)('%s is left out, the first time and later', async (_, messages) => {
    for (let time = 0; time < 3; time++) {
      const turns = await sent(wire, ...(messages as readonly ProviderMessage[]));
      expect(turns.flatMap(({ texts }) => texts).join(' ')).toMatch(/^q\s+w$/);
      expect(turns.every(({ role }) => role === 'user')).toBe(true);
    }
  });

  it('an answer of white space is sent only to those that take one', async () => {
    const turns = await sent(wire, user('q'), said(' \n'), user('w'));
    const isClaude = /ANTHROPIC|BEDROCK/.test(wire.name);
    expect(turns.filter(({ role }) => role === 'assistant')).toHaveLength(isClaude ? 0 : 1);
  });

  it('a result without a text stays the result of its call', async () => {
    const turns = await sent(wire, user('q'), said(' ', call('abcdefghi')), result('abcdefghi', ''));
    expectPaired(wire, turns, ['']);
  });
});

describe.each(requestWires)('$name: tools', (wire) => {
  it.each([
    ['no tools are offered', {}],
    ['none may be called', { tools, toolChoice: 'none' }],
  ])('of the history are not lost where %s', async (_, more) => {
    const messages = [
      user('q'),
      calls(call('abcdefghi', 'f', { n: 17 })),
      result('abcdefghi', 'r-42'),
      user('w'),
    ];
    const body = JSON.stringify(await captureBody(wire, { model: wire.model, messages, ...more }));
    expect(body).toContain('17');
    expect(body).toContain('r-42');
    if (wire.kind === 'BEDROCK') expect(body).not.toMatch(/toolUse|toolResult|toolConfig/);
  });

  it.each([{}, { type: 'object' }, { description: 'none' }])(
    'with the parameters %j are sent with an object without properties',
    async (parameters) => {
      const named = { name: 'noparams', parameters };
      const body = await captureBody(wire, { model: wire.model, tools: [named], messages: [user('q')] });
      expect(JSON.stringify(body)).toMatch(
        /"type":"object"[^}]*"properties":\{\}|"properties":\{\}[^}]*"type":"object"/,
      );
    },
  );
});

describe('a model that thinks before it calls a tool', () => {
  it.each([
    ['OPENAI_COMPATIBLE', 'moonshotai/kimi-k2.5', true],
    ['OPENAI_COMPATIBLE', 'kimi-k2-thinking', true],
    ['OPENAI_COMPATIBLE', 'deepseek/deepseek-v4-flash', true],
    ['DEEPSEEK', 'deepseek-reasoner', true],
    ['DEEPSEEK', 'deepseek-v4-pro', true],
    ['OPENAI_COMPATIBLE', 'moonshot-v1-8k', false],
    ['DEEPSEEK', 'deepseek-chat', false],
  ] as const)('has something in the place of that thinking: %s %s: %s', async (kind, model, holds) => {
    const answer = { choices: [{ message: { content: 'Hi' }, finish_reason: 'stop' }] };
    const messages = [user('q'), calls(call('a')), result('a', 'r')];
    const body = await captureBody({ kind, answer }, { model, tools, messages });
    expect(body).toMatchObject({ messages: [{ role: 'user' }, { role: 'assistant' }, { role: 'tool' }] });
    const [, turn] = (body as { readonly messages: readonly { readonly reasoning_content?: string }[] })
      .messages;
    expect(turn?.reasoning_content).toBe(holds ? ' ' : undefined);
  });
});

describe('Mistral', () => {
  it('reads an answer between a result and the next question', async () => {
    const wire = requestWires.find(({ kind }) => kind === 'MISTRAL') as RequestWire;
    const history = [user('Hello'), calls(call('a')), result('a', 'of a')];
    const roles = (turns: readonly SentTurn[]) => turns.map(({ role }) => role);
    expect(roles(await sent(wire, ...history, user('So?')))).toEqual([
      'user',
      'assistant',
      'tool',
      'assistant',
      'user',
    ]);
    expect(roles(await sent(wire, ...history, system('s2')))).toEqual([
      'user',
      'assistant',
      'tool',
      'assistant',
      'user',
    ]);
    expect(roles(await sent(wire, ...history))).toEqual(['user', 'assistant', 'tool']);
  });
});

describe('Perplexity', () => {
  it('reads user and assistant by turns, with instructions at the beginning only', async () => {
    const compatible = requestWires.find(({ kind }) => kind === 'OPENAI_COMPATIBLE') as RequestWire;
    const wire = { ...compatible, kind: 'PERPLEXITY' as const, model: 'sonar' };
    const said: ProviderMessage = { role: 'assistant', text: 'Hi.', toolCalls: [] };
    const messages = [
      system('s1'),
      system('s2'),
      user('one'),
      user('two'),
      said,
      said,
      system('s3'),
      user('three'),
    ];
    const turns = wire.turns(await captureBody(wire, { model: wire.model, messages }));
    expect(turns.map(({ role, texts }) => [role, texts.join('')])).toEqual([
      ['system', 's1'],
      ['system', 's2'],
      ['user', 'one\n\ntwo'],
      ['assistant', 'Hi.\n\nHi.'],
      ['user', '<system>\ns3\n</system>\n\nthree'],
    ]);
  });
});

type Body = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;

describe('thinking of a Claude with a budget', () => {
  const claudes = requestWires.filter(
    ({ name }) => name === 'ANTHROPIC claude-sonnet-4-5' || name === 'BEDROCK',
  );
  const said: ProviderMessage = { role: 'assistant', text: 'Hi.', toolCalls: [] };
  const loop = [
    user('Hello'),
    { ...calls(call('a')), text: 'calling' } as ProviderMessage,
    result('a', 'of a'),
  ];
  const rows: readonly (readonly [string, boolean, readonly ProviderMessage[], Partial<ProviderCall>])[] = [
    ['a question', true, [user('Hello')], {}],
    ['a tool result', false, loop, {}],
    ['a question after a tool result', false, [...loop, user('and also')], {}],
    ['instructions after a tool result', false, [...loop, system('s2')], {}],
    ['both after a tool result', false, [...loop, system('s2'), user('and also')], {}],
    ['a call that is not answered', false, loop.slice(0, 2), {}],
    ['a text right before the call', false, [user('Hello'), said, ...loop.slice(1), user('and also')], {}],
    ['a question after the loop has ended', true, [...loop, said, user('and also')], {}],
    ['the beginning of its answer', false, [user('Hello'), said], {}],
    ['a call that it is forced to make', false, [user('Hello')], { tools, toolChoice: 'required' }],
    ['a call of a tool by name', false, [user('Hello')], { tools, toolChoice: 'f' }],
  ];
  describe.each(claudes)('$name', (wire) => {
    it.each(rows)('%s', async (_, thinks, messages, more) => {
      const call = { model: wire.model, tools, reasoningEffort: 'medium', messages, ...more };
      const { thinking, additionalModelRequestFields: bedrock } = (await captureBody(wire, call)) as Body;
      expect((thinking ?? bedrock?.thinking ?? null) !== null).toBe(thinks);
    });
  });
});

describe('media types', () => {
  const image = 'iVBORw0KGgo=';
  const wires = requestWires.filter(({ kind }) =>
    ['ANTHROPIC', 'GOOGLE', 'OPENAI_COMPATIBLE'].includes(kind),
  );
  it.each([
    ['image/jpg', 'image/jpeg'],
    ['image/pjpeg', 'image/jpeg'],
    ['IMAGE/JPEG', 'image/jpeg'],
    ['Image/Jpg; q=1', 'image/jpeg'],
    ['image/x-png', 'image/png'],
    ['image/png;charset=binary', 'image/png'],
    ['image/webp', 'image/webp'],
  ])('%s is sent as %s', async (mediaType, expected) => {
    for (const wire of wires) {
      for (const part of [
        { type: 'file', mediaType, data: image },
        { type: 'file', mediaType: 'image/*', url: `data:${mediaType};base64,${image}` },
      ] as const) {
        const body = await captureBody(wire, {
          model: wire.model,
          messages: [{ role: 'user', parts: [part] }],
        });
        const told = JSON.stringify(body);
        expect(told).toMatch(new RegExp(`"${expected}"|data:${expected};base64,`));
        if (mediaType !== expected) expect(told).not.toContain(mediaType);
      }
    }
  });
});

describe('a reasoning model of OpenAI behind another name', () => {
  const settings = { maxOutputTokens: 100, temperature: 0.5, topP: 0.9 };
  const compatible = requestWires.find(({ kind }) => kind === 'OPENAI_COMPATIBLE') as RequestWire;
  const kinds: readonly ProviderKind[] = [
    ...(['OPENAI_COMPATIBLE', 'OPENROUTER', 'TOGETHER', 'VLLM', 'OLLAMA'] as const),
    ...(['GITHUB_MODELS', 'LITELLM', 'VERCEL_AI_GATEWAY', 'DATABRICKS', 'SNOWFLAKE'] as const),
  ];

  it.each([
    'openai/gpt-5',
    'gpt-5-mini',
    'o3-mini',
    'openrouter/openai/o1',
    'openai.gpt-5.1',
    'openai/o4-mini:high',
  ])('%s takes neither max_tokens nor a temperature', async (model) => {
    for (const kind of kinds) {
      const body = await captureBody({ kind, answer: compatible.answer }, ask(model, 'Hello', settings));
      expect(body).toMatchObject({ model, max_completion_tokens: 100 });
      for (const field of ['max_tokens', 'temperature', 'top_p']) expect(body).not.toHaveProperty(field);
    }
  });

  it.each([
    'gpt-4o',
    'openai/gpt-4.1',
    'openai/gpt-oss-120b',
    'openai/gpt-5-chat',
    'qwen/o2-large-not',
    'orca-3',
  ])('%s takes both', async (model) => {
    const body = await captureBody(compatible, ask(model, 'Hello', settings));
    const takes = { max_tokens: 100, temperature: 0.5, top_p: 0.9 };
    if (model.includes('o2')) expect(body).toMatchObject({ model });
    else expect(body).toMatchObject({ model, ...takes });
  });

  it('keeps the sampling of a model that is set not to reason', async () => {
    const body = await captureBody(
      compatible,
      ask('openai/gpt-5.1', 'Hello', { ...settings, reasoningEffort: 'none' }),
    );
    expect(body).toMatchObject({ max_completion_tokens: 100, temperature: 0.5, top_p: 0.9 });
  });

  it.each(['openai/gpt-5', 'openrouter/openai/o3-mini'])(
    '%s is called through responses at a provider of kind OPENAI, by its full name, and through chat where there are none',
    async (model) => {
      const sentBodies: Record<string, unknown>[] = [];
      const responses = requestWires.find(({ name }) => name === 'OPENAI responses') as RequestWire;
      let lacking = false;
      const provider = await makeProvider({
        kind: 'OPENAI',
        baseUrl: 'http://upstream.test',
        region: null,
        secret: null,
        fetch: async (url, init) => {
          const isResponses = String(url).endsWith('/responses');
          if (isResponses && lacking) return new Response('Not Found', { status: 404 });
          sentBodies.push({ path: new URL(String(url)).pathname, ...JSON.parse(String(init?.body)) });
          return new Response(JSON.stringify(isResponses ? responses.answer : compatible.answer));
        },
      });
      expect((await provider.generate(ask(model, 'Hello', settings))).text).toBe('Hi');
      lacking = true;
      expect((await provider.generate(ask(model, 'Hello', settings))).text).toBe('Hi');
      expect(sentBodies).toMatchObject([
        { path: '/v1/responses', model, max_output_tokens: 100 },
        { path: '/v1/chat/completions', model, max_completion_tokens: 100 },
      ]);
      for (const body of sentBodies) {
        for (const field of ['max_tokens', 'temperature', 'top_p']) expect(body).not.toHaveProperty(field);
      }
    },
  );

  it('is streamed in the same words', async () => {
    let body: unknown;
    const provider = await makeProvider({
      kind: 'OPENAI_COMPATIBLE',
      baseUrl: 'http://upstream.test',
      region: null,
      secret: null,
      fetch: async (_, init) => {
        body = JSON.parse(String(init?.body));
        return new Response('data: [DONE]\n\n');
      },
    });
    // Three times: the second request of a kind is learnt from, the third is filled in.
    for (let time = 0; time < 3; time++) {
      await collect(provider, ask('openai/gpt-5', `Hello ${time}`, settings));
      expect(body).toMatchObject({ model: 'openai/gpt-5', max_completion_tokens: 100 });
      expect(body).not.toHaveProperty('temperature');
    }
  });
});
