import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Body, type Dialect, dialects } from './dialects.ts';
import {
  chat,
  messages,
  openReportedMesh,
  type ReportedMesh,
  responses,
  rich,
  wires,
} from './reported-mesh.ts';
import { beginConversation, continueConversation, readCallIds, toLoopFields } from './tool-loop.ts';
import type { UpstreamWire } from './upstream-wire.ts';

/** AI models that refuse calls of tools in a conversation without the thinking that led to them. */
const thinking = wires
  .filter(({ name }) => name === 'chat')
  .flatMap((wire) => ['deepseek-v4-pro', 'kimi-k2.6'].map((model) => ({ ...wire, model })));

let reported: ReportedMesh;
beforeAll(async () => {
  reported = await openReportedMesh(thinking);
}, 120_000);
afterAll(() => reported?.[Symbol.asyncDispose]());

const hi = { role: 'user', content: 'Hi' };
/** Reasoning of which nothing is left, as servers return it where none was requested. */
const blank: readonly (readonly [Dialect, Body])[] = [
  [chat, { role: 'assistant', content: 'Hello', reasoning_content: '' }],
  [chat, { role: 'assistant', content: 'Hello', reasoning_details: [{ type: 'reasoning.text', index: 0 }] }],
  [responses, { type: 'reasoning', id: 'rs_up', summary: [] }],
  [
    responses,
    { type: 'reasoning', id: 'rs_up', summary: [], content: null, encrypted_content: 'hd1.changed' },
  ],
  [messages, { role: 'assistant', content: [{ type: 'thinking', thinking: '', signature: '' }] }],
];
describe.each(wires)('a turn with reasoning of which nothing is left, over $name', (wire) => {
  it.each(blank)('is none in $name, and fails no call: %j', async (dialect, turn) => {
    const more = { [dialect === responses ? 'input' : 'messages']: [hi, turn, hi] };
    const { request } = await reported.send(wire, dialect, more, false, { texts: ['Hello'] });
    expect(JSON.stringify(request)).not.toMatch(/rs_up|hd1\.|"signature":""/);
  });
});

describe.each(wires)('a call over $name', (wire) => {
  it('Claude Code #65863, #83550: an effort beside thinking that is turned off requests none', async () => {
    const more = { thinking: { type: 'disabled' }, output_config: { effort: 'high' } };
    const { request } = await reported.send(wire, messages, more, false, { texts: ['Hello'] });
    if (wire.kind === 'ANTHROPIC') expect(request).toMatchObject(more);
    else expect(JSON.stringify(request)).not.toMatch(/effort|thinking|"reasoning"/i);
  });

  it.each(dialects)(
    'Claude Code #3277: $name with half of a character is sent with a whole one',
    async (dialect) => {
      const { turns } = beginConversation(dialect, 'A cut \ud83d here.');
      const more = { [dialect === responses ? 'input' : 'messages']: turns };
      await reported.send(wire, dialect, more, false, { texts: ['Hello'] });
      expect(reported.open(wire).upstream.server.requests.at(-1)?.body).toContain('A cut \ufffd here.');
    },
  );

  it.each([chat, responses])('arguments of $name keep their digits in the next turn', async (dialect) => {
    const given = { name: 'look_up', arguments: '{"PARAM_1":12345678901234567890}' };
    const turns: readonly Body[] =
      dialect === chat
        ? [
            { role: 'assistant', tool_calls: [{ id: 'call_a', type: 'function', function: given }] },
            { role: 'tool', tool_call_id: 'call_a', content: 'found' },
          ]
        : [
            { type: 'function_call', call_id: 'call_a', ...given },
            { type: 'function_call_output', call_id: 'call_a', output: 'found' },
          ];
    const more = { [dialect === chat ? 'messages' : 'input']: [hi, ...turns] };
    await reported.send(wire, dialect, more, false, { texts: ['Hello'] });
    expect(reported.open(wire).upstream.server.requests.at(-1)?.body).toContain('12345678901234567890');
  });
});

