import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openVendorAccount, type VendorAccount } from '#test/support/setups/vendor-account.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';
import { phased } from '#test/support/vendor-items.ts';

const stack = new AsyncDisposableStack();
let account: VendorAccount;
beforeAll(async () => {
  const mesh = findSharedMesh();
  account = await openVendorAccount(() => mesh, stack);
});
afterAll(() => stack.disposeAsync());
beforeEach(() => {
  account.output = [phased('msg_up', undefined, 'Done.')];
});

interface Sent {
  readonly input: readonly object[];
  readonly messages: readonly object[];
  readonly text: object;
}
const readSent = (): Sent => JSON.parse(account.upstream.requests.at(-1)?.body ?? '{}');
const lastPath = () => account.upstream.requests.at(-1)?.path;

/** Sends a body of chat completions. Returns the fields that were dropped. */
async function chat(model: string, messages: readonly object[], more: object = {}): Promise<string | null> {
  const body = { model, messages, ...more } as never;
  const { response } = await account.openai.chat.completions.create(body).withResponse();
  return response.headers.get('x-heddle-dropped');
}

async function respond(model: string, input: readonly object[], more: object = {}): Promise<string | null> {
  const response = await account.post({ model, input, ...more });
  expect(response.status).toBe(200);
  return response.headers.get('x-heddle-dropped');
}

const user = { role: 'user', content: 'Hi' };

describe('a JSON object without a schema', () => {
  it('is requested as one by responses, whole and streamed, and by chat completions over responses', async () => {
    account.output = [phased('msg_up', undefined, '{"a":1}')];
    const text = { format: { type: 'json_object' }, verbosity: 'low' };
    expect(await respond(account.model, [user], { text })).toBeNull();
    expect(readSent().text).toEqual(text);
    await account.stream({ model: account.model, input: 'Hi', text });
    expect(readSent().text).toEqual(text);
    expect(await chat(account.model, [user], { response_format: { type: 'json_object' } })).toBeNull();
    expect(readSent().text).toEqual({ format: { type: 'json_object' } });
  });

  it('is validated all the same', async () => {
    account.output = [phased('msg_up', undefined, '[1]')];
    const text = { format: { type: 'json_object' } };
    const response = await account.post({ model: account.model, input: 'Hi', text });
    expect(response.status).toBeGreaterThanOrEqual(400);
  });
});

describe('the refusal of an earlier answer', () => {
  const call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } };
  const look = {
    type: 'function',
    function: { name: 'look', parameters: { type: 'object', properties: {} } },
  };

  it.each([
    [{ content: null, refusal: 'I will not.' }],
    [{ content: 'Well.', refusal: 'I will not.' }],
    [{ content: null, refusal: 'I will not.', name: 'Ada' }],
  ])('goes to chat completions as one: %j', async (given) => {
    const answer = { role: 'assistant', ...given };
    expect(await chat(account.chatModel, [user, answer, user])).toBeNull();
    expect([lastPath(), readSent().messages[1]]).toEqual(['/v1/chat/completions', answer]);
  });

  it('stands beside calls of tools, and in a part', async () => {
    const calling = { role: 'assistant', content: null, refusal: 'Not that.', tool_calls: [call] };
    const result = { role: 'tool', tool_call_id: 'call_1', content: 'seen' };
    await chat(account.chatModel, [user, calling, result], { tools: [look] });
    expect(readSent().messages[1]).toEqual(calling);
    const parts = [
      { type: 'text', text: 'Well.' },
      { type: 'refusal', refusal: 'I will not.' },
    ];
    await chat(account.chatModel, [user, { role: 'assistant', content: parts }, user]);
    expect(readSent().messages[1]).toEqual({ role: 'assistant', content: 'Well.', refusal: 'I will not.' });
  });

  it('goes to responses as one, from either of its dialects, beside a text and in its phase', async () => {
    const refusal = { role: 'assistant', content: [{ type: 'refusal', refusal: 'I will not.' }] };
    expect(await respond(account.model, [user, refusal, user])).toBeNull();
    expect(readSent().input[1]).toEqual(refusal);
    await respond(account.model, [user, { ...refusal, phase: 'commentary' }, user]);
    expect(readSent().input[1]).toEqual({ ...refusal, phase: 'commentary' });
    await chat(account.model, [user, { role: 'assistant', content: 'Well.', refusal: 'I will not.' }, user]);
    expect(readSent().input.slice(1, 3)).toEqual([{ role: 'assistant', content: 'Well.' }, refusal]);
    await respond(account.chatModel, [user, refusal, user]);
    expect(readSent().messages[1]).toEqual({ role: 'assistant', content: null, refusal: 'I will not.' });
  });

  it('is text elsewhere, and of no message but an assistant', async () => {
    const answer = { role: 'assistant', content: null, refusal: 'I will not.' };
    const body = { model: 'demo/echo', messages: [user, answer, user] } as never;
    const { data, response } = await account.openai.chat.completions.create(body).withResponse();
    expect([data.choices.length, response.headers.get('x-heddle-dropped')]).toEqual([1, null]);
    const parts = [{ type: 'refusal', refusal: 'I will not.' }];
    const wrong = await account.post({ model: 'demo/echo', input: [{ role: 'user', content: parts }] });
    expect([wrong.status, (await wrong.json()).error.message]).toEqual([
      400,
      expect.stringContaining('only an ASSISTANT message has refusals'),
    ]);
  });
});

