import { LLMock } from '@copilotkit/aimock';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createHttpFetch } from '../http/http-fetch.ts';
import type { ProviderKind, ProviderOptions } from '../provider.ts';
import { ask, collect } from '../testing/calls.ts';
import { embeddingKinds, moderationKinds } from '../testing/preset-kinds.ts';
import { recordingFetch } from '../testing/recording-fetch.ts';
import { startWireServer } from '../testing/wire-server.ts';
import { providerKinds, providerVariables } from './environment.ts';
import { makeProvider } from './registry.ts';

const http = createHttpFetch();
const mock = new LLMock({ port: 0 });
beforeAll(async () => {
  mock.onMessage('hello', { content: 'Hi there.' });
  await mock.start();
});
afterEach(() => vi.unstubAllEnvs());
afterAll(async () => {
  await http.close();
  await mock.stop();
});

/** VERTEX has a test of its own, since the mock lacks express mode; some kinds have no chat. */
const others: ReadonlySet<ProviderKind> = new Set(['DEMO', 'VERTEX', ...embeddingKinds, ...moderationKinds]);
const kinds = providerKinds.filter((kind) => !others.has(kind));

function options(kind: ProviderKind, more: Partial<ProviderOptions> = {}): ProviderOptions {
  const { fetch } = http;
  // The mock knows no path below /v1/openai.
  const baseUrl = kind === 'DEEPINFRA' ? `${mock.url}/v1` : mock.url;
  return { kind, baseUrl, region: 'eu-central-1', secret: 'sk-test-0123456789', fetch, ...more };
}

describe('the registry', () => {
  it.each(kinds)('makes a provider of kind %s that answers and streams', async (kind) => {
    const provider = await makeProvider(options(kind));
    const { text } = await provider.generate(ask('some-model', 'hello'));
    expect(text).toBe('Hi there.');
    // The mock's Cohere streams are not of Cohere's wire; streams.test.ts plays that wire.
    if (kind !== 'COHERE')
      expect((await collect(provider, ask('some-model', 'hello'))).text).toBe('Hi there.');
  });

  it('makes the demo without anything', async () => {
    const demo = await makeProvider(options('DEMO', { baseUrl: null, secret: null, region: null }));
    expect((await demo.generate(ask('echo', 'hello'))).text).toBe('hello');
  });

  it.each(kinds)('takes nothing for %s from the environment', async (kind) => {
    for (const name of [...providerVariables, 'AZURE_RESOURCE_NAME', 'GOOGLE_VERTEX_PROJECT']) {
      vi.stubEnv(name, name.includes('URL') ? 'http://127.0.0.1:1' : 'leaked');
    }
    const { fetch, sent } = recordingFetch(http.fetch);
    const secret = kind === 'BEDROCK' ? 'AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI' : null;
    const provider = await makeProvider(options(kind, { secret, fetch }));
    expect((await provider.generate(ask('some-model', 'hello'))).text).toBe('Hi there.');
    const headers = JSON.stringify(sent.map((request) => [request.url.href, ...request.headers]));
    expect(headers).not.toContain('leaked');
    if (kind === 'BEDROCK')
      expect(sent[0]?.headers.get('authorization')).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIA/);
  });

  it('completes a bare origin with the usual path and keeps a path that is set', async () => {
    const { fetch, sent } = recordingFetch(http.fetch);
    for (const baseUrl of [mock.url, `${mock.url}/`, `${mock.url}/v1`, `${mock.url}/v1/`]) {
      const provider = await makeProvider(options('OPENAI_COMPATIBLE', { baseUrl, fetch }));
      await provider.generate(ask('some-model', 'hello'));
    }
    expect(new Set(sent.map(({ url }) => url.pathname))).toEqual(new Set(['/v1/chat/completions']));
    const baseUrl = `${mock.url}/team/openai/`;
    const provider = await makeProvider(options('OPENAI_COMPATIBLE', { baseUrl, fetch }));
    await provider.generate(ask('some-model', 'hello')).catch(() => undefined);
    expect(sent.at(-1)?.url.pathname).toBe('/team/openai/chat/completions');
  });

  it('takes a credential without the white space around it', async () => {
    const { fetch, sent } = recordingFetch(http.fetch);
    const provider = await makeProvider(options('OPENAI_COMPATIBLE', { secret: ' sk-pasted\n', fetch }));
    await provider.generate(ask('some-model', 'hello'));
    expect(sent[0]?.headers.get('authorization')).toBe('Bearer sk-pasted');
  });

  it('sends no authorization where there is no secret', async () => {
    const { fetch, sent } = recordingFetch(http.fetch);
    const provider = await makeProvider(options('OLLAMA', { secret: null, fetch }));
    await provider.generate(ask('some-model', 'hello'));
    expect(sent[0]?.headers.has('authorization')).toBe(false);
  });

  it.each([
    ['no URL', { baseUrl: 'nonsense' }, 'BAD_USER_INPUT'],
    ['another protocol', { baseUrl: 'file:///etc/passwd' }, 'BAD_USER_INPUT'],
    ['the path of a call', { baseUrl: 'http://127.0.0.1/v1/chat/completions' }, 'BAD_USER_INPUT'],
    ['credentials in the URL', { baseUrl: 'http://user:pass@127.0.0.1' }, 'BAD_USER_INPUT'],
    ['a user in the URL', { baseUrl: 'http://user@127.0.0.1' }, 'BAD_USER_INPUT'],
    ['a password in the URL', { baseUrl: 'http://:pass@127.0.0.1' }, 'BAD_USER_INPUT'],
    ['a query in the URL', { baseUrl: 'http://127.0.0.1?key=x' }, 'BAD_USER_INPUT'],
    ['a fragment in the URL', { baseUrl: 'http://127.0.0.1#x' }, 'BAD_USER_INPUT'],
    ['no base URL where one is needed', { kind: 'VLLM', baseUrl: null }, 'BAD_USER_INPUT'],
    [
      'no credential at the vendor itself',
      { kind: 'ANTHROPIC', baseUrl: null, secret: null },
      'PROVIDER_AUTH',
    ],
    ['a credential of two lines', { secret: 'a\nb: c' }, 'PROVIDER_AUTH'],
    ['a credential that no header can hold', { secret: '“sk-0123456789”' }, 'PROVIDER_AUTH'],
    ['no region for Bedrock', { kind: 'BEDROCK', region: null }, 'BAD_USER_INPUT'],
    [
      'a region that would change the host',
      { kind: 'BEDROCK', baseUrl: null, region: 'x.evil.com/' },
      'BAD_USER_INPUT',
    ],
    ['no credential for Bedrock', { kind: 'BEDROCK', secret: null }, 'PROVIDER_AUTH'],
    ['a broken service account', { kind: 'VERTEX', secret: '{oops' }, 'PROVIDER_AUTH'],
  ] as const)('refuses %s with its code', async (_what, more, code) => {
    await expect(makeProvider(options('OPENAI_COMPATIBLE', more))).rejects.toMatchObject({ code });
  });

  it('refuses what a vendor cannot do instead of leaving it out', async () => {
    const tools = [{ name: 'f', parameters: { type: 'object' } }];
    const perplexity = await makeProvider(options('PERPLEXITY'));
    await expect(perplexity.generate(ask('sonar', 'hello', { tools }))).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    const anthropic = await makeProvider(options('ANTHROPIC'));
    await expect(anthropic.embed({ model: 'm', values: ['x'] })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    const audio = { type: 'file', mediaType: 'audio/ogg', data: 'AAAA' } as const;
    const compatible = await makeProvider(options('OPENAI_COMPATIBLE'));
    const call = { model: 'm', messages: [{ role: 'user', parts: [audio] }] } as const;
    const deepseek = await makeProvider(options('DEEPSEEK'));
    for (const provider of [compatible, deepseek]) {
      await expect(provider.generate(call)).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
        retryable: false,
      });
      expect((await collect(provider, call)).error).toMatchObject({ code: 'BAD_USER_INPUT' });
    }
  });
});

