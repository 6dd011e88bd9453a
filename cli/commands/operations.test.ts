import { hash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestClient } from '#test/support/client.ts';
import { runHeddle, startOneProcess, type TestMesh } from '#test/support/mesh.ts';
import { splitPages } from '../operations/pages.ts';
import { readManifest } from '../operations/read-manifest.ts';

let mesh: TestMesh;
let directory: string;
beforeAll(async () => {
  mesh = await startOneProcess({ HEDDLE_TRUSTED_DOCUMENTS: 'enforce' });
  directory = await mkdtemp(join(tmpdir(), 'heddle-operations-'));
});
afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

async function run(args: readonly string[]): Promise<string> {
  const command = ['operations', ...args, '--url', mesh.url];
  const { code, output } = await runHeddle(command, { HEDDLE_KEY: mesh.adminKey });
  return `${code} ${output}`;
}

async function writeManifest(name: string, manifest: unknown): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, JSON.stringify(manifest));
  return path;
}

const text = 'query Who { me { kind } }';
const sha256 = hash('sha256', text, 'hex');

describe('heddle operations', () => {
  it('pushes a manifest into a mesh that enforces, where only its documents run then', async () => {
    const client = createTestClient(mesh.url, mesh.adminKey);
    expect(await client.code(text)).toBe('DOCUMENT_NOT_TRUSTED');
    const path = await writeManifest('apollo.json', {
      format: 'apollo-persisted-query-manifest',
      version: 1,
      operations: [{ id: sha256, name: 'Who', type: 'query', body: text }],
    });
    expect(await run(['push', path])).toBe('0 pushed 1 documents; 0 were there already');
    expect(await run(['push', path])).toBe('0 pushed 0 documents; 1 were there already');
    expect(await client.data(text)).toEqual({ me: { kind: 'API_KEY' } });
    expect(await run(['mode', 'default', 'off'])).toBe('0 the app default has the mode off');
    expect(await client.data('{ me { scopes } }')).toBeDefined();
  });

  it('names operation and line of what the schema refuses, and pushes nothing then', async () => {
    const path = await writeManifest('bad.json', {
      good: text,
      bad: 'query Bad {\n  nothing\n}',
      worse: '{',
    });
    const printed = await run(['push', path]);
    expect(printed).toContain('Bad:2:3: Cannot query field "nothing" on type "Query".');
    expect(printed).toContain('worse:1:2: Syntax Error');
    expect(printed).toMatch(/^1 .*nothing was pushed: 2 errors/s);
  });
});

describe('a manifest', () => {
  it('of Relay and of graphql-codegen is a map of ids to texts', () => {
    expect(readManifest(JSON.stringify({ md5: text }))).toEqual([{ id: 'md5', body: text }]);
  });

  it.each([
    ['no JSON', '{', 'no valid JSON'],
    ['a list', '[]', 'must be a JSON object'],
    ['another format', '{"format":"other","version":1,"operations":[]}', 'apollo-persisted-query-manifest'],
    [
      'another version',
      '{"format":"apollo-persisted-query-manifest","version":2,"operations":[]}',
      'version 1',
    ],
    [
      'an operation without a body',
      '{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"a"}]}',
      'operations[0]',
    ],
    ['a document that is no text', '{"a":1}', 'the document "a"'],
  ])('is refused where it is %s', (_what, manifest, message) => {
    expect(() => readManifest(manifest)).toThrow(message);
  });

  it('is pushed in pages of at most 100 documents and 256 KiB, each document once', () => {
    const make = (count: number, length: number) =>
      Array.from({ length: count }, (_, n) => ({ id: `${n}`, name: null, body: 'x'.repeat(length) }));
    expect(splitPages(make(250, 10)).map(({ length }) => length)).toEqual([100, 100, 50]);
    expect(splitPages(make(5, 100_000)).map(({ length }) => length)).toEqual([2, 2, 1]);
    expect(splitPages(make(2, 300_000)).flat()).toHaveLength(2);
    expect(splitPages([])).toEqual([]);
  });
});
