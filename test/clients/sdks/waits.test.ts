import Anthropic from '@anthropic-ai/sdk';
import Anthropic0 from 'anthropic-sdk-0';
import OpenAI from 'openai';
import OpenAI6 from 'openai-6';
import { describe, expect, it } from 'vitest';
import { newTenant } from '#test/e2e/scenarios/setup.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';

const mesh = findSharedMesh();

type Options = ConstructorParameters<typeof OpenAI>[0] & ConstructorParameters<typeof Anthropic>[0];
const messages = [{ role: 'user' as const, content: 'Hi' }];
const callOpenAi = (Client: typeof OpenAI) => (options: Options) =>
  new Client({ ...options, baseURL: `${mesh.url}/v1` }).chat.completions.create({
    model: 'demo/echo',
    messages,
  });
const callAnthropic = (Client: typeof Anthropic) => (options: Options) =>
  new Client({ ...options, baseURL: mesh.url }).messages.create({
    model: 'demo/echo',
    max_tokens: 10,
    messages,
  });

describe.each([
  ['openai 7', callOpenAi(OpenAI)],
  ['openai 6', callOpenAi(OpenAI6 as unknown as typeof OpenAI)],
  ['@anthropic-ai/sdk 1', callAnthropic(Anthropic)],
  ['@anthropic-ai/sdk 0', callAnthropic(Anthropic0 as unknown as typeof Anthropic)],
] as const)('%s', (_name, call) => {
  it('reports a limit that is full for an hour at once, and sends the call once', async () => {
    const { client } = await newTenant(() => mesh, {
      limits: [{ meter: 'REQUESTS', window: 'HOUR', amount: '1' }],
    });
    let requests = 0;
    const options: Options = {
      apiKey: client.key,
      maxRetries: 2,
      fetch: (...request: Parameters<typeof fetch>) => {
        requests += 1;
        return fetch(...request);
      },
    };
    await call(options);
    await expect(call(options)).rejects.toMatchObject({ status: 429 });
    expect(requests).toBe(2);
  });
});
