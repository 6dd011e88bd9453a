import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { createTestClient } from './support/client.ts';
import { freePort, startCommand, startOneProcess, type TestMesh } from './support/mesh.ts';
import { chromiumPath, startBrowser } from './support/processes/browser.ts';

const root = resolve(import.meta.dirname, '..');
const run = promisify(execFile);

function isInstalled(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn(`Left out: the example for ${command}, which is not on the PATH.`);
    return false;
  }
}

describe('examples/', () => {
  const stack = new AsyncDisposableStack();
  let mesh: TestMesh;
  let environment: Record<string, string>;
  beforeAll(async () => {
    mesh = stack.use(await startOneProcess());
    environment = { PATH: process.env.PATH ?? '', HEDDLE_URL: mesh.url, HEDDLE_KEY: mesh.adminKey };
  });
  afterAll(() => stack.disposeAsync());

  it('are all listed in the README of the folder', () => {
    const listed = [...readFileSync(join(root, 'examples/README.md'), 'utf8').matchAll(/\]\(([\w.-]+)\)/g)];
    const files = readdirSync(join(root, 'examples')).filter((name) => name !== 'README.md');
    expect(listed.map(([, name]) => name).toSorted()).toEqual(files.toSorted());
  });

  it('complete.js prints the answer and its cost, and ends with the code of an error', async () => {
    const { stdout, stderr } = await run('node', ['examples/complete.js', 'over and under'], {
      cwd: root,
      env: environment,
    });
    expect(stdout).toBe('over and under\n');
    expect(stderr).toMatch(/^\d+ \+ \d+ tokens, [\d.]+ dollars\n$/);
    const failed = run('node', ['examples/complete.js'], {
      cwd: root,
      env: { ...environment, MODEL: 'none/such' },
    });
    await expect(failed).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(/^[A-Z_]+: /) });
  });

  it.each(['openai.js', 'anthropic.js'])(
    '%s prints the answer and its usage, and ends with the code of an error',
    async (file) => {
      const { stdout, stderr } = await run('node', [`examples/${file}`, 'over and under'], {
        cwd: root,
        env: environment,
      });
      expect(stdout).toBe('over and under');
      expect(stderr).toMatch(/^\n\d+ \+ \d+ tokens\n$/);
      for (const [changed, code] of [
        [{ MODEL: 'none/such' }, 'NOT_FOUND'],
        [{ HEDDLE_KEY: 'hd_none' }, 'UNAUTHENTICATED'],
      ] as const) {
        const failed = run('node', [`examples/${file}`], { cwd: root, env: { ...environment, ...changed } });
        await expect(failed).rejects.toMatchObject({
          code: 1,
          stderr: expect.stringMatching(new RegExp(`^${code}: .+\n$`)),
        });
      }
    },
  );

  it.runIf(isInstalled('python3'))(
    'stream.py prints the answer as it arrives, and ends with the code of an error',
    async () => {
      const { stdout } = await run('python3', ['examples/stream.py', 'über und unter'], {
        cwd: root,
        env: { ...environment, PYTHONIOENCODING: 'utf-8' },
      });
      expect(stdout).toBe('über und unter\n');
      const failed = run('python3', ['examples/stream.py'], {
        cwd: root,
        env: { ...environment, HEDDLE_KEY: 'hd_none' },
      });
      await expect(failed).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringContaining('UNAUTHENTICATED'),
      });
    },
  );

  it.each([
    ['node', 'complete.js'],
    ['node', 'openai.js'],
    ['node', 'anthropic.js'],
    ['python3', 'stream.py'],
  ])('%s %s ends with one line where no mesh is', { timeout: 30_000 }, async (command, file) => {
    if (!isInstalled(command)) return;
    const url = `http://127.0.0.1:${await freePort()}`;
    const failed = run(command, [`examples/${file}`], {
      cwd: root,
      env: { ...environment, HEDDLE_URL: url },
    });
    await expect(failed).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(new RegExp(`^${url}\\S* cannot be reached: .+\n$`)),
    });
  });

  it('schema-check.yml runs commands that pass in this checkout', { timeout: 120_000 }, async () => {
    const { jobs } = z
      .object({
        jobs: z.record(
          z.string(),
          z.object({
            steps: z.array(
              z.object({
                run: z.string().optional(),
                env: z.record(z.string(), z.string()).optional(),
              }),
            ),
          }),
        ),
      })
      .parse(parse(readFileSync(join(root, 'examples/schema-check.yml'), 'utf8')));
    const steps = Object.values(jobs).flatMap((job) => job.steps.filter((step) => step.run !== undefined));
    expect(steps.map((step) => step.run)).toEqual(['npm ci', 'npm run schema:check -- --against "$BASE"']);
    const check = steps[1];
    expect(check?.env?.BASE).toMatch(/pull_request\.base\.sha/);
    const { stdout } = await run('bash', ['-c', check?.run ?? ''], {
      cwd: root,
      env: { ...process.env, BASE: 'HEAD' },
    });
    expect(stdout).toContain('the schema is sound');
  });

  it.runIf(chromiumPath !== undefined)(
    'chat/ answers in the page, with the history, for the user of its token, and shows an error',
    { timeout: 120_000 },
    async () => {
      const server = stack.use(
        startCommand('node', [join(root, 'examples/chat/server.js')], { ...environment, PORT: '0' }),
      );
      const [url = ''] = await server.line(/http:\/\/127\.0\.0\.1:\d+\//);
      const browser = await startBrowser(chromiumPath ?? '');
      stack.defer(() => browser.close());
      const page = await browser.newPage();
      page.setDefaultTimeout(60_000);
      await page.goto(url);
      const send = async (text: string) => {
        await page.getByLabel('Message').fill(text);
        await page.getByRole('button', { name: 'Send' }).click();
      };
      const items = () => page.locator('li').allTextContents();
      await send('first <b>question</b>');
      await expect.poll(items).toEqual(['first <b>question</b>', 'first <b>question</b>']);
      await send('second');
      await expect.poll(async () => (await items()).slice(2)).toEqual(['second', 'second']);
      const { invocations } = await createTestClient(mesh.url, mesh.adminKey).data<{
        invocations: { edges: readonly { node: { endUserId: string | null } }[] };
      }>('{ invocations(first: 2) { edges { node { endUserId } } } }');
      expect(invocations.edges.map(({ node }) => node.endUserId)).toEqual(['ada', 'ada']);

      const refused = stack.use(
        startCommand('node', [join(root, 'examples/chat/server.js')], {
          ...environment,
          HEDDLE_KEY: 'hd_none',
          PORT: '0',
        }),
      );
      const [refusedUrl = ''] = await refused.line(/http:\/\/127\.0\.0\.1:\d+\//);
      const answer = await fetch(`${refusedUrl}token`, { method: 'POST' });
      expect([answer.status, await answer.json()]).toEqual([
        502,
        { error: expect.stringContaining('could not get a token') },
      ]);

      expect(await server.end()).toBeNull();
      await send('third');
      await expect.poll(() => page.locator('li.error').count()).toBe(1);
    },
  );

  it.runIf(chromiumPath !== undefined)(
    'react-chat/ streams the answer into the page, continues the conversation, and stops an answer',
    { timeout: 120_000 },
    async () => {
      const startPage = (model: string, key = mesh.adminKey) =>
        stack.use(
          startCommand(
            'node',
            [join(root, 'node_modules/vite/bin/vite.js'), 'examples/react-chat', '--port', '0'],
            {
              ...environment,
              HEDDLE_KEY: key,
              MODEL: model,
              NO_COLOR: '1',
            },
          ),
        );
      const browser = await startBrowser(chromiumPath ?? '');
      stack.defer(() => browser.close());
      const open = async (model: string, key?: string) => {
        const [url = ''] = await startPage(model, key).line(/http:\/\/127\.0\.0\.1:\d+\//);
        const page = await browser.newPage();
        page.setDefaultTimeout(60_000);
        await page.goto(url);
        return page;
      };
      const send = async (page: Page, text: string) => {
        await page.getByLabel('Message').fill(text);
        await page.getByRole('button', { name: 'Send' }).click();
      };
      const echo = await open('demo/echo');
      const items = () => echo.locator('li').allTextContents();
      await send(echo, 'first <b>question</b>');
      await expect.poll(items).toEqual(['first <b>question</b>', 'first <b>question</b>']);
      await echo.getByRole('button', { name: 'Send' }).waitFor();
      await send(echo, 'second');
      await expect.poll(async () => (await items()).slice(2)).toEqual(['second', 'second']);

      const slow = await open('demo/slow');
      await send(slow, 'word '.repeat(2000));
      await expect.poll(() => slow.locator('li.answer').textContent()).toMatch(/^word word/);
      await slow.getByRole('button', { name: 'Stop' }).click();
      await slow.getByRole('button', { name: 'Send' }).waitFor();
      const newest = async () => {
        const { invocations } = await createTestClient(mesh.url, mesh.adminKey).data<{
          invocations: { edges: readonly { node: object }[] };
        }>('{ invocations(first: 1) { edges { node { status endUserId } } } }');
        return invocations.edges[0]?.node;
      };
      await expect.poll(newest, { timeout: 60_000 }).toEqual({ status: 'CANCELLED', endUserId: 'ada' });
      expect(await slow.locator('li.error').count()).toBe(0);

      const refused = await open('demo/echo', 'hd_none');
      await send(refused, 'third');
      await expect.poll(() => refused.locator('li.error').textContent()).toContain('could not get a token');
    },
  );
});
