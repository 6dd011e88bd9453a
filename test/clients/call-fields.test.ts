import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startWireServer, type WireServer } from '#providers/testing/wire-server.ts';
import { addModel } from '#test/clients/vendors.ts';
import { openVendorAccount, type VendorAccount } from '#test/support/setups/vendor-account.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';
import { phased } from '#test/support/vendor-items.ts';

const stack = new AsyncDisposableStack();
let account: VendorAccount;
let anthropic: WireServer;
let claude: string;
let compatible: string;
beforeAll(async () => {
  const mesh = findSharedMesh();
  account = await openVendorAccount(() => mesh, stack);
  anthropic = stack.use(
    await startWireServer((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          type: 'message',
          content: [{ type: 'text', text: 'Done.' }],
          stop_reason: 'end_turn',
          usage: { input_tokens: 1, output_tokens: 1 },
        }),
      );
    }),
  );
  compatible = await addModel(() => mesh, 'OPENAI_COMPATIBLE', account.upstream.url, 'llama');
  claude = await addModel(() => mesh, 'ANTHROPIC', anthropic.url, 'claude-sonnet-4-5');
});
afterAll(() => stack.disposeAsync());
beforeEach(() => {
  account.output = [phased('msg_up', undefined, 'Done.')];
});

const user = { role: 'user', content: 'Hi' };
const parameters = { type: 'object', properties: {} };
const readDropped = (response: Response) => response.headers.get('x-heddle-dropped');

