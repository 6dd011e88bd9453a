import { describe, expect, it } from 'vitest';
import type { CatalogModel, CatalogProvider, CatalogSnapshot } from '#catalog/catalog.ts';
import { emptySnapshot } from '#catalog/catalog-snapshot.ts';
import { createOverloadedError } from '#core/errors.ts';
import type { OwnerBoxes } from '#core/secrets/owner-boxes.ts';
import { createSecretBox } from '#core/secrets/secret-box.ts';
import { sealCredential } from '#mongo/credential-secret.ts';
import { type Provider, ProviderFailure, type ProviderOptions } from '#providers/provider.ts';
import { providerDestination } from '#providers/registry/destination.ts';
import { catalogModel } from '#test/support/catalog-model.ts';
import { scriptedProvider } from '#test/support/scripted-provider.ts';
import { createProviderPool, type ProviderPoolOptions } from './provider-pool.ts';

const secrets = createSecretBox(new Uint8Array(32));

/** How the providers of tenants are called. */
const fetchOfTenants: typeof globalThis.fetch = async () => new Response();

function setup(
  create = async (): Promise<Provider> => scriptedProvider(),
  onRejected: ProviderPoolOptions['onRejected'] = () => {},
  boxes: ProviderPoolOptions['secrets'] = secrets,
) {
  const made: ProviderOptions[] = [];
  let nowMs = 0;
  let snapshot: CatalogSnapshot = emptySnapshot;
  const pool = createProviderPool({
    catalog: { snapshot: () => snapshot },
    secrets: boxes,
    fetch: globalThis.fetch,
    fetchOfTenants,
    random: () => 0.5,
    now: () => nowMs,
    onRejected,
    create: (options) => {
      made.push(options);
      return create();
    },
  });
  /** As a reading of the catalog: new objects with the same or other content. */
  const read = (more: Partial<CatalogProvider> = {}): CatalogModel => {
    const provider: CatalogProvider = {
      id: 'p',
      tenantId: null,
      offeredTo: null,
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
  const advance = (ms: number) => {
    nowMs += ms;
  };
  return { pool, made, read, advance };
}

const openAi = providerDestination({ kind: 'OPENAI', baseUrl: null, region: null });

/** A credential of the provider `p`, entered for that address. */
const credential = (id: string, secret: string, weight = 1, destination = openAi) => ({
  id,
  label: id,
  weight,
  sealed: sealCredential(secrets, secret, { id, providerId: 'p', destination }),
  destination,
});

describe('the provider pool', () => {
  it('calls a provider of a tenant by the rules for tenants, and one of the mesh by those of the mesh', async () => {
    const { pool, made, read } = setup();
    await pool.take(read(), new Set()).provider;
    await pool.take(read({ tenantId: 'acme', id: 'acme:p' }), new Set()).provider;
    expect(made.map(({ fetch }) => fetch)).toEqual([globalThis.fetch, fetchOfTenants]);
  });

  it('makes a provider once for many calls and readings of the catalog, with its secret opened', async () => {
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
    const baseUrl = 'https://x';
    const elsewhere = providerDestination({ kind: 'OPENAI', baseUrl, region: null });
    const [one, two] = ['one', 'two'].map((secret) => credential('a', secret, 1, elsewhere));
    await pool.take(read({ credentials: [one!], baseUrl }), new Set()).provider;
    await pool.take(read({ credentials: [two!], baseUrl }), new Set()).provider;
    expect(made.map(({ baseUrl, secret }) => [baseUrl, secret])).toEqual([
      [null, 'one'],
      ['https://x', 'one'],
      ['https://x', 'two'],
    ]);
    await pool.take(read({ id: 'q' }), new Set()).provider;
    await pool.take(read({ credentials: [two!], baseUrl }), new Set()).provider;
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
    const other = createSecretBox(new Uint8Array(32).fill(1));
    const bound = { id: 'a', providerId: 'p', destination: openAi };
    const sealed = sealCredential(other, 'other key', bound);
    const model = read({ credentials: [{ ...bound, label: 'main', weight: 1, sealed }] });
    for (let call = 0; call < 2; call++) {
      await expect(pool.take(model, new Set()).provider).rejects.toMatchObject({
        code: 'NO_ROUTE',
        message: expect.stringContaining('main'),
      });
    }
  });

  it('waits for the key of the owner of a credential where it is not in memory, and then takes what opens', async () => {
    const pending = Promise.withResolvers<void>();
    let isLoaded = false;
    const loading: OwnerBoxes = {
      of: () => secrets,
      open(sealed, context) {
        if (isLoaded) return secrets.open(sealed, context);
        return pending.promise.then(() => secrets.open(sealed, context));
      },
    };
    const { pool, read, made } = setup(undefined, undefined, loading);
    const broken = { ...credential('b', 'B', 5), sealed: 'v3.broken' };
    const model = read({ tenantId: 'acme', credentials: [broken, credential('a', 'A', 1)] });
    const lease = pool.take(model, new Set());
    expect(made).toEqual([]);
    pending.resolve();
    await expect(lease.provider).rejects.toMatchObject({ code: 'NO_ROUTE' });
    isLoaded = true;
    for (let call = 0; call < 3; call++) await pool.take(model, new Set()).provider;
    expect(made.map(({ secret }) => secret)).toEqual(['A']);
  });

  it('reports a key that cannot be had now as it is, and takes it when it can', async () => {
    let isAway = true;
    const away: OwnerBoxes = {
      of: () => secrets,
      open: async (sealed, context) => {
        if (isAway) throw createOverloadedError('The root key cannot be reached now.');
        return secrets.open(sealed, context);
      },
    };
    const { pool, read } = setup(undefined, undefined, away);
    const model = read({ tenantId: 'acme', credentials: [credential('a', 'A')] });
    await expect(pool.take(model, new Set()).provider).rejects.toMatchObject({ code: 'OVERLOADED' });
    isAway = false;
    await pool.take(model, new Set()).provider;
  });

  const refusal = (code: ProviderFailure['code'], more: Partial<ProviderFailure> = {}) =>
    new ProviderFailure(code, 'No.', { retryable: false, ...more });

  it('keeps a credential of weight 0 for when the others rest', async () => {
    const { pool, made, read, advance } = setup();
    const model = read({ credentials: [credential('a', 'A'), credential('b', 'B', 0)] });
    const take = async () => {
      const lease = pool.take(model, new Set());
      await lease.provider;
      return lease;
    };
    for (let call = 0; call < 10; call++) (await take()).settle(null);
    expect(made.map(({ secret }) => secret)).toEqual(['A']);
    (await take()).settle(refusal('PROVIDER_AUTH'));
    (await take()).settle(null);
    expect(made.map(({ secret }) => secret)).toEqual(['A', 'B']);
    expect(pool.rest(model)).toBeNull();
    advance(30_000);
    expect(pool.take(model, new Set()).provider).toBe(pool.take(model, new Set()).provider);
  });

  describe('with a secret that a rotation has replaced', () => {
    const rotation = (endsAtMs = 100_000) => [
      credential('a', 'NEW'),
      { ...credential('a', 'OLD'), endsAtMs },
    ];
    const start = (credentials: readonly ReturnType<typeof credential>[]) => {
      const rejected: string[] = [];
      const { pool, made, read, advance } = setup(undefined, ({ id }, { label }) =>
        rejected.push(`${id} ${label}`),
      );
      const model = read({ credentials });
      const used = async (
        failure: Parameters<typeof refusal>[0] | null = null,
        tried = new Set<string>(),
      ) => {
        const lease = pool.take(model, tried);
        await lease.provider;
        lease.settle(failure === null ? null : refusal(failure));
        return made.map(({ secret }) => secret).join(' ');
      };
      return { pool, model, used, rejected, read, advance };
    };

    it('uses the new secret alone, also where a limit of it rests', async () => {
      const { pool, model, used, rejected } = start(rotation());
      for (let call = 0; call < 10; call++) expect(await used()).toBe('NEW');
      const tried = new Set<string>();
      expect(await used('PROVIDER_RATE_LIMITED', tried)).toBe('NEW');
      expect([pool.hasOther(model, tried), rejected]).toEqual([false, []]);
      expect(pool.rest(model)).toMatchObject({ code: 'PROVIDER_RATE_LIMITED' });
    });

    it('uses the old one in the same call when its provider rejects the new one, and tries the new one again later', async () => {
      const { pool, model, used, rejected, advance } = start(rotation());
      const tried = new Set<string>();
      expect(await used('PROVIDER_AUTH', tried)).toBe('NEW');
      expect([pool.hasOther(model, tried), pool.rest(model)]).toEqual([true, null]);
      expect(await used(null, tried)).toBe('NEW OLD');
      expect(pool.hasOther(model, tried)).toBe(false);
      expect(rejected).toEqual(['p a']);
      advance(30_000);
      const begun = pool.take(model, new Set());
      expect(await used()).toBe('NEW OLD');
      expect(pool.take(model, new Set()).provider).toBe(begun.provider);
    });

    it('does not use the old one after the overlap, nor reports a rejection then or of the old one', async () => {
      const { pool, model, used, rejected, advance } = start(rotation(10_000));
      await used('PROVIDER_AUTH');
      await used('PROVIDER_AUTH');
      expect(rejected).toEqual(['p a']);
      advance(10_000);
      expect(pool.hasOther(model, new Set())).toBe(false);
      expect(pool.rest(model)).toMatchObject({ code: 'PROVIDER_AUTH' });
      advance(600_000);
      await used('PROVIDER_AUTH');
      expect(rejected).toEqual(['p a']);
    });

    it('uses the old one where the new one cannot be opened', async () => {
      const [fresh, old] = rotation();
      const { used } = start([{ ...fresh!, sealed: 'v2.other' }, old!]);
      expect(await used()).toBe('OLD');
    });

    it('lets a call in progress keep the provider that it was begun with', async () => {
      const { pool, read } = setup();
      const before = pool.take(read({ credentials: [credential('a', 'OLD')] }), new Set());
      const provider = await before.provider;
      const model = read({ credentials: rotation() });
      expect(await pool.take(model, new Set()).provider).not.toBe(provider);
      before.settle(refusal('PROVIDER_AUTH'));
      expect(pool.rest(model)).toBeNull();
    });
  });

  it('doubles the rest with each refusal that follows one, up to ten minutes, and not for calls in flight together', () => {
    const { pool, read, advance } = setup();
    const model = read({ credentials: [credential('a', 'A')] });
    for (const waitMs of [30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000]) {
      const together = Array.from({ length: 20 }, () => pool.take(model, new Set()));
      for (const lease of together) lease.settle(refusal('PROVIDER_AUTH'));
      expect(pool.rest(model)).toMatchObject({ code: 'PROVIDER_AUTH', strict: true, waitMs });
      advance(waitMs);
      expect(pool.rest(model)).toBeNull();
    }
    pool.take(model, new Set()).settle(null);
    pool.take(model, new Set()).settle(refusal('PROVIDER_AUTH'));
    expect(pool.rest(model)).toMatchObject({ waitMs: 30_000 });
  });

  it('does not end a rest for a call that began before it', () => {
    const { pool, read } = setup();
    const model = read({ credentials: [credential('a', 'A')] });
    const early = pool.take(model, new Set());
    pool
      .take(model, new Set())
      .settle(refusal('PROVIDER_RATE_LIMITED', { retryable: true, retryAfterMs: 30_000 }));
    early.settle(null);
    expect(pool.rest(model)).toMatchObject({ waitMs: 30_000 });
  });

  it('ends a rest when the credential or the address is replaced, or the credential is enabled again', () => {
    for (const change of ['secret', 'address', 'enabled'] as const) {
      const { pool, read } = setup();
      const first = credential('a', 'A');
      pool.take(read({ credentials: [first] }), new Set()).settle(refusal('PROVIDER_AUTH'));
      expect(pool.rest(read({ credentials: [first] }))).not.toBeNull();
      if (change === 'enabled') pool.take(read({ credentials: [] }), new Set());
      const baseUrl = change === 'address' ? 'https://other' : null;
      const again = change === 'secret' ? credential('a', 'B') : first;
      expect(pool.rest(read({ credentials: [again], baseUrl }))).toBeNull();
    }
  });

  it('names, of credentials in cooldown, the one that may be used all the same, and no other is tried', async () => {
    const { pool, read } = setup();
    const model = read({ credentials: [credential('a', 'one'), credential('b', 'two')] });
    const refuse = (id: string, retryAfterMs: number | null) => {
      const tried = new Set(['a', 'b'].filter((other) => other !== id));
      const lease = pool.take(model, tried);
      const options = { retryable: true, retryAfterMs };
      lease.settle(new ProviderFailure('PROVIDER_RATE_LIMITED', 'Limited.', options));
    };
    refuse('a', 500);
    expect(pool.rest(model)).toBeNull();
    refuse('b', null);
    expect(pool.rest(model)).toMatchObject({ strict: false, waitMs: 1_000 });
    expect(pool.hasOther(model, new Set(['b']))).toBe(false);
    expect(pool.hasOther(model, new Set(['a']))).toBe(true);
  });

  it('lets a credential whose limit came without a time continue, after the others', () => {
    const { pool, read } = setup();
    const model = read({ credentials: [credential('a', 'A')] });
    pool.take(model, new Set()).settle(refusal('PROVIDER_RATE_LIMITED', { retryable: true }));
    expect(pool.rest(model)).toMatchObject({ strict: false, waitMs: 1_000 });
  });

  const limited = (retryAfterMs: number | null) =>
    refusal('PROVIDER_RATE_LIMITED', { retryable: true, retryAfterMs });

  it('prefers a credential that was not tried, though others only go before it, to one that was', async () => {
    const { pool, made, read } = setup();
    const model = read({ credentials: [credential('a', 'A'), credential('b', 'B')] });
    pool.take(model, new Set(['b'])).settle(limited(null));
    await pool.take(model, new Set(['b'])).provider;
    expect(made.map(({ secret }) => secret)).toEqual(['A']);
    await pool.take(model, new Set(['a', 'b'])).provider;
    expect(made.map(({ secret }) => secret)).toEqual(['A', 'B']);
  });

  it.each([
    [9_000, 4_000],
    [4_000, 9_000],
  ])('names the credential that is free next, of those that rest %i and %i ms', (a, b) => {
    const { pool, read } = setup();
    const model = read({ credentials: [credential('a', 'A'), credential('b', 'B')] });
    pool.take(model, new Set(['b'])).settle(limited(a));
    pool.take(model, new Set(['a'])).settle(limited(b));
    expect(pool.rest(model)).toMatchObject({ waitMs: 4_000 });
  });

  it('makes a provider that could not be made again for the next call', async () => {
    const ready = scriptedProvider();
    const answers = [Promise.reject(new Error('Not now.')), Promise.resolve(ready)];
    const { pool, read } = setup(() => answers.shift() ?? Promise.reject(new Error('Made too often.')));
    const model = read();
    await expect(pool.take(model, new Set()).provider).rejects.toThrow('Not now.');
    expect(await pool.take(model, new Set()).provider).toBe(ready);
    expect(await pool.take(model, new Set()).provider).toBe(ready);
  });

  it.each([
    ['kind', { kind: 'VERTEX' }],
    ['address', { baseUrl: 'https://other' }],
    ['region', { region: 'us-east-1' }],
  ] as const)('makes a provider without credentials anew when its %s changes', async (_what, change) => {
    const { pool, made, read } = setup();
    const before = { kind: 'BEDROCK', region: 'eu-west-1' } as const;
    await pool.take(read(before), new Set()).provider;
    await pool.take(read({ ...before, ...change }), new Set()).provider;
    expect(made).toMatchObject([before, { ...before, ...change }]);
  });
});

describe('an account', () => {
  const offer = (tenants: readonly string[], plans: readonly string[] = []) => ({ tenants, plans });
  it.each([
    ['of the mesh, offered to all', { offeredTo: null }, false],
    ['offered to several tenants', { offeredTo: offer(['a', 'b']) }, false],
    ['offered to a plan', { offeredTo: offer([], ['gold']) }, false],
    ['offered to a tenant and a plan', { offeredTo: offer(['a'], ['gold']) }, false],
    ['offered to no one', { offeredTo: offer([]) }, false],
    ['offered to one tenant', { offeredTo: offer(['a']) }, true],
    ["of a tenant's own", { tenantId: 'a' }, true],
  ])('%s is exclusive: %s %s', async (_, more, isExclusive) => {
    const { pool, made, read } = setup();
    await pool.take(read(more), new Set()).provider;
    expect(made[0]?.isExclusive).toBe(isExclusive);
  });

  it('is no longer exclusive once it is offered to others', async () => {
    const { pool, made, read } = setup();
    await pool.take(read({ offeredTo: offer(['a']) }), new Set()).provider;
    await pool.take(read({ offeredTo: offer(['a', 'b']) }), new Set()).provider;
    expect(made.map((options) => options.isExclusive)).toEqual([true, false]);
  });
});
