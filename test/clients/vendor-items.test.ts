import type OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { overEventStream } from '#test/support/client.ts';
import { openVendorAccount, type VendorAccount } from '#test/support/setups/vendor-account.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';
import {
  clientItems,
  mcp,
  phased,
  toProgress,
  type VendorItem,
  vendorItems,
  vendorTools,
} from '#test/support/vendor-items.ts';

const stack = new AsyncDisposableStack();
let account: VendorAccount;
beforeAll(async () => {
  const mesh = findSharedMesh();
  account = await openVendorAccount(() => mesh, stack);
});
afterAll(() => stack.disposeAsync());
beforeEach(() => {
  account.output = [phased('msg_up', undefined, 'Done.')];
  account.failure = undefined;
});

const user = (text: string) => ({ role: 'user', content: text });
const sentUser = (text: string) => ({ role: 'user', content: [{ type: 'input_text', text }] });
const withoutId = ({ id: _, ...item }: VendorItem) => item;

describe('tools that OpenAI runs', () => {
  it('reach it unchanged, with those of the client', async () => {
    const deferred = {
      ...{ type: 'function', name: 'look', parameters: { type: 'object', properties: {} } },
      ...{ strict: false, defer_loading: true },
    };
    const response = await account.post({
      model: account.model,
      tools: [...vendorTools, deferred],
      input: 'Hello',
    });
    expect([response.status, response.headers.get('x-heddle-dropped')]).toEqual([200, null]);
    expect(account.readSent().tools).toEqual([deferred, ...vendorTools]);
  });

  it.each([
    [{ type: 'image_generation' }],
    [{ type: 'mcp', server_label: 'docs', name: 'search' }],
    [{ type: 'apply_patch' }],
    [
      {
        ...{ type: 'allowed_tools', mode: 'required' },
        tools: [{ type: 'web_search' }, { type: 'function', name: 'look' }],
      },
    ],
    ['required'],
    ['none'],
  ])('are chosen as the client chooses them: %j', async (choice) => {
    const look = { type: 'function', name: 'look', parameters: { type: 'object', properties: {} } };
    const response = await account.post({
      model: account.model,
      tools: [...vendorTools, look],
      tool_choice: choice,
      input: 'Hello',
    });
    expect([response.status, response.headers.get('x-heddle-dropped')]).toEqual([200, null]);
    expect(account.readSent().tool_choice).toEqual(choice);
    expect((await response.json()).tool_choice).toEqual(choice);
  });

  it('bring what an answer is to include, beside what is requested of every answer', async () => {
    const include = ['web_search_call.action.sources', 'reasoning.encrypted_content'];
    await account.create({ model: account.model, tools: vendorTools, include, input: 'Hello' });
    expect(account.readSent().include.toSorted()).toEqual(include.toSorted((a, b) => (a < b ? -1 : 1)));
  });

  it('have an AI model called through responses that is called through chat completions without them', async () => {
    await account.create({ model: account.chatModel, input: 'Hello' });
    expect(account.upstream.requests.at(-1)?.path).toBe('/v1/chat/completions');
    await account.create({ model: account.chatModel, tools: vendorTools, input: 'Hello' });
    expect(account.upstream.requests.at(-1)?.path).toBe('/v1/responses');
    await account.create({ model: account.chatModel, input: [user('Hi'), vendorItems[1], user('Go on')] });
    expect(account.upstream.requests.at(-1)?.path).toBe('/v1/responses');
  });

  it('are named as dropped for other providers, with their choice, their items and what they would include', async () => {
    const response = await account.post({
      ...{ model: 'demo/echo', tools: vendorTools, tool_choice: { type: 'image_generation' } },
      ...{ include: ['web_search_call.action.sources'] },
      input: [user('Hello'), ...vendorItems, ...clientItems, user('Hello')],
    });
    expect(response.status).toBe(200);
    const dropped = (response.headers.get('x-heddle-dropped') ?? '').split(/,\s*/);
    for (const { type } of vendorTools) expect(dropped).toContain(`tools.${type}`);
    for (const { type } of [...vendorItems, ...clientItems]) expect(dropped).toContain(`messages.${type}`);
    expect(dropped).toContain('toolChoice.image_generation');
    expect(dropped).toContain('include');
  });
});

