import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestClient } from '#test/support/client.ts';
import { startOneProcess, type TestMesh } from '#test/support/mesh.ts';
import { chromiumPath, startBrowser } from '../support/processes/browser.ts';

if (chromiumPath === undefined) {
  console.warn('Left out: the page of prompts in a browser. There is no chromium on the PATH.');
}

/** A schema whose names look like addresses that a viewer could load. */
const outputSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'https://schemas.example.com/answer',
  type: 'object',
  properties: { name: { $ref: '#/$defs/name' } },
  required: ['name'],
  $defs: { name: { type: 'string', description: 'The name of the person.' } },
};

describe.runIf(chromiumPath !== undefined)('the page of prompts in a browser', () => {
  const stack = new AsyncDisposableStack();
  let mesh: TestMesh;
  let browser: Browser;
  let page: Page;
  const elsewhere: string[] = [];
  const complaints: string[] = [];
  beforeAll(async () => {
    mesh = stack.use(await startOneProcess());
    const admin = createTestClient(mesh.url, mesh.adminKey);
    const prompts = [
      {
        name: 'greet',
        description:
          'Greets ![a](https://images.example.com/a.png) <img src="https://images.example.com/b.png">',
        version: {
          model: 'demo/echo',
          template: 'Hello {{name}}',
          variables: [{ name: 'name', description: 'Ada' }],
          label: 'production',
        },
      },
      { name: 'parse', version: { model: 'demo/echo', template: '{"name":"{{name}}"}', outputSchema } },
      { name: 'docs', version: { model: 'demo/echo', template: 'Named like the page' } },
    ];
    for (const input of prompts) {
      await admin.data('mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }', {
        input,
      });
    }
    browser = await startBrowser(chromiumPath ?? '');
    stack.defer(() => browser.close());
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(60_000);
    await page.route('**/*', (route) => {
      const { protocol, origin, href } = new URL(route.request().url());
      if (protocol !== 'blob:' && protocol !== 'data:' && origin !== mesh.url) elsewhere.push(href);
      return route.continue();
    });
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    await page.goto(`${mesh.url}/prompts/docs`);
  });
  afterAll(() => stack.disposeAsync());

  const show = async (key: string) => {
    await page.locator('#key').fill(key);
    await page.getByRole('button', { name: 'Show the prompts' }).click();
  };
  const operation = (path: string) =>
    page.locator('.opblock').filter({ has: page.locator(`[data-path="${path}"]`) });

  it('states why a wrong key is refused', async () => {
    await show('hd_wrong_0123456789012345678901234567890123456789');
    await page.locator('#state', { hasText: 'The key was refused' }).waitFor();
    expect(complaints.splice(0)).toEqual([expect.stringContaining('401')]);
  });

  it('shows the prompts that the key may run', async () => {
    await show(mesh.adminKey);
    await operation('/prompts/greet').waitFor();
    expect(await page.locator('.opblock-summary-path').allInnerTexts()).toEqual(
      ['/prompts/docs', '/prompts/greet', '/prompts/greet@production', '/prompts/parse'].map((path) =>
        expect.stringMatching(new RegExp(`^\\W*${path.replaceAll('/', '\\W*/\\W*')}$`)),
      ),
    );
  });

  it.each([
    ['/prompts/greet', '"text": "Hello Ada"'],
    ['/prompts/parse', '"name": "name"'],
    ['/prompts/docs', '"text": "Named like the page"'],
  ])('runs %s with the key and the example, and shows the answer', async (path, answer) => {
    const block = operation(path);
    await block.locator('.opblock-summary').click();
    await block.getByRole('button', { name: 'Try it out' }).click();
    await block.getByRole('button', { name: 'Execute' }).click();
    const shown = block.locator('.live-responses-table .response-col_description pre').first();
    await expect.poll(() => shown.textContent(), { timeout: 60_000 }).toContain(answer);
  });

  it('shows the schema of an answer', async () => {
    const block = operation('/prompts/parse');
    await block.getByText('Schema', { exact: true }).last().click();
    await block.getByText('name', { exact: false }).first().waitFor();
    if (process.env.HEDDLE_SCREENSHOT) await page.screenshot({ path: process.env.HEDDLE_SCREENSHOT });
  });

  it('keeps no key in the browser', async () => {
    const stored = await page.evaluate(
      'JSON.stringify([localStorage, sessionStorage, location.href, document.cookie])',
    );
    expect(stored).not.toContain(mesh.adminKey);
  });

  it('made requests to the mesh alone, and had nothing to complain of', () => {
    expect(elsewhere).toEqual([]);
    // The images in the description of a prompt are the only requests to elsewhere, and the policy of the page stops them.
    const blocked = complaints.filter((one) => one.includes('images.example.com'));
    expect(blocked.length).toBeGreaterThan(0);
    expect(blocked.filter((one) => !one.includes('Content Security Policy'))).toEqual([]);
    expect(complaints.filter((one) => !blocked.includes(one))).toEqual([]);
  });
});