describe('OpenAI behind a proxy that only speaks chat', () => {
  it('falls back from responses once, and not for a model that is unknown', async () => {
    const answer = { choices: [{ message: { role: 'assistant', content: 'Hi.' }, finish_reason: 'stop' }] };
    let unknownModel = true;
    await using server = await startWireServer((response, { path }) => {
      if (path === '/v1/chat/completions') response.end(JSON.stringify(answer));
      else if (unknownModel)
        response.writeHead(404).end('{"error":{"message":"The model x does not exist"}}');
      else response.writeHead(404).end('Cannot POST /v1/responses');
    });
    const provider = await makeProvider(options('OPENAI', { baseUrl: server.url }));
    await expect(provider.generate(ask('gpt-5-mini', 'hello'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    unknownModel = false;
    expect((await provider.generate(ask('gpt-5-mini', 'hello'))).text).toBe('Hi.');
    expect((await provider.generate(ask('gpt-5-mini', 'hello'))).text).toBe('Hi.');
    expect(server.requests.map(({ path }) => path)).toEqual([
      '/v1/responses',
      '/v1/responses',
      '/v1/chat/completions',
      '/v1/chat/completions',
    ]);
  });
});

describe('embeddings', () => {
  it('come back in the order of the values, with the usage', async () => {
    mock.onEmbedding('north', { embedding: [1, 0] });
    mock.onEmbedding('east', { embedding: [0, 1] });
    const provider = await makeProvider(options('OPENAI_COMPATIBLE'));
    expect((await provider.embed({ model: 'm', values: ['north'] })).vectors).toEqual([[1, 0]]);
    const answer = await provider.embed({ model: 'm', values: ['east'], dimensions: 2 });
    expect(answer.vectors).toEqual([[0, 1]]);
    expect(answer.usage.outputTokens).toBe(0);
  });

  it('fail when the provider returns another number of vectors than requested', async () => {
    await using server = await startWireServer(
      (response) =>
        void response.end(JSON.stringify({ data: [{ embedding: [1] }], usage: { prompt_tokens: 2 } })),
    );
    const provider = await makeProvider(options('VLLM', { baseUrl: server.url }));
    await expect(provider.embed({ model: 'm', values: ['a', 'b'] })).rejects.toMatchObject({
      code: 'PROVIDER_ERROR',
    });
  });
});