const reasoning = (id: string, text: string): VendorItem => ({
  ...{ type: 'reasoning', id, encrypted_content: `sealed-${id}` },
  summary: text === '' ? [] : [{ type: 'summary_text', text }],
});
const call = (id: string): VendorItem => ({
  ...{ type: 'function_call', id: `fc_${id}`, call_id: id, name: 'look', arguments: '{"at":"it"}' },
  status: 'completed',
});
const [, ran = {}, drawn = {}] = vendorItems;
/** A model that thinks between what it does. */
const thinking: readonly VendorItem[] = [
  reasoning('rs_1', 'First.'),
  ran,
  reasoning('rs_2', ''),
  reasoning('rs_3', 'Again.'),
  drawn,
  phased('msg_1', 'commentary', 'I look.'),
  reasoning('rs_4', 'Then.'),
  phased('msg_2', 'final_answer', 'Found.'),
];
const answers: readonly (readonly [name: string, items: readonly VendorItem[]])[] = [
  ...vendorItems.map((item): readonly [string, readonly VendorItem[]] => [`${item.type} alone`, [item]]),
  ['every item after the other', vendorItems],
  [
    'items between texts',
    [
      phased('msg_1', undefined, 'I look.'),
      ...vendorItems.slice(0, 2),
      phased('msg_2', undefined, 'Once more.'),
      ...vendorItems.slice(2, 3),
      phased('msg_3', undefined, 'Found.'),
    ],
  ],
  [
    'phases',
    [
      phased('msg_1', 'commentary', 'I look.'),
      phased('msg_2', 'commentary', 'I still do.'),
      ...vendorItems.slice(0, 1),
      phased('msg_3', 'final_answer', 'Found.'),
    ],
  ],
  ['reasoning between all others', thinking],
  ['calls of the client between items', [call('call_1'), ran, reasoning('rs_1', 'Hm.'), call('call_2')]],
];
/** Our ids of messages, calls and reasoning name their completion, and so does what is sealed. */
const comparable = (items: readonly VendorItem[]) =>
  items.map((item) => {
    const { type, content, summary } = item;
    const [first] = (content ?? summary ?? []) as { text: string }[];
    if (type === 'message') return { type, phase: item.phase, text: first?.text };
    if (type === 'reasoning') return { type, text: first?.text };
    return type === 'function_call' ? { ...item, id: undefined } : item;
  });

