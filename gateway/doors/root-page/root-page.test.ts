import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SampleGateway, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import { clientSetups, exampleOrigin } from './client-setups.ts';

let sample: SampleGateway;
beforeAll(async () => {
  sample = await startSampleGateway();
});
afterAll(() => sample[Symbol.asyncDispose]());

/** The page as a client with these headers receives it; `fetch` would set a `host` of its own. */
async function openPage(url = sample.url, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const sent = request(url, { headers: { accept: 'text/html', ...headers } }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return text(response);
}

describe('the page at /', () => {
  it('shows a browser what this is and where things are, with a style that its policy allows', async () => {
    const response = await fetch(sample.url, { headers: { accept: 'text/html,*/*;q=0.8' } });
    const page = await response.text();
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toMatch(/style-src 'sha256-[A-Za-z0-9+/]{43}='/);
    const links = [...page.matchAll(/href="([^"]+)"/g)].map(([, link]) => link ?? '');
    expect(links).toEqual(['/graphql', '/prompts/docs', '/health/live', '/health/ready']);
    for (const link of links) {
      const found = await fetch(`${sample.url}${link}`, { headers: { accept: 'text/html' } });
      expect([link, found.status]).toEqual([link, 200]);
      await found.body?.cancel();
    }
  });

  it('shows how clients are set up, with its own address', async () => {
    const page = await openPage();
    for (const { client, lines } of clientSetups) {
      expect(page).toContain(`<summary>${client}</summary>`);
      const shown = lines.replaceAll(exampleOrigin, sample.url);
      expect(page).toContain(`<pre>${shown.replaceAll('&', '&amp;').replaceAll('>', '&gt;')}</pre>`);
    }
    expect(page).not.toContain(exampleOrigin);
  });

  it('has the setups of docs/clients.md, in its order, and docs/clients.md those of the page', () => {
    const document = readFileSync(new URL('../../../docs/clients.md', import.meta.url), 'utf8');
    const [, ...sections] = document.split(/^## /m);
    const shown = sections.filter((section) => !/^(?:Responses|Prompts)\n/.test(section));
    expect(shown.map((section) => section.split('\n', 1)[0])).toEqual(
      clientSetups.map(({ client }) => client),
    );
    for (const [index, { client, language, place, lines, note }] of clientSetups.entries()) {
      const setup = `${client}\n\n${place}:\n\n\`\`\`${language}\n${lines}\n\`\`\`\n`;
      expect(shown[index]).toContain(note === undefined ? setup : `${setup}\n${note}\n`);
    }
  });

  it('names every client that setup is promised for', () => {
    expect(clientSetups.map(({ client }) => client)).toEqual(
      expect.arrayContaining([
        'Claude Code',
        'Codex',
        'Cursor',
        'Open WebUI',
        'LangChain',
        'LlamaIndex',
        'Continue',
      ]),
    );
  });

  const proxied = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'mesh.example' };
  const addresses: readonly (readonly [headers: Record<string, string>, trusted: string, direct: string])[] =
    [
      [{ host: 'mesh.test:8080' }, 'http://mesh.test:8080', 'http://mesh.test:8080'],
      [{ host: 'Mesh.Test' }, 'http://mesh.test', 'http://mesh.test'],
      [{ host: '[::1]:4000' }, 'http://[::1]:4000', 'http://[::1]:4000'],
      [{ host: 'inner:80', ...proxied }, 'https://mesh.example', 'http://inner:80'],
      [{ host: 'inner', 'x-forwarded-proto': 'https' }, 'https://inner', 'http://inner'],
      [{ host: 'inner', 'x-forwarded-proto': 'https, http' }, 'https://inner', 'http://inner'],
      [
        { host: 'inner', ...proxied, 'x-forwarded-host': 'a.example, b.example' },
        'https://a.example',
        'http://inner',
      ],
      [{ host: 'inner', 'x-forwarded-proto': 'javascript' }, exampleOrigin, 'http://inner'],
      [{ host: 'inner', 'x-forwarded-host': '"><script>alert(1)</script>' }, exampleOrigin, 'http://inner'],
      [{ host: 'inner', 'x-forwarded-host': "a'onload=" }, exampleOrigin, 'http://inner'],
      [{ host: 'inner', 'x-forwarded-host': 'a.example/path' }, exampleOrigin, 'http://inner'],
      [{ host: 'user@inner' }, exampleOrigin, exampleOrigin],
      [{ host: 'a'.repeat(300) }, exampleOrigin, exampleOrigin],
    ];

  it.each(addresses)(
    'shows the address of %j, forwarded by a trusted proxy alone',
    async (headers, trusted, direct) => {
      await using behind = await startSampleGateway({ trustedProxies: ['127.0.0.0/8'] });
      for (const [{ url }, origin] of [
        [behind, trusted],
        [sample, direct],
      ] as const) {
        const page = await openPage(url, headers);
        expect(page).toContain(`<body data-origin="${origin}" `);
        expect(page).toContain(`<pre>${origin}/v1</pre>`);
        expect(page.match(/<script>/g)).toHaveLength(1);
      }
    },
  );

  it('has one script, which its policy allows, and which keeps no key', async () => {
    const response = await fetch(sample.url, { headers: { accept: 'text/html' } });
    const scripts = [...(await response.text()).matchAll(/<script>([\s\S]*?)<\/script>/g)].map(
      ([, text = '']) => text,
    );
    expect(scripts).toHaveLength(1);
    const hash = createHash('sha256')
      .update(scripts[0] ?? '')
      .digest('base64');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain(`script-src 'sha256-${hash}'`);
    expect(policy).toContain("connect-src 'self'");
    expect(policy).not.toContain('unsafe');
    expect(scripts[0]).not.toMatch(/localStorage|sessionStorage|cookie|indexedDB/);
  });

  it('is JSON for other clients', async () => {
    const response = await fetch(sample.url);
    expect(response.headers.get('vary')).toBe('accept');
    expect(await response.json()).toEqual({
      name: 'Heddle',
      graph: '/graphql',
      explorer: '/graphql',
      openai: '/v1',
      anthropic: '/v1/messages',
      prompts: '/prompts/openapi.json',
      health: { live: '/health/live', ready: '/health/ready' },
    });
    expect((await fetch(sample.url, { method: 'DELETE' })).status).toBe(405);
  });
});

describe('a wrong base URL of a client', () => {
  const openAi = 'The base URL of OpenAI SDKs is the address of this gateway and /v1.';
  const anthropic = 'The base URL of Anthropic SDKs is the address of this gateway, without /v1.';
  const sent: readonly (readonly [path: string, advice: string])[] = [
    ['/chat/completions', openAi],
    ['/responses', openAi],
    ['/embeddings', openAi],
    ['/models', openAi],
    ['/completions', openAi],
    ['/v1/v1/chat/completions', openAi],
    ['/openai/v1/responses', openAi],
    ['/graphql/chat/completions', openAi],
    ['/messages', anthropic],
    ['/v1/v1/messages', anthropic],
    ['/v1/v1/messages/count_tokens', anthropic],
    ['/anthropic/v1/messages', anthropic],
    ['/graphql/v1/messages', anthropic],
  ];

  it.each(sent)('is named in the form that the client prints: POST %s', async (path, advice) => {
    const response = await fetch(`${sample.url}${path}`, { method: 'POST', body: '{}' });
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([404, 'false']);
    const { error } = (await response.json()) as { error: { message: string } };
    expect(error.message.endsWith(` ${advice}`)).toBe(true);
  });

  it.each(['/v1/chat/completions/chatcmpl-1', '/v1/audio/speech', '/v1/messages/batches', '/v1/files'])(
    'is not suspected where only the path is unknown: %s',
    async (path) => {
      const { error } = (await (await fetch(`${sample.url}${path}`)).json()) as {
        error: { message: string };
      };
      expect(error.message).not.toContain('base URL');
    },
  );
});

describe('addresses of REST interfaces', () => {
  it.each(['/v1/audio/speech', '/graphql/chat/completions', '/graphql/responses'])(
    'answer in the shape of OpenAI: %s',
    async (path) => {
      const response = await fetch(`${sample.url}${path}`, { method: 'POST', body: '{}' });
      expect([response.status, response.headers.get('x-should-retry')]).toEqual([404, 'false']);
      expect(await response.json()).toEqual({
        error: {
          message: expect.stringContaining('GraphQL at /graphql'),
          type: 'invalid_request_error',
          param: null,
          code: 'not_found',
        },
      });
    },
  );

  it.each([
    ['/v1/messages/batches', {}],
    ['/v1/files/file_1', { 'anthropic-version': '2023-06-01' }],
    ['/v1/messages/batches/msgbatch_1/results', {}],
    ['/v1/files', { 'anthropic-version': '2023-06-01' }],
    ['/v1/skills?beta=true', { 'anthropic-version': '2023-06-01' }],
  ])('answer in the shape of Anthropic: %s', async (path, headers) => {
    const response = await fetch(`${sample.url}${path}`, { headers: headers as Record<string, string> });
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({
      type: 'error',
      error: { type: 'not_found_error', message: expect.stringContaining('GraphQL at /graphql') },
      request_id: response.headers.get('request-id'),
    });
    expect(response.headers.get('request-id')).toBe(response.headers.get('x-request-id'));
    expect(response.headers.get('x-should-retry')).toBe('false');
  });
});
