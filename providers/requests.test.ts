import { describe, expect, it } from 'vitest';
import type { ProviderMessage, ToolCall } from './provider.ts';
import { captureBody, type RequestWire, requestWires, type SentTurn } from './testing/request-wires.ts';

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
    if (wire.resultsAnywhere) {
      const given = after.flatMap((message) => (message.role === 'tool' ? [message] : []));
      expect(resultsIn(turns).map(({ id, text }) => [id, text])).toEqual(
        given.map(({ toolCallId, content }) => [toolCallId, content]),
      );
    } else expectPaired(wire, turns, ['of a', 'of b']);
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
