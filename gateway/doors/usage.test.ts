import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRestMesh } from '#test/support/gateways/rest-mesh.ts';
import { type SampleGateway, sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';

const usage = {
  inputTokens: 100,
  outputTokens: 9,
  totalTokens: 109,
  cachedInputTokens: 30,
  cacheWriteTokens: 50,
  cacheWrite1hTokens: 20,
  reasoningTokens: 4,
};
const block = (content: object, format = 'messages') => ({ format, content, textOffset: 0 });
const fetched = block({ type: 'server_tool_use', id: 's1', name: 'web_fetch', input: {} });
const searched = block({ type: 'server_tool_use', id: 's2', name: 'web_search', input: {} });

let sample: SampleGateway;
let answered: Record<string, unknown>;
beforeAll(async () => {
  const { executors, ...mesh } = createRestMesh();
  const { inference } = executors;
  sample = await startSampleGateway({
    mesh: {
      ...mesh,
      executors: {
        ...executors,
        inference: {
          execute: async (request) => {
            const result = await inference.execute(request);
            const data = 'data' in result ? result.data : undefined;
            return { data: { ...data, complete: { ...(data?.complete as object), ...answered } } };
          },
        },
      },
    },
  });
});
afterAll(() => sample[Symbol.asyncDispose]());

async function readUsage(path: string, body: object): Promise<unknown> {
  const response = await fetch(`${sample.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${sampleKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'demo/echo', ...body }),
  });
  return (await response.json()).usage;
}

const messages = [{ role: 'user', content: 'Hi' }];

it.each([
  [
    '/v1/chat/completions',
    { messages },
    {
      prompt_tokens: 100,
      prompt_tokens_details: { cached_tokens: 30, cache_write_tokens: 50 },
      completion_tokens_details: { reasoning_tokens: 4 },
    },
  ],
  [
    '/v1/responses',
    { input: 'Hi' },
    {
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 30, cache_write_tokens: 50 },
      output_tokens_details: { reasoning_tokens: 4 },
      total_tokens: 109,
    },
  ],
  [
    '/v1/messages',
    { max_tokens: 9, messages },
    {
      input_tokens: 20,
      cache_read_input_tokens: 30,
      cache_creation_input_tokens: 50,
      cache_creation: { ephemeral_5m_input_tokens: 30, ephemeral_1h_input_tokens: 20 },
      server_tool_use: null,
    },
  ],
])('%s states all that is known of the usage', async (path, body, expected) => {
  answered = { usage };
  expect(await readUsage(path, body)).toMatchObject(expected);
});

it('/v1/messages counts the calls of tools that Anthropic has run', async () => {
  answered = {
    usage,
    providerBlocks: [fetched, searched, searched, block({ type: 'server_tool_use' }, 'other')],
  };
  expect(await readUsage('/v1/messages', { max_tokens: 9, messages })).toMatchObject({
    server_tool_use: { web_search_requests: 2, web_fetch_requests: 1 },
  });
});
