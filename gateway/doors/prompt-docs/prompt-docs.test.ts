import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openExposures } from '#gateway/auth/exposure.ts';
import { type SampleGateway, sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';

let sample: SampleGateway;
beforeAll(async () => {
  sample = await startSampleGateway();
});
afterAll(() => sample[Symbol.asyncDispose]());

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${sample.url}${path}`, { headers });

describe('GET /prompts/docs', () => {
  it('is a page that loads the files of the viewer alone', async () => {
    const response = await get('/prompts/docs');
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/html; charset=utf-8',
    ]);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/https?:|unsafe|\*/);
    const loaded = [...(await response.text()).matchAll(/(?:src|href)="([^"]*)"/g)].map(([, url]) => url);
    expect(loaded).toEqual(['data:,', '/prompts/docs/swagger-ui.css', '/prompts/docs/swagger-ui-bundle.js']);
    for (const path of loaded.slice(1)) expect((await get(path ?? '')).status).toBe(200);
  });

  it('sends a file once to a client that keeps it', async () => {
    const first = await get('/prompts/docs/swagger-ui.css');
    expect(first.headers.get('content-type')).toBe('text/css; charset=utf-8');
    const etag = first.headers.get('etag') ?? '';
    const again = await get('/prompts/docs/swagger-ui.css', { 'if-none-match': etag });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });

  it.each([
    'swagger-ui.css.map',
    'index.html',
    'package.json',
    'constructor',
    '..%2fpackage.json',
    '..%2f..%2fpackage.json',
  ])('serves no other file, such as %s', async (file) => {
    expect((await get(`/prompts/docs/${file}`)).status).toBe(404);
  });

  it('refuses a client that takes no compressed file, with how to have it', async () => {
    const refused = await get('/prompts/docs/swagger-ui-bundle.js', { 'accept-encoding': 'identity' });
    expect(refused.status).toBe(406);
    expect(await refused.text()).toBe(
      'The viewer has several megabytes: accept-encoding must allow br or gzip.\n',
    );
  });

  it.each(['/prompts/docs', '/prompts/docs/swagger-ui.css'])(
    'needs at %s what the Explorer needs',
    async (path) => {
      await using closed = await startSampleGateway({ exposures: { ...openExposures, explorer: 'off' } });
      expect((await fetch(`${closed.url}${path}`)).status).toBe(404);
      await using known = await startSampleGateway({
        exposures: { ...openExposures, explorer: 'authenticated' },
      });
      const refused = await fetch(`${known.url}${path}`);
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
        401,
        'Basic realm="Heddle prompts", charset="UTF-8"',
      ]);
      const authorization = `Basic ${Buffer.from(`:${sampleKey}`).toString('base64')}`;
      const answered = await fetch(`${known.url}${path}`, { headers: { authorization } });
      expect([answered.status, answered.headers.get('cache-control')]).toEqual([200, 'private, no-cache']);
    },
  );
});
