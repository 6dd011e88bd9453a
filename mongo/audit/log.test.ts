import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openTestDatabase } from '#test/support/database.ts';
import { type Database, ensureIndexes } from '../connect.ts';
import { type AuditOccurrence, auditLog, createAuditLog, occurrencesKeptMs } from './log.ts';

let database: Database;
let nowMs = Date.parse('2026-03-01T10:59:30Z');
beforeAll(async () => {
  database = await openTestDatabase();
  await ensureIndexes(database.connection);
});
afterAll(() => database.close());

const refused = (more: Partial<AuditOccurrence> = {}): AuditOccurrence => ({
  tenantId: 'acme',
  actor: { kind: 'API_KEY', keyId: 'k1', appId: 'a1', subject: null },
  action: 'app.create',
  outcome: 'REFUSED',
  errorCode: 'FORBIDDEN',
  requestId: 'r1',
  clientRequestId: null,
  clientAddress: '192.0.2.1',
  count: 1,
  ...more,
});
const records = () => auditLog(database.connection).find({}).sort({ _id: 1 }).lean();

describe('what is counted', () => {
  it('is one record of its hour, with the first request, the count and the last time, whoever writes it', async () => {
    const logs = [
      createAuditLog(database.connection, () => nowMs),
      createAuditLog(database.connection, () => nowMs),
    ];
    await Promise.all(Array.from({ length: 20 }, (_, n) => logs[n % 2]?.count(refused({ count: 2 }))));
    nowMs += 20_000;
    await logs[0]?.count(refused({ requestId: 'r2', clientAddress: '192.0.2.9' }));
    const [record, ...more] = await records();
    expect(more).toEqual([]);
    expect(record).toMatchObject({
      action: 'app.create',
      outcome: 'REFUSED',
      errorCode: 'FORBIDDEN',
      count: 41,
      requestId: 'r1',
      lastAt: new Date(nowMs),
      expiresAt: new Date(nowMs + occurrencesKeptMs),
    });
    nowMs += 20_000;
    await logs[0]?.count(refused());
    expect((await records()).map(({ count }) => count)).toEqual([41, 1]);
  });

  it.each<[string, Partial<AuditOccurrence>]>([
    ['another action', { action: 'app.update' }],
    ['another code', { errorCode: 'UNAUTHENTICATED' }],
    ['another key', { actor: { kind: 'API_KEY', keyId: 'k2', appId: 'a1', subject: null } }],
    ['another tenant', { tenantId: 'other' }],
    ['no key, a subject', { actor: { kind: 'USER', keyId: null, appId: null, subject: 'u1' } }],
    [
      'the subject of another issuer',
      { actor: { kind: 'USER', keyId: null, appId: null, subject: 'u1', issuerId: 'partner' } },
    ],
    ['another subject', { actor: { kind: 'USER', keyId: null, appId: null, subject: 'u2' } }],
    ['no key, an address', { actor: { kind: 'ANONYMOUS', keyId: null, appId: null, subject: null } }],
    [
      'another address without a key',
      {
        actor: { kind: 'ANONYMOUS', keyId: null, appId: null, subject: null },
        clientAddress: '192.0.2.2',
      },
    ],
  ])('is another record for %s', async (_what, more) => {
    const log = createAuditLog(database.connection, () => nowMs);
    const before = (await records()).length;
    await log.count(refused(more));
    await log.count(refused(more));
    expect(await records()).toHaveLength(before + 1);
  });

  it('is added to the record that another process inserted at the same time', async () => {
    const log = createAuditLog(database.connection, () => nowMs);
    const write = vi.spyOn(auditLog(database.connection), 'updateOne');
    const duplicate = Object.assign(new Error('E11000 duplicate key'), { code: 11_000 });
    write.mockRejectedValueOnce(duplicate);
    await log.count(refused({ action: 'inserted.meanwhile' }));
    expect((await records()).filter(({ action }) => action === 'inserted.meanwhile')).toHaveLength(1);
    write.mockRejectedValueOnce(new Error('It is away.'));
    await expect(log.count(refused())).rejects.toThrow('It is away.');
    write.mockRestore();
  });

  it('expires, and a change does not', async () => {
    const indexes = await auditLog(database.connection).collection.indexes();
    expect(indexes).toContainEqual(expect.objectContaining({ key: { expiresAt: 1 }, expireAfterSeconds: 0 }));
    const log = createAuditLog(database.connection, () => nowMs);
    const { count: _, outcome: __, errorCode: ___, ...beginning } = refused();
    const id = await log.begin({ ...beginning, arguments: null });
    expect((await auditLog(database.connection).findById(id).lean())?.expiresAt).toBeUndefined();
    await log.discard(id);
    expect(await auditLog(database.connection).findById(id).lean()).toBeNull();
  });
});

describe('the cost of a change in the audit log', () => {
  it('is five commands of the store, three of them before the change', async () => {
    await using counted = await openTestDatabase({ monitorCommands: true });
    const log = createAuditLog(counted.connection);
    const sent: string[] = [];
    const note = (event: { readonly commandName: string; readonly command: Record<string, unknown> }) =>
      sent.push(`${event.commandName} ${event.command[event.commandName]}`);
    const run = async () => {
      const id = await log.begin({
        ...{ tenantId: 'acme', action: 'app.update', arguments: null, requestId: 'r', clientAddress: null },
        actor: { kind: 'API_KEY', keyId: 'k1', appId: 'a1', subject: null },
      });
      await log.name(id, { targetType: 'App', targetId: 'a1' });
      sent.push('the change');
      const target = { targetType: 'App', targetId: 'a1', before: null, after: null };
      await log.end(id, { outcome: 'SUCCEEDED', errorCode: null, ...target });
    };
    // The first one reads the ends of the chains.
    await run();
    const client = counted.connection.getClient();
    client.on('commandStarted', note);
    sent.length = 0;
    await run();
    client.off('commandStarted', note);
    expect(sent).toEqual([
      ...['insert audit_log', 'insert audit_starts', 'update audit_log', 'the change'],
      ...['find audit_log', 'update audit_log'],
    ]);
  });
});