async function post(path: string, body: object): Promise<Response> {
  const response = await fetch(`${account.client.url}/v1/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${account.client.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return response;
}

describe('calls and results of tools in the form of messages', () => {
  const call = (id: string, more: object) => ({ type: 'tool_use', id, name: 'look', input: {}, ...more });
  const result = (id: string, more: object) => ({ type: 'tool_result', tool_use_id: id, ...more });
  const own = { caller: { type: 'code_execution_20250825', tool_id: 'srvtoolu_1' }, toolset_name: 'browser' };
  const cache_control = { type: 'ephemeral', ttl: '1h' };
  const turns = [
    { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
    { role: 'assistant', content: [call('call_1', own), call('call_2', { a_field_of_tomorrow: [1] })] },
    {
      role: 'user',
      content: [
        result('call_1', { content: 'seen', toolset_name: 'browser' }),
        result('call_2', {
          content: [
            { type: 'text', text: 'a', citations: { enabled: true } },
            { type: 'text', text: 'b' },
          ],
          ...{ is_error: true, toolset_name: 'browser' },
        }),
      ],
    },
    { role: 'assistant', content: [{ type: 'text', text: 'Once more.' }, call('call_3', { cache_control })] },
    { role: 'user', content: [result('call_3', { content: 'c', cache_control, toolset_name: 'browser' })] },
  ];
  const body = { max_tokens: 100, messages: turns, tools: [{ name: 'look', input_schema: parameters }] };

  it('reach Anthropic with every field', async () => {
    const response = await post('messages', { model: claude, ...body });
    expect([response.status, readDropped(response)]).toEqual([200, null]);
    expect(JSON.parse(anthropic.requests.at(-1)?.body ?? '').messages).toEqual(turns);
  });

  it('are named by what others do not take of them', async () => {
    const response = await post('messages', { model: account.chatModel, ...body });
    const dropped = (readDropped(response) ?? '').split(/,\s*/);
    expect(dropped).toEqual(
      expect.arrayContaining([
        ...['messages.toolCalls.caller', 'messages.toolCalls.toolset_name', 'messages.toolset_name'],
        'messages.toolCalls.a_field_of_tomorrow',
      ]),
    );
    expect(account.upstream.requests.at(-1)?.body).not.toMatch(/toolset_name|srvtoolu_1/);
  });

  it('name no file of an account that several tenants may use', async () => {
    const files = { source: { type: 'file', file_id: 'file_1' } };
    const calling = [user, { role: 'assistant', content: [call('call_1', files)] }];
    const messages = [...calling, { role: 'user', content: [result('call_1', { content: 'seen' })] }];
    expect((await post('messages', { ...body, model: claude, messages })).status).toBe(400);
  });
});

describe('calls and results of tools in the form of chat completions', () => {
  const calls = [
    {
      ...{ id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } },
      extra_content: { google: { thought_signature: 'signed' } },
    },
  ];
  const messages = [
    user,
    { role: 'assistant', content: null, tool_calls: calls },
    { role: 'tool', tool_call_id: 'call_1', content: 'seen', a_field_of_tomorrow: 1 },
  ];
  const tools = [{ type: 'function', function: { name: 'look', parameters } }];

  it('reach a compatible provider with every field', async () => {
    const response = await post('chat/completions', { model: compatible, messages, tools });
    expect([response.status, readDropped(response)]).toEqual([200, null]);
    expect(JSON.parse(account.upstream.requests.at(-1)?.body ?? '').messages).toEqual(messages);
  });

  it('are named by what others do not take of them, OpenAI among them, which has no further fields', async () => {
    for (const model of [claude, account.chatModel]) {
      const response = await post('chat/completions', { model, messages, tools });
      expect([response.status, readDropped(response)]).toEqual([
        200,
        'messages.toolCalls.extra_content, messages.a_field_of_tomorrow',
      ]);
    }
    expect(account.upstream.requests.at(-1)?.body).not.toMatch(/signed|tomorrow/);
  });
});

describe('calls and results of tools in the form of responses', () => {
  const called = { type: 'function_call', call_id: 'call_1', name: 'look', arguments: '{}' };
  const output = { type: 'function_call_output', call_id: 'call_1', output: 'seen' };
  const more = { id: 'fc_1', status: 'incomplete', caller: { type: 'direct' }, async: true };
  const given = {
    id: 'fco_1',
    status: 'incomplete',
    caller: { type: 'direct' },
    name: 'look',
    namespace: 'a',
  };
  const tools = [{ type: 'function', name: 'look', parameters }];
  const hello = { role: 'user', content: [{ type: 'input_text', text: 'Hi' }] };

  it('reach OpenAI with every field', async () => {
    const input = [hello, { ...called, ...more }, { ...output, ...given }];
    const response = await account.post({ model: account.model, input, tools });
    expect([response.status, readDropped(response)]).toEqual([200, null]);
    expect(account.readSent().input).toEqual(input);
  });

  it('lack what states nothing: the usual status, an ID of ours, and those that the vendor takes with reasoning alone', async () => {
    const status = 'completed';
    account.output = [{ ...called, id: 'fc_up', status }];
    const { output: answer } = await account.create({ model: account.model, input: [hello], tools });
    expect(answer[0]).toMatchObject({ ...called, status, id: expect.stringMatching(/^fc_/) });
    const open = { type: 'reasoning', id: 'rs_1', summary: [] };
    for (const input of [
      [hello, ...answer, { ...output, status }],
      [hello, open, { ...called, id: 'fc_1', status }, output],
    ]) {
      await account.create({ model: account.model, input, tools });
      expect(account.readSent().input).toEqual([hello, called, output]);
    }
  });

  it('are named by what others do not take of them', async () => {
    const input = [hello, { ...called, ...more }, { ...output, ...given }];
    const response = await account.post({ model: claude, input, tools });
    const named = [
      ...Object.keys(more).map((name) => `messages.toolCalls.${name}`),
      ...Object.keys(given).map((name) => `messages.${name}`),
    ];
    expect(new Set((readDropped(response) ?? '').split(', '))).toEqual(new Set(named));
  });

  it('name nothing that an account of several tenants keeps', async () => {
    for (const input of [
      [hello, { ...called, more: { file_id: 'file_1' } }, output],
      [hello, called, { ...output, more: { file_id: 'file_1' } }],
    ]) {
      expect((await account.post({ model: account.model, input, tools })).status).toBe(400);
      expect((await account.post({ model: account.ownModel, input, tools })).status).toBe(200);
    }
  });
});
