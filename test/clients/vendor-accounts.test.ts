import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { admin, unique } from '#test/e2e/scenarios/setup.ts';
import { openVendorAccount, type VendorAccount } from '#test/support/setups/vendor-account.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';
import { accountTools, clientItems, mcp, phased, tokens, vendorItems } from '#test/support/vendor-items.ts';

const stack = new AsyncDisposableStack();
const mesh = findSharedMesh();
let account: VendorAccount;
beforeAll(async () => {
  account = await openVendorAccount(() => mesh, stack);
});
afterAll(() => stack.disposeAsync());
beforeEach(() => {
  account.output = [phased('msg_up', undefined, 'Done.')];
  account.failure = undefined;
});

const user = (text: string) => ({ role: 'user', content: text });
const sentUser = (text: string) => ({ role: 'user', content: [{ type: 'input_text', text }] });

describe('the credentials of a tool', () => {
  const findTokens = (value: unknown) => tokens.filter((token) => JSON.stringify(value).includes(token));
  const shown = {
    ...mcp,
    server_url: 'https://mcp.example.com',
    authorization: undefined,
    headers: undefined,
  };

  it('reach the provider and are neither shown nor stored, whole, streamed and in the background', async () => {
    for (const more of [{}, { background: true }]) {
      const response = await account.create({ model: account.model, tools: [mcp], input: 'Hello', ...more });
      expect(response.tools).toEqual([JSON.parse(JSON.stringify(shown))]);
      for await (const event of await account.openai.responses.retrieve(response.id, { stream: true })) {
        expect(findTokens(event)).toEqual([]);
      }
      expect(account.readSent().tools).toEqual([mcp]);
      const stored = await account.openai.responses.retrieve(response.id);
      expect(findTokens([response, stored])).toEqual([]);
      const { completion } = await account.client.data<{ completion: object }>(
        'query ($id: ID!) { completion(id: $id) { attachment providerBlocks { content } } }',
        { id: response.id.replace('resp_', '') },
      );
      expect(findTokens(completion)).toEqual([]);
    }
    expect(findTokens(await account.stream({ model: account.model, tools: [mcp], input: 'Hello' }))).toEqual(
      [],
    );
  });

  it('are stored nowhere, as nothing is, for a tenant with the payload rule NONE, whose answer has every item', async () => {
    const other = await openVendorAccount(() => mesh, stack);
    await admin(() => mesh).data(
      'mutation ($id: ID!) { updateTenant(id: $id, input: { payloadLogging: NONE }) { id } }',
      { id: other.tenantId },
    );
    other.output = vendorItems;
    const response = await other.create({ model: other.model, tools: [mcp], input: 'Hello' });
    expect(response.output).toEqual(vendorItems);
    expect(findTokens(response)).toEqual([]);
    await expect(other.openai.responses.retrieve(response.id)).rejects.toMatchObject({ status: 404 });
    const { completion } = await other.client.data<{ completion: object }>(
      'query ($id: ID!) { completion(id: $id) { attachment providerBlocks { content } } }',
      { id: response.id.replace('resp_', '') },
    );
    expect(completion).toEqual({ attachment: null, providerBlocks: [] });
  });

  it('are in no error that repeats them, and in no item', async () => {
    const words = `401 from ${mcp.server_url} with ${mcp.authorization} and ${mcp.headers['x-api-key']}`;
    account.output = [
      { type: 'mcp_call', id: 'mcp_1', name: 'search', error: words, arguments: '{}', output: null },
    ];
    const response = await account.create({ model: account.model, tools: [mcp], input: 'Hello' });
    expect(response.output[0]).toMatchObject({ error: expect.stringContaining('***') });
    const events = await account.stream({ model: account.model, tools: [mcp], input: 'Hello' });
    expect(findTokens([response, events])).toEqual([]);
    account.failure = {
      error: { message: `Error retrieving tools: ${words}`, type: 'external_connector_error' },
    };
    const refused = await (await account.post({ model: account.model, tools: [mcp], input: 'Hello' })).json();
    expect(refused.error.message).toContain('Error retrieving tools');
    expect(findTokens(refused)).toEqual([]);
  });

  it('may be renewed for the same idempotency key, and let no answer be cached', async () => {
    const send = (token: string, headers: Record<string, string>) =>
      account.openai.responses
        .create(
          { model: account.model, tools: [{ ...mcp, authorization: token }], input: 'Hello' } as never,
          { headers },
        )
        .asResponse();
    const once = { 'idempotency-key': 'once' };
    const [first, second] = [await send('first-token-1', once), await send('second-token-1', once)];
    expect((await second.json()).id).toBe((await first.json()).id);
    const sent = account.upstream.requests.length;
    for (let times = 0; times < 2; times++) await send('first-token-1', { 'x-heddle-cache': 'USE' });
    expect(account.upstream.requests.length - sent).toBe(2);
  });

  it('obey the rules of egress of the mesh, though the provider calls the server', async () => {
    for (const host of ['169.254.169.254', 'metadata.google.internal', '10.0.0.1', 'localhost']) {
      const tool = { ...mcp, server_url: `http://${host}/mcp` };
      const response = await account.post({ model: account.model, tools: [tool], input: 'Hello' });
      expect(response.status).toBe(400);
      expect((await response.json()).error).toMatchObject({ heddle_code: 'BAD_USER_INPUT', param: 'tools' });
    }
  });
});

