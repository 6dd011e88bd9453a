import OpenAI from 'openai';
import { sse, startWireServer, type WireServer } from '#providers/testing/wire-server.ts';
import { addModel } from '#test/clients/vendors.ts';
import { admin, type MeshOf, newTenant } from '#test/e2e/scenarios/setup.ts';
import type { TestClient } from '#test/support/client.ts';
import { toVendorAnswer, toVendorEvents, type VendorItem } from '#test/support/vendor-items.ts';

/** An account of OpenAI that a test writes the answers of, and a tenant that calls it through its SDK. */
export interface VendorAccount {
  readonly tenantId: string;
  readonly client: TestClient;
  readonly openai: OpenAI;
  readonly upstream: WireServer;
  /** Of a provider that several tenants may call. */
  readonly model: string;
  /** The same, of one that chat completions serve. */
  readonly chatModel: string;
  /** Of a provider that this tenant alone may call. */
  readonly ownModel: string;
  /** What the account answers next. */
  output: readonly VendorItem[];
  /** The error that it answers in place of that. */
  failure: object | undefined;
  /** It streams the answer and does not end it. */
  isHeld: boolean;
  /** The body of the last request that it got. */
  readSent(): { readonly tools: unknown; readonly tool_choice: unknown } & {
    readonly include: readonly string[];
    readonly input: readonly { readonly content: unknown }[];
  };
  post(body: object): Promise<Response>;
  create(body: object): Promise<OpenAI.Responses.Response>;
  stream(body: object): Promise<readonly VendorItem[]>;
}

export async function openVendorAccount(mesh: MeshOf, stack: AsyncDisposableStack): Promise<VendorAccount> {
  const { client, tenantId } = await newTenant(mesh);
  const { url } = mesh();
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: client.key, maxRetries: 0 });
  const upstream = stack.use(
    await startWireServer((response, { body, path }) => {
      const { output, failure } = account;
      const isStreamed = JSON.parse(body).stream === true && failure === undefined;
      response.writeHead(failure === undefined ? 200 : 400, {
        'content-type': isStreamed ? 'text/event-stream' : 'application/json',
      });
      const choices = [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }];
      const whole = path.endsWith('/chat/completions')
        ? { choices, usage: { prompt_tokens: 1, completion_tokens: 1 } }
        : toVendorAnswer(output);
      if (!isStreamed) response.end(JSON.stringify(failure ?? whole));
      else if (account.isHeld) response.write(sse(...toVendorEvents(output).slice(0, -1)));
      else response.end(sse(...toVendorEvents(output)));
    }),
  );
  const add = (name: string) => addModel(mesh, 'OPENAI', upstream.url, name);
  const [model, chatModel, ownModel] = [await add('gpt-5-mini'), await add('gpt-4o'), await add('gpt-5')];
  await admin(mesh).data(
    'mutation ($id: ID!, $input: UpdateProviderInput!) { updateProvider(id: $id, input: $input) { id } }',
    { id: ownModel.split('/')[0], input: { offeredTo: { tenants: [tenantId] } } },
  );
  const account: VendorAccount = {
    ...{ tenantId, client, openai, upstream, model, chatModel, ownModel },
    output: [],
    failure: undefined,
    isHeld: false,
    readSent: () => JSON.parse(upstream.requests.at(-1)?.body ?? '{}'),
    post: (body) =>
      fetch(`${url}/v1/responses`, {
        method: 'POST',
        headers: { authorization: `Bearer ${client.key}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    // Tools of tomorrow are in none of the types of the SDK.
    create: (body) => openai.responses.create(body as OpenAI.Responses.ResponseCreateParamsNonStreaming),
    async stream(body) {
      const events: object[] = [];
      const streamed = { ...body, stream: true } as OpenAI.Responses.ResponseCreateParamsStreaming;
      for await (const event of await openai.responses.create(streamed)) events.push(event);
      return events as VendorItem[];
    },
  };
  return account;
}