describe('the items of an answer', () => {
  it.each(answers)('are those of OpenAI, whole and streamed: %s', async (_, items) => {
    account.output = items;
    const response = await account.create({ model: account.model, tools: vendorTools, input: 'Hello' });
    const wanted = comparable(items);
    expect(comparable(response.output as readonly object[] as VendorItem[])).toEqual(wanted);
    const events = await account.stream({ model: account.model, tools: vendorTools, input: 'Hello' });
    const last = events.at(-1) as {
      readonly response: { readonly id: string; readonly output: VendorItem[] };
    };
    expect(comparable(last.response.output)).toEqual(wanted);
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_event, at) => at));
    const stored = await account.openai.responses.retrieve(last.response.id);
    expect(stored.output).toEqual(last.response.output);
  });

  it('are followed while they come, event by event, each at its place', async () => {
    account.output = [
      phased('msg_1', undefined, 'I look.'),
      ...vendorItems,
      phased('msg_2', undefined, 'Found.'),
    ];
    const events = await account.stream({ model: account.model, tools: vendorTools, input: 'Hello' });
    for (const [index, item] of account.output.entries()) {
      if (item.type === 'message') continue;
      const own = events.filter(({ output_index: at }) => at === index);
      expect(own.map(({ sequence_number: _, ...event }) => event)).toEqual([
        {
          ...{ type: 'response.output_item.added', output_index: index },
          item: { ...item, status: 'in_progress' },
        },
        ...toProgress(item, index),
        { type: 'response.output_item.done', output_index: index, item },
      ]);
    }
  });

  it('are resumed under the numbers that they had, also of a response in the background', async () => {
    account.output = [...vendorItems, phased('msg_1', 'final_answer', 'Found.')];
    const body = { model: account.model, tools: vendorTools, input: 'Hello', background: true };
    const { id } = await account.create(body);
    const all: VendorItem[] = [];
    for await (const event of await account.openai.responses.retrieve(id, { stream: true })) {
      all.push(event as object as VendorItem);
    }
    const ran = all.filter(({ type }) => String(type).startsWith('response.mcp_call'));
    expect(ran.map(({ type }) => type)).toContain('response.mcp_call_arguments.delta');
    const rest: VendorItem[] = [];
    const from = { stream: true, starting_after: 7 } as const;
    for await (const event of await account.openai.responses.retrieve(id, from))
      rest.push(event as object as VendorItem);
    expect(rest).toEqual(all.slice(8));
    expect(
      comparable((await account.openai.responses.retrieve(id)).output as object[] as VendorItem[]),
    ).toEqual(comparable(account.output));
  });

  it('go back in their places with what the client answers, by the items and by previous_response_id', async () => {
    account.output = [
      phased('msg_1', 'commentary', 'I look.'),
      ...vendorItems,
      phased('msg_2', 'final_answer', 'Found.'),
    ];
    const first = await account.create({ model: account.model, tools: vendorTools, input: [user('Hello')] });
    const more = [...clientItems, user('Go on')];
    for (const body of [
      { store: false, input: [user('Hello'), ...first.output, ...more] },
      { previous_response_id: first.id, input: more },
    ]) {
      const response = await account.create({ model: account.model, tools: vendorTools, ...body });
      expect(response.status).toBe('completed');
      expect(account.readSent().input).toEqual([
        sentUser('Hello'),
        { role: 'assistant', content: 'I look.', phase: 'commentary' },
        ...vendorItems,
        { role: 'assistant', content: 'Found.', phase: 'final_answer' },
        ...clientItems,
        sentUser('Go on'),
      ]);
    }
  });

  it('go back with the reasoning between them, whole and streamed, by previous_response_id and by the items', async () => {
    account.output = thinking;
    const wanted = thinking.map((item) =>
      item.type === 'message'
        ? { role: 'assistant', content: (item.content as { text: string }[])[0]?.text, phase: item.phase }
        : item,
    );
    for (const stream of [false, true]) {
      const body = { model: account.model, tools: vendorTools, input: [user('Hello')] };
      const last = stream ? (await account.stream(body)).at(-1) : undefined;
      const first = (last?.response ?? (await account.create(body))) as OpenAI.Responses.Response;
      for (const more of [
        { previous_response_id: first.id, input: [user('Go on')] },
        { input: [user('Hello'), ...first.output, user('Go on')] },
      ]) {
        await account.create({ model: account.model, tools: vendorTools, ...more });
        expect(account.readSent().input).toEqual([sentUser('Hello'), ...wanted, sentUser('Go on')]);
      }
    }
  });

  it('are replayed in their places from a whole answer', async () => {
    account.output = thinking;
    const { id } = await account.create({ model: account.model, tools: vendorTools, input: 'Hello' });
    const events: object[] = [];
    for await (const event of await account.openai.responses.retrieve(id, { stream: true }))
      events.push(event);
    const { response } = events.at(-1) as { readonly response: { readonly output: VendorItem[] } };
    expect(comparable(response.output)).toEqual(comparable(thinking));
  });

  it('may be files that the provider fetches, which others refuse', async () => {
    const file = { type: 'input_file', file_url: 'https://files.example.com/a.pdf' };
    await account.create({
      model: account.model,
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'Read.' }, file] }],
    });
    const content = [file];
    const refused = await account.post({ model: 'demo/echo', input: [{ role: 'user', content }] });
    expect([refused.status, (await refused.json()).error.heddle_code]).toEqual([400, 'BAD_USER_INPUT']);
    expect(account.readSent().input[0]?.content).toEqual([{ type: 'input_text', text: 'Read.' }, file]);
  });
});