describe('what an account of OpenAI keeps', () => {
  const inFile = { role: 'user', content: [{ type: 'input_file', file_id: 'file_1' }] };
  const inImage = { role: 'user', content: [{ type: 'input_image', file_id: 'file_1' }] };
  const inResult = { ...clientItems[3], output: { type: 'computer_screenshot', file_id: 'file_1' } };

  const reference = { type: 'item_reference', id: 'msg_68a1b2c3d4e5f6a7b8c9d0' };

  it.each([
    ...accountTools.map((tool) => ({ tools: [tool], input: 'Hello' })),
    { input: [inFile] },
    { input: [inImage] },
    { input: [user('Hello'), inResult] },
    { input: [reference] },
  ])('is named only on an account that one tenant alone may use: %j', async (body) => {
    const sent = account.upstream.requests.length;
    const refused = await account.post({ model: account.model, ...body });
    expect(refused.status).toBe(400);
    const { error } = await refused.json();
    expect(error).toMatchObject({ heddle_code: 'BAD_USER_INPUT' });
    expect(error.message).toMatch(/several tenants may use that account/);
    expect(account.upstream.requests.length).toBe(sent);
    expect((await account.post({ model: account.ownModel, ...body })).status).toBe(200);
    expect(account.upstream.requests.length).toBe(sent + 1);
  });

  it('goes by its id in its place, with the result of a call that it may be, and on with the conversation', async () => {
    const result = { type: 'function_call_output', call_id: 'call_up', output: 'Found.' };
    const input = [user('Hello'), reference, { ...reference, id: 'fc_up' }, result, user('Go on')];
    const response = await account.create({ model: account.ownModel, input });
    const sent = [sentUser('Hello'), ...input.slice(1, 4), sentUser('Go on')];
    expect(account.readSent().input).toEqual(sent);
    await account.create({ model: account.ownModel, previous_response_id: response.id, input: 'And on' });
    expect(account.readSent().input).toEqual([
      ...sent,
      { role: 'assistant', content: 'Done.' },
      sentUser('And on'),
    ]);
    const alone = await account.post({ model: account.ownModel, input: [user('Hello'), result] });
    expect([alone.status, (await alone.json()).error.param]).toEqual([400, 'input[1].call_id']);
  });

  it('is refused by a provider of another format, by every interface', async () => {
    const { messages } = {
      messages: [{ role: 'USER', parts: [{ text: '', providerOptions: { responses: reference } }] }],
    };
    const { errors } = await account.client.send(
      'mutation ($input: CompletionInput!) { complete(input: $input) { text } }',
      {
        input: { model: 'demo/echo', messages },
      },
    );
    expect(errors).toMatchObject([
      { message: expect.stringContaining('by its ID'), extensions: { code: 'BAD_USER_INPUT' } },
    ]);
  });

  it('lets a route call its next target, where that is an account of one tenant', async () => {
    const alias = unique('route');
    await admin(() => mesh).data('mutation ($input: RouteInput!) { saveRoute(input: $input) { id } }', {
      input: {
        ...{ alias, strategy: 'PRIORITY' },
        targets: [account.model, account.ownModel].map((model) => ({ model })),
      },
    });
    const response = await account.post({ model: alias, tools: accountTools, input: 'Hello' });
    expect([response.status, (await response.json()).model]).toEqual([200, account.ownModel]);
    expect(account.readSent().tools).toEqual(accountTools);
  });

  it('is left out of an earlier call on a shared account, which names it as dropped', async () => {
    const ran = {
      type: 'code_interpreter_call',
      id: 'ci_1',
      container_id: 'cntr_1',
      code: '1',
      outputs: null,
    };
    const input = [user('Hello'), ran, user('Go on')];
    const shared = await account.post({ model: account.model, input });
    expect(shared.headers.get('x-heddle-dropped')).toBe('messages.code_interpreter_call');
    expect(account.readSent().input).toEqual([sentUser('Hello'), sentUser('Go on')]);
    expect(
      (await account.post({ model: account.ownModel, input })).headers.get('x-heddle-dropped'),
    ).toBeNull();
    expect(account.readSent().input).toEqual([sentUser('Hello'), ran, sentUser('Go on')]);
  });
});
