import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '#test/support/mesh.ts';
import { openVendorAccount } from '#test/support/setups/vendor-account.ts';
import { mcp, tokens, type VendorItem, vendorItems } from '#test/support/vendor-items.ts';
import { startRestartable } from './support/restartable.ts';

/** Which of the texts the files of a directory hold. */
async function findInFiles(directory: string, texts: readonly string[]): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const contents = await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name))));
  return texts.filter((text) => contents.some((content) => content.includes(text)));
}

it("keeps the items of a vendor's tools when its process is killed, ends those in progress, and stores no credential", {
  timeout: 120_000,
}, async () => {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await temporaryDirectory());
  const mesh = stack.use(await startRestartable(dir.path));
  const account = await openVendorAccount(() => mesh, stack);
  const { model, create, client, upstream } = account;
  const call = (path: string, body?: object) =>
    fetch(`${mesh.url}/v1/responses${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${client.key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const body = { model, tools: [mcp], input: 'Hello', background: true };

  account.output = vendorItems;
  const done = await create(body);
  await (await call(`/${done.id}?stream=true`)).text();
  const before = await (await call(`/${done.id}`)).json();
  account.isHeld = true;
  const held = await create(body);
  const followed = await call(`/${held.id}?stream=true`);
  for await (const bytes of followed.body ?? []) {
    if (Buffer.from(bytes).includes('mcp_approval_request')) break;
  }
  await mesh.process.end('SIGKILL');
  await mesh.start();

  const after = await (await call(`/${done.id}`)).json();
  expect(after).toEqual(before);
  expect(after).toMatchObject({ status: 'completed', output: vendorItems });
  expect(await (await call(`/${held.id}`)).json()).toMatchObject({ status: 'failed' });
  expect(await (await call(`/${held.id}?stream=true`)).text()).toContain('event: response.failed');
  account.isHeld = false;
  const answer = { type: 'mcp_approval_response', approval_request_id: 'mcpr_1', approve: true };
  const next = await call('', { model, tools: [mcp], input: [answer], previous_response_id: done.id });
  expect(next.status).toBe(200);
  const sent: { readonly input: readonly VendorItem[] } = JSON.parse(upstream.requests.at(-1)?.body ?? '{}');
  expect(sent.input.slice(1)).toEqual([...vendorItems, answer]);
  expect(tokens.filter((token) => mesh.output().includes(token))).toEqual([]);
  expect(await findInFiles(dir.path, [...tokens, done.id.replace('resp_', '')])).toEqual([
    done.id.replace('resp_', ''),
  ]);
});
