import { describe, expect, it } from 'vitest';
import type { CatalogModel, CatalogProvider, CatalogSnapshot } from '#mongo/catalog.ts';
import { createSecretBox } from '#mongo/secret-box.ts';
import { catalogModel } from '#test/support/catalog-model.ts';
import { scriptedProvider } from '#test/support/scripted-provider.ts';
import { createProviderPool } from './provider-pool.ts';
import type { ProviderOptions } from './providers/provider.ts';

const secretBox = createSecretBox(new Uint8Array(32));

function setup() {
  const made: ProviderOptions[] = [];
  let snapshot: CatalogSnapshot = { providers: new Map(), models: new Map(), routes: new Map() };
  const pool = createProviderPool({
    catalog: { snapshot: () => snapshot },
    secretBox,
    fetch: globalThis.fetch,
    random: () => 0.5,
    create: async (options) => {
      made.push(options);
      return scriptedProvider();
    },
  });
  /** As a reading of the catalogue: new objects with the same or other content. */
  const read = (more: Partial<CatalogProvider> = {}): CatalogModel => {
    const provider: CatalogProvider = {
      id: 'p',
      kind: 'OPENAI',
      baseUrl: null,
      region: null,
      enabled: true,
      credentials: [],
      ...more,
    };
    snapshot = { ...snapshot, providers: new Map([[provider.id, provider]]) };
    return catalogModel('p/one', { provider });
  };
  return { pool, made, read };
}

const credential = (id: string, secret: string, weight = 1) => ({
  id,
  label: id,
  weight,
  sealed: secretBox.seal(secret),
});

describe('the provider pool', () => {
  it('makes a provider once for many calls and readings of the catalogue, with its secret opened', async () => {
    const { pool, made, read } = setup();
    const credentials = [credential('a', 'the secret')];
    const first = await pool.take(read({ credentials }), new Set()).provider;
    expect(pool.take(read({ credentials }), new Set()).provider).toBe(first);
    expect(made).toMatchObject([{ kind: 'OPENAI', secret: 'the secret' }]);
  });

  it('makes it anew when its address or secret changes, and drops what is gone', async () => {
    const { pool, made, read } = setup();
    const credentials = [credential('a', 'one')];
    await pool.take(read({ credentials }), new Set()).provider;
    await pool.take(read({ credentials, baseUrl: 'https://x' }), new Set()).provider;
    await pool.take(read({ credentials: [credential('a', 'two')], baseUrl: 'https://x' }), new Set())
      .provider;
    expect(made.map(({ baseUrl, secret }) => [baseUrl, secret])).toEqual([
      [null, 'one'],
      ['https://x', 'one'],
      ['https://x', 'two'],
    ]);
    await pool.take(read({ id: 'q' }), new Set()).provider;
    await pool.take(read({ credentials: [credential('a', 'two')], baseUrl: 'https://x' }), new Set())
      .provider;
    expect(made).toHaveLength(5);
  });

  it('takes another credential for the next attempt, and the first again after the last', async () => {
    const { pool, made, read } = setup();
    const model = read({ credentials: [credential('a', 'A'), credential('b', 'B', 3)] });
    const tried = new Set<string>();
    for (let attempt = 0; attempt < 3; attempt++) await pool.take(model, tried).provider;
    expect(new Set(made.map(({ secret }) => secret))).toEqual(new Set(['A', 'B']));
    expect(tried).toEqual(new Set(['a', 'b']));
  });

  it('refuses a secret that cannot be opened, without telling it, and tries again next time', async () => {
    const { pool, read } = setup();
    const sealed = createSecretBox(new Uint8Array(32).fill(1)).seal('other key');
    const model = read({ credentials: [{ id: 'a', label: 'main', weight: 1, sealed }] });
    for (let call = 0; call < 2; call++) {
      await expect(pool.take(model, new Set()).provider).rejects.toMatchObject({
        code: 'NO_ROUTE',
        message: expect.stringContaining('main'),
      });
    }
  });
});
