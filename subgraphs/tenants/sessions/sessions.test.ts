import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, systemCaller } from '#core/caller.ts';
import { toSessionPreimage } from '#core/session-text.ts';
import { auditLog } from '#mongo/audit/log.ts';
import { sessions } from '#mongo/sessions.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenant, type TestTenants } from '#test/support/tenants.ts';

let mesh: TestTenants;
let acme: TestTenant;
let count = 0;
const beginMs = Date.parse('2026-05-01T12:00:00Z');
const hourMs = 3_600_000;

beforeAll(async () => {
  mesh = await startTenants();
});
afterAll(() => mesh?.[Symbol.asyncDispose]());
beforeEach(async () => {
  mesh.clock.ms = beginMs;
  acme = await mesh.addTenant(`Sessions ${++count}`, ['inference:invoke', 'tenants:write']);
});

interface Started {
  readonly _startSession: { readonly cookie: string; readonly expiresAtMs: number };
}

const start = async (caller: Caller = acme.caller) =>
  (await askForData<Started>(mesh.subgraph, caller, 'mutation { _startSession }'))._startSession;
const end = (caller: Caller, everywhere: boolean) =>
  ask(mesh.subgraph, caller, 'mutation ($all: Boolean!) { _endSession(everywhere: $all) }', {
    all: everywhere,
  });

async function find(cookie: string): Promise<Caller | null> {
  const keyHash = createHash('sha256').update(toSessionPreimage(cookie)).digest('hex');
  const query = 'query ($keyHash: String!) { _caller(keyHash: $keyHash) }';
  const { _caller } = await askForData<{ _caller: Caller | null }>(mesh.subgraph, systemCaller, query, {
    keyHash,
  });
  return _caller;
}

async function mustFind(cookie: string): Promise<Caller> {
  const caller = await find(cookie);
  if (caller === null) throw new Error('The session is not known.');
  return caller;
}

describe('a session', () => {
  it('acts as the key that it was started with, and ends after seven days', async () => {
    const { cookie, expiresAtMs } = await start();
    expect(expiresAtMs).toBe(beginMs + 7 * 24 * hourMs);
    expect(await find(cookie)).toEqual({
      ...acme.caller,
      sessionId: expect.any(String),
      expiresAtMs,
    });
    // Used every seven hours, so that it is never idle for eight.
    for (let ms = beginMs; ms < expiresAtMs; ms += 7 * hourMs) {
      mesh.clock.ms = ms;
      expect(await find(cookie)).not.toBeNull();
    }
    mesh.clock.ms = expiresAtMs;
    expect(await find(cookie)).toBeNull();
  });

  it('ends when it was not used for eight hours', async () => {
    const { cookie } = await start();
    mesh.clock.ms = beginMs + 8 * hourMs - 1;
    expect(await find(cookie)).not.toBeNull();
    mesh.clock.ms += 8 * hourMs;
    expect(await find(cookie)).toBeNull();
  });

  it('is kept without the text of its cookie or of its key, in the store and in the audit log', async () => {
    const { cookie } = await start();
    const { connection } = mesh.database;
    const rows = await sessions(connection).find({ keyId: acme.keyId }).lean();
    const records = await auditLog(connection)
      .find({ action: 'session.start', tenantId: acme.tenantId })
      .lean();
    expect(records).toMatchObject([{ outcome: 'SUCCEEDED', targetId: rows[0]?._id }]);
    const kept = JSON.stringify([rows, records]);
    for (const text of [cookie, acme.secret, rows[0]?.sessionHash ?? '-']) {
      expect(JSON.stringify(records)).not.toContain(text);
    }
    expect(kept).not.toContain(cookie);
    expect(kept).not.toContain(acme.secret);
  });

  it('is not accepted as a key, nor a key as a session', async () => {
    const { cookie } = await start();
    expect(await mesh.findCaller(cookie)).toBeNull();
    expect(await find(acme.secret)).toBeNull();
  });

  it.each([
    ['revoked', 'mutation ($id: ID!) { revokeApiKey(id: $id) { id } }'],
    ['rotated', 'mutation ($id: ID!) { rotateApiKey(id: $id) { key { id } } }'],
  ])('ends when its key is %s', async (_what, query) => {
    const { cookie } = await start();
    await mustFind(cookie);
    await askForData(mesh.subgraph, mesh.admin, query, { id: acme.keyId });
    expect(await find(cookie)).toBeNull();
  });

  it('lasts no longer than its key', async () => {
    const expiresAt = new Date(beginMs + hourMs).toISOString();
    const update =
      'mutation ($id: ID!, $input: UpdateApiKeyInput!) { updateApiKey(id: $id, input: $input) { id } }';
    const { cookie } = await start();
    await askForData(mesh.subgraph, mesh.admin, update, { id: acme.keyId, input: { expiresAt } });
    expect((await mustFind(cookie)).expiresAtMs).toBe(beginMs + hourMs);
    mesh.clock.ms = beginMs + hourMs;
    expect(await find(cookie)).toBeNull();
  });

  it('is ended alone, or with all others of its key, and never with those of another key', async () => {
    const other = await mesh.addTenant(`Sessions ${++count}`);
    const [first, second, third] = [await start(), await start(), await start()];
    const foreign = await start(other.caller);
    await end(await mustFind(first.cookie), false);
    expect(await find(first.cookie)).toBeNull();
    expect(await find(second.cookie)).not.toBeNull();
    await end(await mustFind(second.cookie), true);
    expect(await find(third.cookie)).toBeNull();
    expect(await find(foreign.cookie)).not.toBeNull();
    expect((await end(acme.caller, true)).errors?.[0]?.code).toBe('FORBIDDEN');
  });

  it('makes every process forget its caller at once when it ends', async () => {
    const { cookie } = await start();
    const changes: unknown[] = [];
    await using _ = await mesh.deps.bus.subscribe('callers.changed', (change) => void changes.push(change));
    await end(await mustFind(cookie), false);
    expect(changes).toEqual([{ tenantId: acme.tenantId }]);
  });

  it('is the oldest to end where a key has more than 100', async () => {
    const { cookie } = await start();
    const records = sessions(mesh.database.connection);
    const one = await records.findOne({ keyId: acme.keyId }).lean();
    if (one === null) throw new Error('The session was not kept.');
    const later = (at: number) => new Date(beginMs + 1_000 + at);
    await records.insertMany(
      Array.from({ length: 99 }, (_, at) => ({
        ...one,
        _id: `${one._id} ${at}`,
        sessionHash: `${one.sessionHash} ${at}`,
        createdAt: later(at),
      })),
    );
    mesh.clock.ms = beginMs + 10_000;
    expect(await find(cookie)).not.toBeNull();
    await start();
    expect(await find(cookie)).toBeNull();
    expect(await records.countDocuments({ keyId: acme.keyId })).toBe(100);
  });

  it('is not started with a page token or another session', async () => {
    const { cookie } = await start();
    const query = 'mutation { createPageToken(input: { endUserId: "ada" }) { token } }';
    const { createPageToken } = await askForData<{ createPageToken: { token: string } }>(
      mesh.subgraph,
      acme.caller,
      query,
    );
    for (const caller of [await mustFind(cookie), await mesh.findCaller(createPageToken.token)]) {
      if (caller === null) throw new Error('The caller is not known.');
      const { errors } = await ask(mesh.subgraph, caller, 'mutation { _startSession }');
      expect(errors?.[0]?.code).toBe('FORBIDDEN');
    }
  });
});