const signing = wires.filter(({ aspects }) => aspects.has('signature'));
describe.each(dialects)('the next turn over $name', (dialect) => {
  it.each(signing)('LiteLLM #8964, PR 8797: $name gets its signature back', async (wire) => {
    const first = await reported.send(wire, dialect, {}, false);
    const next = continueConversation(dialect, beginConversation(dialect, 'Look.'), first.text, 'found');
    const { request } = await reported.send(wire, dialect, toLoopFields(dialect, next), false, {
      texts: ['Done'],
    });
    expect(JSON.stringify(request)).toContain(rich.signature);
  });

  it('Bifrost #6342: blocks of thinking go back to Anthropic in the form and order that they had', async () => {
    const wire = wires.find(({ kind }) => kind === 'ANTHROPIC') as UpstreamWire;
    const first = await reported.send(wire, dialect, {}, false);
    const next = continueConversation(dialect, beginConversation(dialect, 'Look.'), first.text, 'found');
    const { request } = await reported.send(wire, dialect, toLoopFields(dialect, next), false, {
      texts: ['Done'],
    });
    const turns = request.messages as readonly { role: string; content: readonly Body[] }[];
    expect(turns.find(({ role }) => role === 'assistant')?.content.slice(0, 2)).toEqual([
      { type: 'thinking', thinking: rich.reasoning, signature: rich.signature },
      { type: 'text', text: 'I will look.' },
    ]);
  });

  it.each(thinking)(
    'Bifrost #3456, #3802: $model gets its thinking back with the calls that it led to',
    async (wire) => {
      const first = await reported.send(wire, dialect, {}, false);
      const next = continueConversation(dialect, beginConversation(dialect, 'Look.'), first.text, 'found');
      const { request } = await reported.send(wire, dialect, toLoopFields(dialect, next), false, {
        texts: ['Done'],
      });
      const turns = request.messages as readonly Body[];
      expect(turns.filter(({ tool_calls }) => tool_calls !== undefined)).toMatchObject([
        { role: 'assistant', reasoning_content: rich.reasoning },
      ]);
    },
  );

  it.each(wires)(
    'new-api #2499, #6103: a stream with thinking, text and calls over $name is whole',
    async (wire) => {
      const { text, code } = await reported.send(wire, dialect, {}, true);
      expect(code).toBeNull();
      for (const part of ['call_a', 'call_b', 'look_up'])
        expect([part, text.includes(part)]).toEqual([part, true]);
      expect(readCallIds(dialect, (await reported.send(wire, dialect, {}, false)).text)).toEqual([
        'call_a',
        'call_b',
      ]);
    },
  );

  it.each(wires)('Switchyard #502: calls of $name have ids that no earlier turn has', async (wire) => {
    const first = await reported.send(wire, dialect, {}, false);
    const next = continueConversation(dialect, beginConversation(dialect, 'Look.'), first.text, 'found');
    const second = await reported.send(wire, dialect, toLoopFields(dialect, next), false);
    const ids = [first, second].flatMap(({ text }) => readCallIds(dialect, text));
    expect([ids.length, new Set(ids).size]).toEqual([4, 4]);
  });

  it.each(wires)('new-api #6592: reasoning is no message of the user for $name', async (wire) => {
    const first = await reported.send(wire, dialect, {}, false);
    const next = continueConversation(dialect, beginConversation(dialect, 'Look.'), first.text, 'found');
    const { request } = await reported.send(wire, dialect, toLoopFields(dialect, next), false, {
      texts: ['Done'],
    });
    const turns = (request.messages ?? request.input ?? request.contents) as readonly Body[];
    const users = turns.filter(({ role }) => role === 'user');
    expect(JSON.stringify(users)).not.toContain(rich.reasoning);
  });

  it.each(wires)(
    'Bifrost #3511: tools and the ids of their calls fit $name, and come back as they were',
    async (wire) => {
      const { text, request } = await reported.send(wire, dialect, {}, false);
      expect(JSON.stringify(request)).toContain('PARAM_1');
      expect(readCallIds(dialect, text)).toEqual(['call_a', 'call_b']);
    },
  );
});
