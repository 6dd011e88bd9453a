import { describe, expect, it, vi } from 'vitest';
import { anonymousCaller, type Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { createMemoryBus } from '#state/bus/memory.ts';
import { computeKeyHash } from '#test/support/gateways/sample-gateway.ts';
import { createSampleMesh, sampleCaller } from '#test/support/gateways/sample-subgraphs.ts';
import { type Credentials, createCallers } from './caller.ts';
import type { ChangesOfCallers } from './caller-watch.ts';

const key = 'hd_k1_0123456789012345678901234567890123456789';
const context = { requestId: 'r1', clientAddress: '192.0.2.7' };

async function start(caller?: Caller) {
  const mesh = createSampleMesh();
  if (caller !== undefined) mesh.callers.set(computeKeyHash(key), caller);
  const bus = createMemoryBus({ warn: () => undefined });
  const clock = { nowMs: 1_800_000_000_000 };
  const callers = await createCallers({ tenants: mesh.executors.tenants, bus, now: () => clock.nowMs });
  const identify = (clientAddress: string | null = '192.0.2.7') =>
    callers.identify({ authorization: `Bearer ${key}` }, { requestId: 'r1', clientAddress });
  return { mesh, bus, clock, callers, identify };
}

describe('the caller of a request', () => {
  it('calls the tenants subgraph by the hash alone, as the mesh itself, and once', async () => {
    const caller = sampleCaller('inference:invoke');
    const { mesh, identify } = await start(caller);
    expect(await Promise.all([identify(), identify()])).toEqual([caller, caller]);
    expect(await identify()).toEqual(caller);
    expect(mesh.calls).toHaveLength(1);
    expect(mesh.calls[0]?.request).toMatchObject({
      caller: { kind: 'SYSTEM' },
      variables: { keyHash: computeKeyHash(key) },
    });
    expect(JSON.stringify(mesh.calls)).not.toContain(key);
  });

  it('calls again after five seconds, for an unknown key after two', async () => {
    const known = await start(sampleCaller());
    await known.identify();
    known.clock.nowMs += 4_000;
    await known.identify();
    expect(known.mesh.calls).toHaveLength(1);
    known.clock.nowMs += 1_100;
    await known.identify();
    expect(known.mesh.calls).toHaveLength(2);

    const unknown = await start();
    await expect(unknown.identify()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(unknown.identify()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(unknown.mesh.calls).toHaveLength(1);
    unknown.clock.nowMs += 2_100;
    unknown.mesh.callers.set(computeKeyHash(key), sampleCaller());
    expect(await unknown.identify()).toMatchObject({ kind: 'API_KEY' });
  });

  it.each([
    ['an unsigned JWT', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.', /^This is an unsigned JWT/],
    ['a JWT longer than any', `eyJhbGciOiJIUzI1NiJ9.${'a'.repeat(8_200)}.c2ln`, /more than 8192 characters/],
    ['an encrypted JWT', 'eyJhbGciOiJkaXIifQ..AAAA.AAAA.AAAA', /^This is an encrypted JWT/],
    ['an unknown key', `hd_${'k'.repeat(40)}`, /^The API key is unknown, expired or revoked\.$/],
    ['a key longer than any', `hd_${'k'.repeat(600)}`, /^The API key is unknown/],
    ['a text with two points', 'a.b.c', /^The API key is unknown/],
  ])('refuses %s with words for it', async (_what, given, message) => {
    const { callers } = await start();
    const asked = callers.identify(
      { authorization: `Bearer ${given}` },
      { requestId: 'r', clientAddress: null },
    );
    await expect(asked).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: expect.stringMatching(message),
    });
  });

  const token = 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln';
  const person: Caller = { ...sampleCaller('models:read'), kind: 'USER', keyId: null, subject: 'ada' };

  it('sends a JWT to the tenants subgraph once, and remembers its caller under a hash, until it expires', async () => {
    const { mesh, clock, callers } = await start();
    const expiresAtMs = clock.nowMs + 2_000;
    mesh.callers.set(computeKeyHash(token), { ...person, expiresAtMs });
    const identify = (credentials: Credentials) => callers.identify(credentials, context);
    for (const credentials of [{ authorization: `Bearer ${token}` }, { apiKey: token }]) {
      expect(await identify(credentials)).toMatchObject({ kind: 'USER', subject: 'ada' });
      expect([callers.isKnown(credentials), callers.isUnseen(credentials)]).toEqual([true, false]);
    }
    expect(mesh.calls.map(({ request }) => request.variables)).toEqual([
      { keyHash: computeKeyHash(token), token },
    ]);
    clock.nowMs = expiresAtMs;
    await expect(identify({ apiKey: token })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: 'The token has expired.',
    });
  });

  it('returns the words of a refused token, and OVERLOADED where its issuer is unavailable', async () => {
    const refused = { refused: 'AUDIENCE', message: 'The token is for another audience.' };
    const unavailable = { refused: 'ISSUER_UNAVAILABLE', message: 'The keys cannot be fetched.' };
    for (const [found, code] of [
      [refused, 'UNAUTHENTICATED'],
      [unavailable, 'OVERLOADED'],
    ] as const) {
      const { mesh, callers } = await start();
      mesh.callers.set(computeKeyHash(token), found as unknown as Caller);
      expect(callers.isUnseen({ apiKey: token })).toBe(true);
      await expect(callers.identify({ apiKey: token }, context)).rejects.toMatchObject({
        code,
        message: found.message,
      });
      expect([callers.isKnown({ apiKey: token }), callers.isUnseen({ apiKey: token })]).toEqual([
        false,
        false,
      ]);
    }
  });

  it('forgets at once what the bus states has changed, and what was on its way meanwhile', async () => {
    const { mesh, bus, identify } = await start(sampleCaller());
    await identify();
    mesh.callers.clear();
    await bus.publish('callers.changed', { tenantId: 't1' });
    await expect(identify()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });

    const { callers, release, changed } = await slowLookup();
    const early = callers.identify({ apiKey: key }, context);
    await changed();
    const late = expect(callers.identify({ apiKey: key }, context)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    release();
    await early;
    await late;
    await expect(callers.identify({ apiKey: key }, context)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });

  it('calls once for all after a change, also when what was on its way before it ends meanwhile', async () => {
    const bus = createMemoryBus({ warn: () => undefined });
    const lookups: PromiseWithResolvers<{ data: { _caller: Caller | null } }>[] = [];
    const execute = () => {
      const lookup = Promise.withResolvers<{ data: { _caller: Caller | null } }>();
      lookups.push(lookup);
      return lookup.promise;
    };
    const callers = await createCallers({ tenants: { execute }, bus });
    const ask = () => callers.identify({ apiKey: key }, context);
    const early = ask();
    await bus.publish('callers.changed', { tenantId: null });
    const late = ask();
    lookups[0]?.resolve({ data: { _caller: sampleCaller() } });
    await early;
    const latest = ask();
    expect(lookups).toHaveLength(2);
    lookups[1]?.resolve({ data: { _caller: sampleCaller('models:read') } });
    expect((await Promise.all([late, latest])).map(({ scopes }) => scopes)).toEqual([
      ['models:read'],
      ['models:read'],
    ]);
  });

  async function slowLookup() {
    const { promise, resolve } = Promise.withResolvers<void>();
    const bus = createMemoryBus({ warn: () => undefined });
    let lookups = 0;
    const tenants = {
      execute: async () => {
        if (lookups++ > 0) return { data: { _caller: null } };
        await promise;
        return { data: { _caller: sampleCaller() } };
      },
    };
    const callers = await createCallers({ tenants, bus });
    return { callers, release: resolve, changed: () => bus.publish('callers.changed', { tenantId: null }) };
  }

  /** A tenants subgraph that can be taken away, and counts its lookups. */
  async function losable(caller: Caller | null = sampleCaller(), changes: ChangesOfCallers = 'announced') {
    const bus = createMemoryBus({ warn: () => undefined });
    const clock = { nowMs: 1_800_000_000_000 };
    const tenants = { away: false, hangs: false, caller, lookups: 0 };
    const execute = async () => {
      tenants.lookups += 1;
      if (tenants.hangs) return new Promise<never>(() => undefined);
      if (tenants.away) throw new HeddleError('OVERLOADED', 'The subgraph tenants cannot be reached.');
      return { data: { _caller: tenants.caller } };
    };
    const callers = await createCallers({ tenants: { execute }, bus, changes, now: () => clock.nowMs });
    const outcome = () =>
      callers.identify({ apiKey: key }, context).then(
        ({ kind }) => kind,
        (error: HeddleError) => error.code,
      );
    return { bus, clock, tenants, outcome };
  }

  it.each([
    { changes: 'announced', knownS: 30 },
    { changes: 'unannounced', knownS: 10 },
  ] as const)(
    'knows a caller for $knownS seconds while tenants is unavailable and changes are $changes, and refuses it after that',
    async ({ changes, knownS }) => {
      const { clock, tenants, outcome } = await losable(sampleCaller(), changes);
      await outcome();
      tenants.away = true;
      const heard: unknown[] = [];
      for (let second = 1; second <= knownS + 1; second++) {
        clock.nowMs += 1_000;
        heard.push(await outcome());
      }
      expect(heard).toEqual([...Array(knownS - 1).fill('API_KEY'), 'OVERLOADED', 'OVERLOADED']);
      // To the millisecond, also where it was looked up in vain shortly before.
      const other = await losable(sampleCaller(), changes);
      await other.outcome();
      other.tenants.away = true;
      other.clock.nowMs += knownS * 1_000 - 100;
      expect(await other.outcome()).toBe('API_KEY');
      other.clock.nowMs += 100;
      expect(await other.outcome()).toBe('OVERLOADED');
      // Known again at once when it is back.
      tenants.away = false;
      expect(await outcome()).toBe('API_KEY');
    },
  );

  it('waits no longer than a second for a subgraph that does not answer, where a caller is known', async () => {
    const { clock, tenants, outcome } = await losable();
    await outcome();
    tenants.hangs = true;
    clock.nowMs += 5_000;
    vi.useFakeTimers();
    try {
      const identified = outcome();
      await vi.advanceTimersByTimeAsync(1_000);
      expect(await identified).toBe('API_KEY');
    } finally {
      vi.useRealTimers();
    }
  });

  it('calls a subgraph that is away four times a second at most, however many calls there are', async () => {
    const { clock, tenants, outcome } = await losable();
    await outcome();
    tenants.away = true;
    tenants.lookups = 0;
    clock.nowMs += 5_000;
    for (let call = 0; call < 1_000; call++) {
      clock.nowMs += 1;
      expect(await outcome()).toBe('API_KEY');
    }
    expect(tenants.lookups).toBeLessThanOrEqual(4);
  });

  it.each([
    ['a key that was revoked, whose lookup has said so', null, 'UNAUTHENTICATED'],
    ['a key that was not known', undefined, 'OVERLOADED'],
  ])('does not let in, while tenants is unavailable, %s', async (_, later, code) => {
    const { clock, tenants, outcome } = await losable(later === undefined ? null : sampleCaller());
    await outcome();
    if (later === null) {
      clock.nowMs += 5_001;
      tenants.caller = later;
      await outcome();
    }
    tenants.away = true;
    clock.nowMs += later === null ? 1_000 : 2_001;
    expect(await outcome()).toBe(code);
  });

  it('refuses a key that was remembered before a change, also while tenants is unavailable', async () => {
    const { bus, tenants, outcome } = await losable();
    await outcome();
    tenants.away = true;
    await bus.publish('callers.changed', { tenantId: 't1' });
    expect(await outcome()).toBe('OVERLOADED');
  });

  it('refuses an expired key while tenants is unavailable', async () => {
    const { clock, tenants, outcome } = await losable({ ...sampleCaller(), expiresAtMs: 1_800_000_006_000 });
    await outcome();
    tenants.away = true;
    clock.nowMs += 5_500;
    expect(await outcome()).toBe('API_KEY');
    clock.nowMs += 500;
    expect(await outcome()).toBe('UNAUTHENTICATED');
  });

  it('takes no credentials for an anonymous caller, and makes no request', async () => {
    const { callers, mesh } = await start();
    for (const credentials of [{}, { authorization: '' }, { authorization: 'Bearer ' }, { apiKey: '' }]) {
      expect(await callers.identify(credentials, context)).toBe(anonymousCaller);
    }
    expect(mesh.calls).toEqual([]);
  });

  it('refuses credentials of another kind, and keys too long to be one, without asking', async () => {
    const { callers, mesh } = await start();
    for (const credentials of [
      { authorization: 'Basic dXNlcjpwYXNz' },
      { authorization: `Bearer ${key} ${key}` },
      { apiKey: 'x'.repeat(10_000) },
    ]) {
      await expect(callers.identify(credentials, context)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    }
    expect(mesh.calls).toEqual([]);
  });

  it('refuses a key from the moment it expires, remembered or not', async () => {
    const { clock, identify } = await start({ ...sampleCaller(), expiresAtMs: 1_800_000_001_000 });
    await identify();
    clock.nowMs += 999;
    expect(await identify()).toMatchObject({ expiresAtMs: 1_800_000_001_000 });
    clock.nowMs += 1;
    await expect(identify()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it.each([
    ['192.0.2.7', ['192.0.2.7'], true],
    ['192.0.2.7', ['192.0.2.0/24', '10.0.0.0/8'], true],
    ['::ffff:192.0.2.7', ['192.0.2.0/24'], true],
    ['::FFFF:192.0.2.7', ['192.0.2.7'], true],
    ['::ffff:c000:207', ['192.0.2.0/24'], true],
    ['192.0.2.7', ['::ffff:192.0.2.0/120'], true],
    ['::ffff:192.0.3.7', ['192.0.2.0/24'], false],
    ['::ffff:c000:307', ['192.0.2.0/24'], false],
    ['192.0.2.7', ['2001:db8::/32'], false],
    ['2001:db8::1', ['0.0.0.0/0'], false],
    ['2001:db8::1', ['2001:db8::/32'], true],
    ['192.0.3.7', ['192.0.2.0/24'], false],
    ['192.0.2.7', ['nonsense', '192.0.2.7/33', '192.0.2.7/x'], false],
    ['192.0.2.7', [], false],
    [null, ['0.0.0.0/0'], false],
  ])('from %s with the list %j: %s', async (address, allowedIps, allowed) => {
    const { identify } = await start({ ...sampleCaller(), allowedIps });
    const identified = identify(address).then(
      () => true,
      (error: { code: string }) => error.code,
    );
    expect(await identified).toBe(allowed ? true : 'FORBIDDEN');
  });

  it('does not take a failed lookup for an unknown key', async () => {
    const bus = createMemoryBus({ warn: () => undefined });
    let down = true;
    const tenants = {
      execute: async () => {
        if (down) throw new Error('connection refused');
        return { data: { _caller: sampleCaller() } };
      },
    };
    const callers = await createCallers({ tenants, bus });
    await expect(callers.identify({ apiKey: key }, context)).rejects.toMatchObject({
      code: 'OVERLOADED',
      extensions: { retryAfterMs: expect.any(Number) },
    });
    down = false;
    expect(await callers.identify({ apiKey: key }, context)).toMatchObject({ kind: 'API_KEY' });
  });
});
