import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { backupDirectory } from '@heddle/embedded-store/backup';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { ensureIndexes, openDatabase } from '#mongo/connect.ts';
import { openState } from '#state/open-state.ts';
import { connectRedis } from '#state/redis/connect.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';
import { temporaryDirectory } from '#test/support/mesh.ts';
import { hasRedis, startRedis } from '#test/support/processes/redis.ts';
import { buildFailure, buildUsage } from '#test/support/scripted-provider.ts';
import { testPayloads } from '#test/support/seal.ts';

/** Words that stand in inputs and outputs, and nowhere else. */
const marker = `marker-${randomUUID()}`;

/** The marker as it could lie in a file: plain, UTF-16, hex, or base64 at each of its three offsets. */
const forms: readonly Buffer[] = [
  Buffer.from(marker),
  Buffer.from(marker, 'utf16le'),
  Buffer.from(Buffer.from(marker).toString('hex')),
  ...[0, 1, 2].map((offset) =>
    Buffer.from(
      Buffer.from(' '.repeat(offset) + marker)
        .toString('base64')
        .slice(4, -4),
    ),
  ),
];
const holds = (bytes: Buffer) => forms.some((form) => bytes.includes(form));

const fields = 'id text json reasoning toolCalls { id name arguments }';
const COMPLETE = `mutation ($input: CompletionInput!) { complete(input: $input) { ${fields} } }`;
const STREAM = `subscription ($input: CompletionInput!) { completionStream(input: $input) {
  __typename ... on CompletionFinished { completion { id text } } } }`;
const EMBED = 'mutation ($input: EmbedInput!) { embed(input: $input) { vectors } }';
const READ = `query ($id: ID!) { completion(id: $id) { ${fields} } }`;

const asking = (more: Record<string, unknown> = {}) => ({
  input: { model: 'alpha/one', messages: [{ role: 'USER', content: `Say ${marker}.` }], ...more },
});

/** Everything that a client can make the mesh keep, with the marker on both sides. */
async function useAll(mesh: TestInference, caller: Caller): Promise<string> {
  mesh.alpha.always((call) => {
    call
      .part({ type: 'reasoning', text: `I think of ${marker}.` })
      .say(`It is ${marker}`, '.')
      .part({ type: 'tool-call', index: 0, id: 'c1', name: 'look', argumentsDelta: `{"at":"${marker}"}` })
      .finish(buildUsage(3, 3), 'TOOL_CALLS');
  });
  const whole = asking({ cache: 'USE', idempotencyKey: randomUUID() });
  const { complete } = await mesh.data<{ complete: { id: string; text: string } }>(COMPLETE, whole, caller);
  expect(complete.text).toContain(marker);
  await mesh.data(COMPLETE, whole, caller);
  await mesh.data(COMPLETE, asking({ cache: 'USE' }), caller);
  const events = await Array.fromAsync(await mesh.stream(STREAM, asking({ cache: 'BYPASS' }), { caller }));
  expect(JSON.stringify(events.at(-1))).toContain(marker);
  await mesh.ask(EMBED, { input: { model: 'demo/embed', values: [`Embed ${marker}.`] } }, caller);
  mesh.alpha.always((call) => call.say(`It was ${marker}`).fail(buildFailure('PROVIDER_ERROR', false)));
  await mesh.ask(COMPLETE, asking({ cache: 'BYPASS' }), caller);
  await Array.fromAsync(await mesh.stream(STREAM, asking({ cache: 'BYPASS' }), { caller }));
  return complete.id;
}

async function listFiles(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

describe('what clients and AI models write', () => {
  const stack = new AsyncDisposableStack();
  let dir: string;
  let url: string | undefined;
  beforeAll(async () => {
    dir = stack.use(await temporaryDirectory()).path;
    if (hasRedis()) url = stack.use(await startRedis()).url;
  });
  afterAll(() => stack.disposeAsync());

  it('is found by this search where it lies open', () => {
    const texts = [
      marker,
      Buffer.from(`ab${marker}`).toString('base64'),
      Buffer.from(`abc${marker}`).toString('base64'),
    ];
    for (const text of texts) expect(holds(Buffer.from(`… ${text} …`))).toBe(true);
    expect(holds(Buffer.from(`… ${marker} …`, 'utf16le'))).toBe(true);
    expect(holds(Buffer.from(randomUUID()))).toBe(false);
  });

  it.each(['DEFAULT', 'METADATA', 'FULL'] as const)(
    'lies in no file, no backup and no key of Redis, and is read back all the same: payloadLogging %s',
    async (payloadLogging) => {
      const store = join(dir, payloadLogging);
      await using own = new AsyncDisposableStack();
      const database = own.use(await openDatabase(`embedded:${store}`));
      await ensureIndexes(database.connection);
      await fillCatalog(database);
      const { cache, streams } = own.use(
        await openState(url, pino({ level: 'silent' }), { seal: testPayloads }),
      );
      const mesh = own.use(await startInference(database, { cache, streams }));
      const caller: Caller = { ...mesh.caller, payloadLogging, cacheByDefault: true };
      const id = await useAll(mesh, caller);

      const { completion } = await mesh.data<{ completion: { text: string } }>(READ, { id }, caller);
      expect(JSON.stringify(completion)).toContain(marker);
      const copy = join(dir, `${payloadLogging}.backup`);
      await backupDirectory(store, copy);
      const files = [...(await listFiles(store)), copy];
      expect(files.length).toBeGreaterThan(2);
      for (const file of files)
        expect({ file, found: holds(await readFile(file)) }).toEqual({ file, found: false });

      if (url === undefined) return;
      const { commands } = own.use(await connectRedis(url, pino({ level: 'silent' })));
      const keys = await commands.keys('*');
      expect(keys.some((key) => key.startsWith('heddle:cache:'))).toBe(true);
      expect(keys.some((key) => key.startsWith('heddle:stream:'))).toBe(true);
      for (const key of keys) {
        const dumped = await commands.dumpBuffer(key);
        const values = (await commands.type(key)) === 'stream' ? await commands.xrange(key, '-', '+') : null;
        const bytes = Buffer.concat([
          Buffer.from(key),
          dumped ?? Buffer.alloc(0),
          Buffer.from(JSON.stringify(values)),
        ]);
        expect({ key, found: holds(bytes) }).toEqual({ key, found: false });
      }
    },
  );
});
