import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHeddle, temporaryDirectory } from '#test/support/mesh.ts';

interface Fixture {
  readonly adminKey: string;
  readonly key: string;
  readonly encryptionKey: string;
  /** What the older version answered, in this order. */
  readonly answers: readonly {
    readonly as: 'admin' | 'key';
    readonly query: string;
    readonly answer: object;
  }[];
}

const folder = join(import.meta.dirname, '../fixtures/older-store');
const fixture = JSON.parse(await readFile(join(folder, 'answers.json'), 'utf8')) as Fixture;

const opened = new AsyncDisposableStack();
let url: string;
beforeAll(async () => {
  const { path } = opened.use(await temporaryDirectory());
  await mkdir(join(path, 'store'));
  const store = gunzipSync(await readFile(join(folder, 'store.sqlite.gz')));
  await writeFile(join(path, 'store/store.sqlite'), store);
  const heddle = opened.use(
    startHeddle([], {
      ...{ PORT: '0', LOG_LEVEL: 'warn', HEDDLE_DATA_DIR: path },
      ...{ HEDDLE_ADMIN_KEY: fixture.adminKey, HEDDLE_ENCRYPTION_KEY: fixture.encryptionKey },
    }),
  );
  [, url = ''] = await heddle.line(/(http:\/\/127\.0\.0\.1:\d+)\/graphql/);
}, 120_000);
afterAll(() => opened.disposeAsync());

async function ask(as: 'admin' | 'key', query: string): Promise<unknown> {
  const key = as === 'admin' ? fixture.adminKey : fixture.key;
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ query }),
  });
  return response.json();
}

describe('the store of a version before tenants owned providers, AI models and routes', () => {
  it('is opened, and answers as that version did', async () => {
    expect(fixture.answers.length).toBeGreaterThan(10);
    for (const { as, query, answer } of fixture.answers) expect(await ask(as, query), query).toEqual(answer);
  });

  it('has what it held as resources of the mesh, and takes what a tenant owns beside it', async () => {
    const owners =
      '{ provider(id: "acme-up") { tenantId } model(id: "acme-up/big/one") { tenantId callName } }';
    expect(await ask('admin', owners)).toEqual({
      data: {
        provider: { tenantId: null },
        model: { tenantId: null, callName: 'acme-up/big/one' },
      },
    });
    const { data } = (await ask('key', '{ me { tenant { id } } }')) as {
      data: { me: { tenant: { id: string } } };
    };
    const create = `mutation { createProvider(input: { tenantId: "${data.me.tenant.id}", id: "acme-up", kind: DEMO }) { id tenantId } }`;
    expect(await ask('admin', create)).toMatchObject({
      data: { createProvider: { tenantId: data.me.tenant.id } },
    });
    expect(await ask('admin', '{ provider(id: "acme-up") { tenantId kind } }')).toEqual({
      data: { provider: { tenantId: null, kind: 'OPENAI_COMPATIBLE' } },
    });
  });
});
