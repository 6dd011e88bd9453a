import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SampleGateway, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import { clientSetups } from './client-setups.ts';

let sample: SampleGateway;
beforeAll(async () => {
  sample = await startSampleGateway();
});
afterAll(() => sample[Symbol.asyncDispose]());

describe('the page at /', () => {
  it('shows a browser what this is and where things are, with a style that its policy allows', async () => {
    const response = await fetch(sample.url, { headers: { accept: 'text/html,*/*;q=0.8' } });
    const page = await response.text();
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toMatch(/style-src 'sha256-[A-Za-z0-9+/]{43}='/);
    const links = [...page.matchAll(/href="([^"]+)"/g)].map(([, link]) => link ?? '');
    expect(links).toEqual(['/graphql', '/health/live', '/health/ready']);
    for (const link of links) {
      const found = await fetch(`${sample.url}${link}`, { headers: { accept: 'text/html' } });
      expect([link, found.status]).toEqual([link, 200]);
      await found.body?.cancel();
    }
  });

  it('shows how clients are set up, as docs/clients.md does', async () => {
    const page = await (await fetch(sample.url, { headers: { accept: 'text/html' } })).text();
    const document = readFileSync(new URL('../../../docs/clients.md', import.meta.url), 'utf8');
    expect(clientSetups.map(({ client }) => client)).toEqual([
      'Claude Code',
      'Codex',
      'Cursor',
      'Open WebUI',
      'LangChain',
      'LlamaIndex',
      'Continue',
    ]);
    for (const { client, place, lines } of clientSetups) {
      expect(page).toContain(`<summary>${client}</summary>`);
      expect(page).toContain(lines.replaceAll('>', '&gt;'));
      expect(document).toContain(`## ${client}\n\n${place}:\n\n`);
      expect(document).toContain(`\n${lines}\n\`\`\``);
    }
  });

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
      health: { live: '/health/live', ready: '/health/ready' },
    });
    expect((await fetch(sample.url, { method: 'DELETE' })).status).toBe(405);
  });
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
  ])('answer in the shape of Anthropic: %s', async (path, headers) => {
    const response = await fetch(`${sample.url}${path}`, { headers: headers as Record<string, string> });
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({
      type: 'error',
      error: { type: 'not_found_error', message: expect.stringContaining('GraphQL at /graphql') },
      request_id: response.headers.get('x-request-id'),
    });
  });
});
