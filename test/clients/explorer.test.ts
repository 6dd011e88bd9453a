import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOneProcess, type TestMesh } from '#test/support/mesh.ts';
import { chromiumPath, startBrowser } from '../support/processes/browser.ts';

if (chromiumPath === undefined) {
  console.warn('Left out: the Explorer in a browser. There is no chromium on the PATH.');
}

describe.runIf(chromiumPath !== undefined)('the Explorer in a browser', () => {
  const stack = new AsyncDisposableStack();
  let mesh: TestMesh;
  let browser: Browser;
  let page: Page;
  const elsewhere: string[] = [];
  const inAddresses: string[] = [];
  const complaints: string[] = [];
  beforeAll(async () => {
    mesh = stack.use(await startOneProcess());
    browser = await startBrowser(chromiumPath ?? '');
    stack.defer(() => browser.close());
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(60_000);
    await page.route('**/*', (route) => {
      const url = route.request().url();
      const { protocol, origin, search } = new URL(url);
      if (protocol !== 'blob:' && protocol !== 'data:' && origin !== mesh.url) elsewhere.push(url);
      if (search !== '' && !route.request().isNavigationRequest()) inAddresses.push(url);
      return route.continue();
    });
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    await page.goto(`${mesh.url}/graphql`);
  });
  afterAll(() => stack.disposeAsync());

  const openTab = (name: string) =>
    page.locator('.graphiql-tab-button', { hasText: new RegExp(`^${name}$`) }).click();
  const result = async () =>
    (await page.locator('.result-window .view-lines').textContent())?.replaceAll(/\s+/g, ' ') ?? '';
  /** Presses the button; once more where GraphiQL has not yet taken in that there is another tab. */
  const run = async (...texts: readonly string[]) => {
    const button = page.locator('.graphiql-execute-button');
    await button.click();
    await expect
      .poll(
        async () => {
          const shown = await result();
          if (shown.includes('Cannot infer operation')) await button.click();
          return shown;
        },
        { timeout: 60_000, interval: 300 },
      )
      .toSatisfy((shown: string) => texts.every((text) => shown.includes(text)), texts.join(' … '));
  };

  it('opens with a tab for each example', async () => {
    await page.locator('.graphiql-tab-button').first().waitFor();
    expect(await page.locator('.graphiql-tab-button').allInnerTexts()).toEqual([
      'Complete',
      'CompletionStream',
      'CreatePrompt',
      'RunPrompt',
      'CreateApiKey',
      'CreateTenant',
      'SaveBudget',
      'SaveRoute',
      'Invocations',
      'AuditLog',
      'Usage',
    ]);
    await page.locator('.view-line', { hasText: 'mutation Complete(' }).waitFor();
  });

  it('shows the first comment whole, left of the button that runs it', async () => {
    const button = await page.locator('.graphiql-execute-button').boundingBox();
    const comments = page.locator('.graphiql-query-editor .view-line', { hasText: /^#/ });
    expect(await comments.count()).toBeGreaterThan(2);
    for (const comment of await comments.locator('> span').all()) {
      const { x = 0, width = 0 } = (await comment.boundingBox()) ?? {};
      expect(x + width).toBeLessThan(button?.x ?? 0);
    }
  });

  it('states what is missing before sign-in', async () => {
    await run('UNAUTHENTICATED');
    complaints.length = 0;
  });

  it('signs in with a key, on a page of its own, and returns', async () => {
    await page.locator('#session a').click();
    await page.getByLabel('API key').fill('hd_wrong_0123456789012345678901234567890123456789');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('The API key is unknown').waitFor();
    complaints.length = 0;
    await page.getByLabel('API key').fill(mesh.adminKey);
    await page.keyboard.press('Enter');
    await page.locator('#session', { hasText: /Signed in with key \S+ in default/ }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/graphql');
  });

  it('runs the first example with its variables', async () => {
    await run('"text": "Hello, Heddle!"', '"finishReason": "STOP"');
  });

  it('streams a subscription in the next tab, and leaves the answer on the screen', async () => {
    await openTab('CompletionStream');
    await run('CompletionFinished', '"finishReason": "STOP"', '"text": "One two three four."');
  });

  it('runs every other example, one after the other', async () => {
    await openTab('CreatePrompt');
    await run('"name": "greeting"');
    await openTab('RunPrompt');
    await run('Greet Ada in one line.');
    await openTab('CreateApiKey');
    await run('"secret": "hd_', 'inference:invoke', '"meter": "COST"');
    await openTab('CreateTenant');
    await run('"id": "acme-', '"meter": "COST"');
    await openTab('SaveBudget');
    await run('"amount": "50.000000000"');
    await openTab('SaveRoute');
    await run('"alias": "chat"', 'demo/flaky');
    await openTab('Invocations');
    await run('"status": "SUCCEEDED"');
    await openTab('AuditLog');
    await run('route.save');
    await openTab('Usage');
    await run('demo/echo', '"requests"');
  });

  it('keeps no key in the browser, in the page or where its scripts can read', async () => {
    const readable = await page.evaluate(
      'JSON.stringify([localStorage, sessionStorage, location.href, document.cookie, document.documentElement.outerHTML])',
    );
    expect(readable).not.toContain(mesh.adminKey);
    const cookies = await page.context().cookies();
    expect(cookies).toMatchObject([{ name: 'heddle_session', httpOnly: true, sameSite: 'Lax', path: '/' }]);
    expect(JSON.stringify(cookies)).not.toContain(mesh.adminKey);
    expect(readable).not.toContain(cookies[0]?.value);
  });

  it('opens where it was left, signed in', async () => {
    // GraphiQL writes what it keeps some time after a change.
    await page.waitForFunction(`JSON.parse(localStorage.getItem('graphiql:tabState')).activeTabIndex === 10`);
    await page.reload();
    await page.locator('.view-line', { hasText: 'query Usage(' }).waitFor();
    expect(await page.locator('.graphiql-tab-button').count()).toBe(11);
    await page.locator('#session', { hasText: 'Signed in' }).waitFor();
  });

  it('opens an operation that a link carries in a tab of its own', async () => {
    await page.goto(`${mesh.url}/graphql?query=${encodeURIComponent('query Linked { __typename }')}`);
    await page.locator('.view-line', { hasText: 'query Linked' }).waitFor();
    expect(await page.locator('.graphiql-tab-button').count()).toBe(12);
    await run('"__typename": "Query"');
  });

  it('explains types and fields in its documentation', async () => {
    await page.getByRole('button', { name: /Documentation Explorer/ }).click();
    const docs = page.locator('.graphiql-doc-explorer');
    await docs.getByText('Heddle, a GraphQL mesh for AI.').waitFor();
    await page.locator('.graphiql-doc-explorer-content').getByText('Mutation', { exact: true }).click();
    await docs.getByText('Invokes an AI model and returns its complete answer.').waitFor();
    await docs.getByText('CompletionInput', { exact: true }).first().click();
    await docs
      .getByText('JSON Schema that the answer must match; the answer is validated against it.')
      .waitFor();
    if (process.env.HEDDLE_SCREENSHOT) await page.screenshot({ path: process.env.HEDDLE_SCREENSHOT });
  });

  it('signs out, and can do no more then', async () => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.locator('#session', { hasText: 'Not signed in' }).waitFor();
    expect(await page.context().cookies()).toEqual([]);
    await openTab('AuditLog');
    await run('UNAUTHENTICATED');
    complaints.length = 0;
  });

  it('wrote no prompt into an address, where it would be logged and could not be long', () => {
    expect(inAddresses).toEqual([]);
  });

  it('made requests to the mesh alone, and had nothing to complain of', () => {
    expect(elsewhere).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