it.each(['low', 'high', 'auto', 'original'])('an image is read at the detail %s', async (detail) => {
  const url = 'data:image/png;base64,iVBORw0KGgo=';
  const content = [{ type: 'image_url', image_url: { url, detail } }];
  expect(await chat(account.chatModel, [{ role: 'user', content }])).toBeNull();
  expect(readSent().messages).toEqual([{ role: 'user', content }]);
  const input = [{ role: 'user', content: [{ type: 'input_image', image_url: url, detail }] }];
  expect(await respond(account.model, input)).toBeNull();
  expect(readSent().input).toEqual(input);
});

it('a file sent as data is read at its detail, with the end of a cached prefix and by other formats without', async () => {
  const file = { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' };
  const content = [
    { ...file, detail: 'low', prompt_cache_breakpoint: { mode: 'explicit' } },
    { ...file, detail: 'high' },
  ];
  expect(await respond(account.model, [{ role: 'user', content }])).toBeNull();
  expect(readSent().input).toEqual([{ role: 'user', content }]);
  expect(await respond(account.chatModel, [{ role: 'user', content }])).toBe('messages.detail');
});

describe('what an earlier answer of responses states beside its text', () => {
  const cited = { type: 'url_citation', url: 'https://x.test', title: 'X', start_index: 0, end_index: 4 };
  const filed = { type: 'file_citation', file_id: 'file_1', filename: 'a.pdf', index: 4 };
  const answer = (...annotations: readonly object[]) => ({
    role: 'assistant',
    content: [{ type: 'output_text', text: 'Well.', annotations }],
  });

  it('goes to responses with its annotations, but for files that an account of several tenants keeps', async () => {
    expect(await respond(account.model, [user, answer(cited), user])).toBeNull();
    expect(readSent().input[1]).toEqual(answer(cited));
    expect(await respond(account.model, [user, answer(cited, filed), user])).toBe('messages.annotations');
    expect(readSent().input[1]).toEqual(answer(cited));
    expect(await respond(account.ownModel, [user, answer(cited, filed), user])).toBeNull();
    expect(readSent().input[1]).toEqual(answer(cited, filed));
    expect(await respond(account.chatModel, [user, answer(cited), user])).toBe('messages.annotations');
  });

  it('is named as dropped where it is a status without an ID that goes with it, and not completed', async () => {
    const open = { type: 'reasoning', id: 'rs_1', summary: [] };
    const ours = `msg_${'0'.repeat(29)}`;
    const said = { type: 'message', role: 'assistant', content: 'Well.' };
    for (const status of ['completed', 'incomplete'])
      for (const items of [[answer()], [open], [{ ...said, id: ours }], [open, { ...said, id: 'msg_1' }]]) {
        const named = await respond(account.model, [
          user,
          ...items.map((item) => ({ ...item, status })),
          user,
        ]);
        expect(named).toBe(status === 'completed' ? null : 'input.status');
        expect(JSON.stringify(readSent().input)).not.toMatch(/status|msg_/);
      }
  });

  it('is named as what begins a message by formats that have no such thing', async () => {
    const said = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Well.' }] };
    const input = [
      { ...user, id: 'msg_1' },
      { ...said, id: 'msg_2', status: 'incomplete', phase: 'commentary' },
      user,
    ];
    expect(await respond(account.chatModel, input)).toBe('messages.id, messages.phase, messages.status');
    expect(readSent().messages).toEqual([user, { role: 'assistant', content: 'Well.' }, user]);
  });
});

describe('options of the stream and of the client', () => {
  it.each([
    [true, 'stream_options.include_obfuscation'],
    [false, null],
  ])('include_obfuscation: %s is named as dropped where it is requested', async (padded, named) => {
    const options = { stream: true, stream_options: { include_obfuscation: padded } };
    expect(await chat(account.model, [user], options)).toBe(named);
    expect(await respond(account.model, [user], options)).toBe(named);
  });

  it('client_metadata goes to providers of responses, and is named elsewhere', async () => {
    const client_metadata = { session: 's' };
    expect(await respond(account.model, [user], { client_metadata })).toBeNull();
    expect(readSent()).toMatchObject({ client_metadata });
    const named = 'client_metadata';
    expect(await respond(account.chatModel, [user], { client_metadata })).toBe(named);
  });

  it('a voice is named as dropped where the answer is not to be spoken', async () => {
    const audio = { voice: 'alloy', format: 'wav' };
    expect(await chat(account.chatModel, [user], { audio })).toBe('audio');
    expect(await chat(account.chatModel, [user], { audio, modalities: ['text'] })).toBe('audio');
    expect(await chat(account.chatModel, [user], { audio, modalities: ['text', 'audio'] })).toBeNull();
  });
});

describe('the end of a cached prefix', () => {
  const prompt_cache_breakpoint = { mode: 'explicit', ttl: '12h' };
  const end = (type: string, text: string) => ({ type, text, prompt_cache_breakpoint });
  const args = { name: 'look', arguments: '{}' };
  const tools = { type: 'function', name: 'look', parameters: { type: 'object', properties: {} } };
  const input = [
    { role: 'developer', content: [end('input_text', 'Be brief.')] },
    { role: 'user', content: [end('input_text', 'Hello'), { type: 'input_text', text: 'you' }] },
    { role: 'assistant', content: [end('output_text', 'Well.')], phase: 'commentary' },
    { type: 'function_call', call_id: 'call_1', ...args },
    { type: 'function_call_output', call_id: 'call_1', output: [end('input_text', 'seen')] },
    { type: 'function_call', call_id: 'call_2', ...args },
    {
      type: 'function_call_output',
      call_id: 'call_2',
      output: [end('input_text', 'a'), { type: 'input_text', text: 'b' }],
    },
  ];
  const calling = (id: string) => ({ tool_calls: [{ id, type: 'function', function: args }] });
  const messages = [
    { role: 'system', content: [end('text', 'Be brief.')] },
    { role: 'user', content: [end('text', 'Hello'), { type: 'text', text: 'you' }] },
    { role: 'user', content: [end('text', 'Hello')] },
    { role: 'assistant', content: [end('text', 'Well.')], ...calling('call_1') },
    { role: 'tool', tool_call_id: 'call_1', content: [end('text', 'seen')] },
    { role: 'assistant', content: null, ...calling('call_2') },
    { role: 'tool', tool_call_id: 'call_2', content: [end('text', 'a'), { type: 'text', text: 'b' }] },
    { role: 'assistant', content: [end('text', 'Well.')] },
    { role: 'user', content: 'Go on' },
  ];

  it('reaches responses in messages of every role and in results of tools', async () => {
    expect(await respond(account.model, input, { tools: [tools] })).toBeNull();
    expect(readSent().input).toEqual(input);
  });

  it('reaches chat completions in the same places', async () => {
    const look = { type: 'function', function: { name: 'look', parameters: tools.parameters } };
    expect(await chat(account.chatModel, messages, { tools: [look] })).toBeNull();
    expect([lastPath(), readSent().messages]).toEqual(['/v1/chat/completions', messages]);
  });

  it('goes from each of the two formats to the other', async () => {
    await chat(account.model, messages.slice(0, 2));
    expect(readSent().input).toEqual(input.slice(0, 2));
    await respond(account.chatModel, input.slice(0, 2));
    expect(readSent().messages).toEqual(messages.slice(0, 2));
  });

  it('is named as dropped elsewhere', async () => {
    expect(await chat('demo/echo', messages.slice(0, 3))).toBe('messages.prompt_cache_breakpoint');
  });
});