it('items of OpenAI are no part of a message of Anthropic, and do not part its text', async () => {
  account.output = [phased('msg_1', undefined, 'I look. '), ran, phased('msg_2', undefined, 'Found.')];
  const response = await fetch(`${account.client.url}/v1/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${account.client.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: account.model, max_tokens: 100, messages: [user('Hello')] }),
  });
  const { content } = await response.json();
  expect(content).toMatchObject([{ type: 'text', text: 'I look. Found.' }]);
});

describe('the graph', () => {
  const query = `subscription ($input: CompletionInput!) { completionStream(input: $input) {
    __typename
    ... on ProviderBlockChanged { format content }
    ... on ProviderBlockAdded { format content }
    ... on CompletionFinished { completion { text dropped providerBlocks { format content textOffset } } }
  } }`;

  it('expresses what the handler does: tools, their choice, items on both ways, and progress', async () => {
    const [call = {}] = vendorItems.slice(1, 2);
    account.output = [phased('msg_1', 'commentary', 'I look.'), call, phased('msg_2', undefined, 'Found.')];
    const input = {
      model: account.model,
      messages: [
        { role: 'USER', content: 'Hello' },
        {
          role: 'ASSISTANT',
          parts: [
            { text: '', providerOptions: { responses: { type: 'message', phase: 'commentary' } } },
            { text: 'I asked.' },
            { text: '', providerOptions: { responses: vendorItems[7] } },
          ],
        },
        { role: 'USER', parts: [{ text: '', providerOptions: { responses: clientItems[4] } }] },
      ],
      providerTools: { responses: [mcp] },
      providerToolChoice: { responses: { type: 'mcp', server_label: 'docs' } },
    };
    const events: VendorItem[] = [];
    for await (const event of overEventStream<VendorItem>(account.client, query, { input }))
      events.push(event);
    expect(account.readSent()).toMatchObject({
      tools: [mcp],
      tool_choice: { type: 'mcp', server_label: 'docs' },
      input: [
        sentUser('Hello'),
        { role: 'assistant', content: 'I asked.', phase: 'commentary' },
        vendorItems[7],
        clientItems[4],
      ],
    });
    const changes = events.flatMap(({ __typename, content }) =>
      __typename === 'ProviderBlockChanged' ? [content] : [],
    );
    expect(changes).toEqual([
      { type: 'response.output_item.added', output_index: 1, item: { ...call, status: 'in_progress' } },
      ...toProgress(call, 1),
    ]);
    expect(events.at(-1)).toMatchObject({
      completion: {
        text: 'I look.Found.',
        dropped: [],
        providerBlocks: [
          { format: 'responses', content: { type: 'message', phase: 'commentary' }, textOffset: 0 },
          { format: 'responses', content: call, textOffset: 7 },
        ],
      },
    });
  });

  it('takes 1 MiB of tools in a call, and no more', async () => {
    const pad = 'x'.repeat(1024 * 1024 - 2_048);
    const tool = { type: 'a_tool_of_tomorrow', pad };
    expect((await account.post({ model: account.model, tools: [tool], input: 'Hello' })).status).toBe(200);
    const refused = await account.post({
      model: account.model,
      tools: [{ ...tool, more: 'x'.repeat(4_096) }],
      input: 'Hello',
    });
    expect([refused.status, (await refused.json()).error.param]).toEqual([400, 'tools']);
  });
});

it('an item without an id is still an item, with one that names its completion', async () => {
  account.output = [withoutId(vendorItems[1] ?? {}), phased('msg_1', undefined, 'Found.')];
  const response = await account.create({ model: account.model, tools: vendorTools, input: 'Hello' });
  expect(response.output[0]).toMatchObject({ type: 'mcp_call', id: expect.stringMatching(/^vt_/) });
});
