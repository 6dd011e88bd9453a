import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestClient } from '#test/support/client.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';
import { chromiumPath, startBrowser } from '../support/processes/browser.ts';

if (chromiumPath === undefined) {
  console.warn('Left out: the page at / in a browser. There is no chromium on the PATH.');
}

const CREATE_KEY =
  'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret key { id } } }';
const REVOKE_KEY = 'mutation ($id: ID!) { revokeApiKey(id: $id) { id } }';

describe.runIf(chromiumPath !== undefined)('the page at / in a browser', () => {
  const stack = new AsyncDisposableStack();
  const mesh = findSharedMesh();
  let browser: Browser;
  let page: Page;
  /** The addresses that the page requested, and the bodies that it sent. */
  let requested: string[];
  let complaints: string[];
  beforeAll(async () => {
    browser = await startBrowser(chromiumPath ?? '');
    stack.defer(() => browser.close());
  });
  afterAll(() => stack.disposeAsync());
  beforeEach(async () => {
    requested = [];
    complaints = [];
    page = await browser.newPage();
    page.setDefaultTimeout(60_000);
    page.on('request', (request) => requested.push(`${request.url()} ${request.postData() ?? ''}`));
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('console', (message) => {
      // Chromium itself logs each answer with an error status.
      if (!message.text().startsWith('Failed to load resource')) complaints.push(message.text());
    });
    await page.goto(mesh.url);
  });
  afterEach(async () => {
    await page.close();
    expect(complaints).toEqual([]);
  });

  async function createKey(input: object): Promise<{ readonly secret: string; readonly id: string }> {
    const { data } = createTestClient(mesh.url, mesh.adminKey);
    const { me } = await data<{ me: { app: { id: string } } }>('{ me { app { id } } }');
    const { createApiKey } = await data<{ createApiKey: { secret: string; key: { id: string } } }>(
      CREATE_KEY,
      { input: { appId: me.app.id, ...input } },
    );
    return { secret: createApiKey.secret, id: createApiKey.key.id };
  }

  async function revokeKey(id: string): Promise<void> {
    await createTestClient(mesh.url, mesh.adminKey).data(REVOKE_KEY, { id });
  }

  /** Waits until the mesh refuses the key. */
  async function awaitEnd(key: string): Promise<void> {
    const readStatus = async () => {
      const response = await fetch(`${mesh.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
      await response.body?.cancel();
      return response.status;
    };
    await expect.poll(readStatus, { timeout: 60_000 }).toBe(401);
  }

  async function testKey(key: string): Promise<void> {
    await page.getByLabel('API key').fill(key);
    await page.getByRole('button', { name: 'Test the key' }).click();
  }

  const expectResult = (shown: string | RegExp) =>
    expect.poll(() => page.locator('#result').textContent(), { timeout: 60_000 }).toMatch(shown);
  const readLines = (client: string) =>
    page
      .locator('details', { has: page.getByText(client, { exact: true }) })
      .locator('pre')
      .textContent();
  const readModels = () => page.getByLabel('AI model').locator('option').allTextContents();

  it('lists what a good key may call, and puts the chosen AI model and the address into the lines', async () => {
    const { secret } = await createKey({ models: ['demo/echo', 'demo/slow'] });
    expect(await readLines('Codex')).toContain('model = "demo/echo"');
    await testKey(secret);
    await expectResult('The key works: it may call 2 AI models and routes.');
    expect(await readModels()).toEqual(['demo/echo', 'demo/slow']);
    await page.getByLabel('AI model').selectOption('demo/slow');
    expect(await readLines('Codex')).toMatch(
      new RegExp(`^model = "demo/slow"[^]*\\nbase_url = "${mesh.url}/v1"\\n`),
    );
    expect(await readLines('Claude Code')).toContain(`ANTHROPIC_BASE_URL=${mesh.url}\n`);
  });

  it('shows lines that work as they are copied, for the key that was tested', async () => {
    const { secret } = await createKey({ models: ['demo/slow'] });
    await testKey(secret);
    await expectResult('it may call 1 AI models');
    const [, body = ''] = /-d '([^']+)'/.exec((await readLines('curl')) ?? '') ?? [];
    const [, url = ''] = /^curl -s (\S+)/.exec((await readLines('curl')) ?? '') ?? [];
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body,
    });
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'Hello' } }] });
  });

  it('uses the address that it was opened at', async () => {
    const origin = mesh.url.replace('127.0.0.1', 'localhost');
    await page.goto(origin);
    expect(await readLines('Cursor')).toBe(`${origin}/v1`);
    expect(await page.locator('li code', { hasText: `${origin}/v1` }).count()).toBe(1);
  });

  it('uses the address that it was opened at, where a proxy does not forward it', async () => {
    await page.route(`${mesh.url}/`, async (route) => {
      const response = await fetch(mesh.url.replace('127.0.0.1', 'localhost'), {
        headers: { accept: 'text/html' },
      });
      await route.fulfill({ contentType: 'text/html', body: await response.text() });
    });
    await page.goto(mesh.url);
    expect(await readLines('Cursor')).toBe(`${mesh.url}/v1`);
    expect(await page.locator('li code', { hasText: `${mesh.url}/v1` }).count()).toBe(1);
    expect(await page.content()).not.toContain('>http://localhost');
  });

  const refusal = 'The key was refused: The API key is unknown, expired or revoked.';
  const refused: readonly (readonly [name: string, make: () => Promise<string>, shown: string])[] = [
    ['a wrong key', async () => 'hd_wrong_0123456789012345678901234567890123456789', refusal],
    ['what is no key at all', async () => 'sk-ant-123', refusal],
    [
      'a revoked key',
      async () => {
        const { secret, id } = await createKey({});
        await revokeKey(id);
        await awaitEnd(secret);
        return secret;
      },
      refusal,
    ],
    [
      'an expired key',
      async () => {
        const { secret } = await createKey({ expiresAt: new Date(Date.now() + 1_500).toISOString() });
        await awaitEnd(secret);
        return secret;
      },
      refusal,
    ],
    [
      'a key without the scope',
      async () => (await createKey({ scopes: ['usage:read'] })).secret,
      'The key is in force, but may call no AI model: it lacks the scope inference:invoke.',
    ],
    [
      'a key whose AI models do not exist',
      async () => (await createKey({ models: ['openai/none'] })).secret,
      'The key is in force, but there is no AI model that it may call.',
    ],
    [
      'a key of another address',
      async () => (await createKey({ allowedIps: ['192.0.2.1'] })).secret,
      'The key was refused: ',
    ],
  ];

  it.each(refused)('names what is wrong with %s, and offers no AI models', async (_name, make, shown) => {
    await testKey(await make());
    await expectResult(shown);
    expect(await page.getByLabel('AI model').isVisible()).toBe(false);
    expect(await readLines('Codex')).toContain('model = "demo/echo"');
  });

  it('offers nothing of a former key once another is refused', async () => {
    const { secret } = await createKey({ models: ['demo/slow'] });
    await testKey(secret);
    await expectResult('The key works');
    await testKey('hd_wrong');
    await expectResult(refusal);
    expect(await page.getByLabel('AI model').isVisible()).toBe(false);
    expect(await readLines('Codex')).toContain('model = "demo/echo"');
  });

  it('reports that the mesh was not reached', async () => {
    await page.route('**/v1/models', (route) => route.abort());
    await testKey('hd_any');
    await expectResult('The mesh was not reached');
  });

  it('keeps the key in its field alone: in no address, no storage, no other origin, and not after a reload', async () => {
    const { secret } = await createKey({ scopes: ['usage:read'] });
    await testKey(` ${secret} `);
    await expectResult('lacks the scope');
    expect(requested.map((text) => text.trim())).toEqual([
      `${mesh.url}/`,
      `${mesh.url}/v1/models`,
      `${mesh.url}/graphql {"query":"{ me { scopes } }"}`,
    ]);
    expect(page.url()).toBe(`${mesh.url}/`);
    expect(await page.content()).not.toContain(secret);
    expect(await page.context().storageState({ indexedDB: true })).toEqual({ cookies: [], origins: [] });
    expect(await page.evaluate('sessionStorage.length + history.length - 2')).toBe(0);
    await page.reload();
    expect(await page.getByLabel('API key').inputValue()).toBe('');
  });

  it('runs under a policy that allows no other origin, no form and no other script', async () => {
    const blocked = await page.evaluate(`(async () => {
      const fetched = await fetch('http://127.0.0.2:9/').then(() => 'sent', () => 'blocked');
      const script = document.createElement('script');
      script.textContent = 'globalThis.injected = true';
      document.body.append(script);
      return [fetched, globalThis.injected === true];
    })()`);
    expect(blocked).toEqual(['blocked', false]);
    expect(
      complaints.splice(0).filter((text) => text.includes('Content Security Policy')).length,
    ).toBeGreaterThan(1);
  });
});
