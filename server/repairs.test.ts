import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { auditLog, createAuditLog } from '#mongo/audit/log.ts';
import { events } from '#mongo/events.ts';
import { invitations } from '#mongo/invitations.ts';
import { members } from '#mongo/members.ts';
import { tenants } from '#mongo/tenants.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { keepRepairing } from './repairs.ts';

const begun = {
  ...{ tenantId: 't1', action: 'app.archive', arguments: null, requestId: 'r1', clientAddress: null },
  actor: { kind: 'API_KEY', keyId: 'k1', appId: null, subject: null },
};
const tenant = {
  ...{
    _id: 't1',
    name: 't1',
    planId: 'p',
    allowedRegions: null,
    payloadLogging: 'NONE' as const,
    cacheByDefault: false,
  },
  ...{ createdAt: new Date(0), archivedAt: new Date(1), marksDue: true },
} as const;

it('closes what killed processes have begun at the start where no other process uses the database, and logs it', async () => {
  await using database = await openTestDatabase();
  const { connection } = database;
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const nowMs = Date.now();
  const id = await createAuditLog(connection, () => nowMs - 1).begin(begun);
  await tenants(connection).create(tenant);
  const member = { tenantId: 't1', role: 'VIEWER', createdAt: new Date(0) } as const;
  const departure = { removes: true, keysMade: 'KEPT', keptKeyId: null } as const;
  await members(connection).create({
    ...member,
    _id: 'm1',
    subject: 's1',
    deactivatedAt: new Date(1),
    departure,
  });
  await invitations(connection).create({
    ...{ _id: 'i1', ...member, email: 'a@b.c', emailKey: 'a@b.c', anyEmail: false, days: 7, resends: 0 },
    ...{ expiresAt: new Date(nowMs), purgeAt: new Date(nowMs * 2), acceptedAt: new Date(1), memberId: 'm2' },
    acceptance: { memberId: 'm2', issuerId: 'default', subject: 's2', email: null },
  });
  using _repairs = await keepRepairing(connection, {
    names: ['tenants'],
    log,
    isAlone: true,
    now: () => nowMs,
  });
  expect(await auditLog(connection).findById(id).lean()).toMatchObject({
    outcome: 'INTERRUPTED',
    targetId: null,
  });
  expect((await tenants(connection).findById('t1').lean())?.marksDue).toBeUndefined();
  expect(await members(connection).find().lean()).toMatchObject([{ _id: 'm2', subject: 's2' }]);
  expect(await events(connection).distinct('type')).toEqual(['member.joined', 'member.removed']);
  expect(lines).toMatchObject([
    { event: 'repaired', tenants: 1, keys: 0, members: 2, models: 0, prompts: 0, events: 0, auditRecords: 1 },
  ]);
});

it('leaves what others may still be doing for ten minutes, and a change that ends later has a record of its end', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    await using database = await openTestDatabase();
    const { connection } = database;
    const clock = { ms: Date.now() };
    const audit = createAuditLog(connection, () => clock.ms);
    const id = await audit.begin(begun);
    const outcome = async () => (await auditLog(connection).findById(id).lean())?.outcome;
    const log = pino({ level: 'silent' });
    const done = Promise.withResolvers<void>();
    log.warn = () => done.resolve();
    using _repairs = await keepRepairing(connection, { names: [], log, isAlone: false, now: () => clock.ms });
    clock.ms += 600_000;
    vi.advanceTimersByTime(30_000);
    expect(await outcome()).toBe('STARTED');
    clock.ms += 1_000;
    while ((await outcome()) === 'STARTED') vi.advanceTimersByTime(30_000);
    await done.promise;
    expect(await outcome()).toBe('INTERRUPTED');
    await audit.end(id, {
      ...{
        outcome: 'SUCCEEDED',
        errorCode: null,
        targetType: 'App',
        targetId: 'a1',
        before: null,
        after: null,
      },
    });
    expect(await outcome()).toBe('INTERRUPTED');
    const [interrupted, late] = await auditLog(connection).find({ requestId: 'r1' }).sort({ _id: 1 }).lean();
    expect(late).toMatchObject({ outcome: 'SUCCEEDED', targetId: 'a1', sequence: 2 });
    expect(late?.previousHash).toBe(interrupted?.hash);
  } finally {
    vi.useRealTimers();
  }
});
