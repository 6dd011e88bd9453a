import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openFailingDatabase } from '#test/support/database.ts';
import { type Database, ensureIndexes } from '../connect.ts';
import { computeLinkHash, toCanonicalText } from './chain.ts';
import { recordChainStart } from './genesis.ts';
import {
  type AuditBeginning,
  type AuditEnd,
  type AuditOccurrence,
  type AuditRecord,
  auditLog,
  closeInterrupted,
  closeOccurrences,
  createAuditLog,
} from './log.ts';
import { auditStarts } from './starts.ts';
import { type AuditProblem, type VerifyStoreOptions, verifyAuditLog } from './verify.ts';

let database: Database;
beforeAll(async () => {
  database = await openFailingDatabase();
});
beforeEach(async () => {
  await auditLog(database.connection).deleteMany({});
  await auditStarts(database.connection).deleteMany({});
});
afterAll(() => database.close());

const beginning = (name: string, more: Partial<AuditBeginning> = {}): AuditBeginning => ({
  tenantId: 'acme',
  actor: { kind: 'API_KEY', keyId: 'k1', appId: 'a1', subject: null },
  action: 'app.update',
  arguments: { name, text: 'ключ \ud800 🔑', big: 2 ** 40, none: null, list: [1.5, { b: 1, a: [] }] },
  requestId: name,
  clientAddress: null,
  ...more,
});
const end: AuditEnd = {
  ...{ outcome: 'SUCCEEDED' as const, errorCode: null, targetType: 'App', targetId: 'a1' },
  ...{ before: { name: 'x' }, after: { name: 'y' } },
};
const occurrence = (action: string): AuditOccurrence => ({
  ...{ tenantId: 'acme', action, outcome: 'REFUSED', errorCode: 'FORBIDDEN', requestId: 'r', count: 1 },
  actor: { kind: 'API_KEY', keyId: 'k1', appId: 'a1', subject: null },
  ...{ clientRequestId: null, clientAddress: null },
});

/** Writes so many changes, one after another. */
async function change(count: number, tenantId = 'acme'): Promise<void> {
  const log = createAuditLog(database.connection);
  for (let n = 1; n <= count; n++) {
    const id = await log.begin(beginning(`${tenantId}-${n}`));
    await log.end(id, { ...end, tenantId });
  }
}

const records = (tenantId = 'acme') =>
  auditLog(database.connection)
    .find({ tenantId, sequence: { $gt: 0 } })
    .sort({ chain: 1, sequence: 1 })
    .lean<AuditRecord[]>();

async function verify(options: VerifyStoreOptions = {}) {
  const problems: AuditProblem[] = [];
  const report = await verifyAuditLog(database.connection, options, (problem) => problems.push(problem));
  const kinds = problems.map(({ kind, chain, sequence }) => `${kind} ${chain} ${sequence}`);
  return { ...report, problems, kinds };
}

describe('the chain of a tenant', () => {
  it('numbers its changes without gaps, each with the hash of the one before, whichever process writes them', async () => {
    const logs = [1, 2, 3].map(() => createAuditLog(database.connection));
    await Promise.all(
      Array.from({ length: 30 }, async (_, n) => {
        const log = logs[n % 3]!;
        const id = await log.begin(beginning(`n${n}`));
        await log.name(id, { targetType: 'App', targetId: 'a1' });
        if (n % 5 === 0) await log.discard(id);
        else await log.end(id, n % 2 === 0 ? end : { ...end, tenantId: 'other' });
      }),
    );
    for (const tenantId of ['acme', 'other']) {
      const chained = await records(tenantId);
      expect(chained).toHaveLength(12);
      expect(chained.map(({ sequence }) => sequence)).toEqual(chained.map((_, n) => n + 1));
      expect(chained.map(({ previousHash }) => previousHash)).toEqual([
        '0'.repeat(64),
        ...chained.slice(0, -1).map(({ hash }) => hash),
      ]);
    }
    expect(await verify()).toMatchObject({ records: 24, open: 0, older: 0, problems: [] });
  });

  it('has records of people with their issuer after those of older versions, and shows who alters or removes it', async () => {
    const log = createAuditLog(database.connection);
    const person = { kind: 'USER', keyId: null, appId: null, subject: 'ada' };
    for (const actor of [person, { ...person, issuerId: 'first' }, { ...person, issuerId: undefined }]) {
      await log.end(await log.begin(beginning('x', { actor })), end);
    }
    expect(await verify()).toMatchObject({ records: 3, problems: [] });
    const chained = await records();
    expect(chained.map(({ actor }) => actor.issuerId)).toEqual([undefined, 'first', undefined]);
    for (const change of [{ $set: { 'actor.issuerId': 'partner' } }, { $unset: { 'actor.issuerId': 1 } }]) {
      await auditLog(database.connection).updateOne({ sequence: 2 }, change as object);
      expect(new Set((await verify()).kinds)).toEqual(new Set(['ALTERED changes:acme 2']));
    }
  });

  it('counts what is in progress, and verifies it', async () => {
    const log = createAuditLog(database.connection);
    const id = await log.begin(beginning('open'));
    await log.count(occurrence('x'));
    expect(await verify()).toMatchObject({ records: 0, open: 2, problems: [] });
    await auditLog(database.connection).updateOne({ _id: id }, { $set: { action: 'app.read' } });
    expect((await verify()).kinds).toEqual(['ALTERED null null']);
    await auditLog(database.connection).deleteOne({ _id: id });
    expect((await verify()).problems).toMatchObject([
      { kind: 'REMOVED', chain: 'starts:acme', message: expect.stringContaining(id) },
    ]);
  });

  it('has counts of refusals and reads once their hour is over, and what comes late in a record of its own', async () => {
    const clock = { ms: Date.parse('2026-03-01T10:30:00Z') };
    const log = createAuditLog(database.connection, () => clock.ms);
    await log.count(occurrence('x'));
    await log.count(occurrence('x'));
    await closeOccurrences(database.connection, clock.ms + 1_800_000);
    expect(await records()).toEqual([]);
    await closeOccurrences(database.connection, clock.ms + 1_900_000);
    await log.count(occurrence('x'));
    await closeOccurrences(database.connection, clock.ms + 5_500_000);
    const chained = await records();
    expect(chained).toMatchObject([
      { chain: 'occurrences:acme', sequence: 1, count: 2, keptUntil: expect.any(Date) },
      { sequence: 2, count: 1 },
    ]);
    expect(chained.some((record) => 'expiresAt' in record)).toBe(false);
    expect((await verify()).problems).toEqual([]);
    await auditLog(database.connection).updateOne({ sequence: 1 }, { $set: { count: 1 } });
    expect((await verify()).kinds).toEqual(['ALTERED occurrences:acme 1']);
  });

  it('can be verified after a kill before any write of it, and after the start that follows', async () => {
    const admin = database.connection.getClient().db('admin');
    const configure = (mode: object | string) =>
      admin.command({
        configureFailPoint: 'failCommand',
        mode,
        data: { failCommands: ['insert', 'update', 'delete'], errorCode: 50 },
      });
    const doEach: ((id: string) => Promise<void>)[] = [
      (id) => createAuditLog(database.connection).end(id, end),
      (id) => createAuditLog(database.connection).discard(id),
    ];
    const ended: boolean[] = [];
    for (const finish of doEach) {
      for (let writes = 0; ; writes++) {
        await configure({ skip: writes });
        const run = async () => finish(await createAuditLog(database.connection).begin(beginning('k')));
        const isEnded = await run().then(
          () => true,
          () => false,
        );
        await configure('off');
        expect((await verify()).problems).toEqual([]);
        await closeInterrupted(database.connection, new Date(Date.now() + 1_000));
        expect(await verify()).toMatchObject({ problems: [], open: 0 });
        ended.push(isEnded);
        if (isEnded) break;
      }
    }
    expect(ended).toEqual([false, false, false, true, false, false, false, false, true]);
    expect((await records()).map(({ outcome }) => outcome)).toEqual([
      'INTERRUPTED',
      'SUCCEEDED',
      'INTERRUPTED',
    ]);
  });

  it.each([
    ['of the last record', 4, 5],
    ['of a record in its middle', 2, 5],
    ['of its first record', 1, 5],
    ['of a record in its middle, behind a gap', 2, 9],
  ])('has a fork reported: a second successor %s', async (_what, place, sequence) => {
    await change(4);
    const found = (await records())[place - 1]!;
    const fork = { ...found, _id: 'fork', sequence, action: 'nothing' };
    await auditLog(database.connection).collection.insertOne({
      ...fork,
      hash: computeLinkHash(fork),
    } as never);
    const { problems } = await verify();
    expect(problems).toContainEqual({
      ...{ kind: 'FORKED', chain: 'changes:acme', sequence, recordId: 'fork' },
      message: `Record ${sequence} (fork) of changes:acme was inserted beside another: it follows the same record as record ${place}.`,
    });
    expect(problems.filter(({ kind }) => kind === 'FORKED')).toHaveLength(1);
  });

  it('has a fork reported that continues, once for its first record', async () => {
    await change(3);
    const [, second] = await records();
    let previousHash = second!.previousHash;
    for (const sequence of [4, 5]) {
      const fork = { ...second, _id: `fork-${sequence}`, sequence, previousHash };
      previousHash = computeLinkHash(fork);
      await auditLog(database.connection).collection.insertOne({ ...fork, hash: previousHash } as never);
    }
    const { kinds } = await verify();
    expect(kinds.filter((kind) => kind.startsWith('FORKED'))).toEqual(['FORKED changes:acme 4']);
  });

  it('cannot be forked: another record of the same place is refused by the index, and reported where there is none', async () => {
    await change(3);
    const second = (await records())[1]!;
    const fork = { ...second, _id: 'fork', action: 'nothing' };
    const inserted = { ...fork, hash: computeLinkHash(fork) };
    const raw = auditLog(database.connection).collection;
    await expect(raw.insertOne(inserted as never)).rejects.toThrow('E11000');
    await raw.dropIndex('chain_1_sequence_1');
    await raw.insertOne(inserted as never);
    const { problems } = await verify();
    expect(problems.map(({ kind, sequence }) => `${kind} ${sequence}`)).toContain('FORKED 2');
    await raw.deleteOne({ _id: 'fork' as never });
    await ensureIndexes(database.connection);
  });
});

describe('a verification', () => {
  const tamper: [string, (raw: Raw) => Promise<unknown>, string[]][] = [
    [
      'an altered field',
      (raw) => raw.updateOne({ sequence: 2 }, { $set: { targetId: 'a2' } }),
      ['ALTERED 2'],
    ],
    [
      'an altered part of a nested value',
      (raw) => raw.updateOne({ sequence: 2 }, { $set: { 'before.name': 'z' } }),
      ['ALTERED 2'],
    ],
    ['an added field', (raw) => raw.updateOne({ sequence: 2 }, { $set: { note: 1 } }), ['ALTERED 2']],
    [
      'an altered record with its hash made anew',
      async (raw) => {
        const record = { ...(await raw.findOne({ sequence: 2 })), targetId: 'a2' };
        await raw.updateOne({ sequence: 2 }, { $set: { targetId: 'a2', hash: computeLinkHash(record) } });
      },
      ['ALTERED 2'],
    ],
    [
      'another beginning with all hashes made anew',
      async (raw) => {
        let previousHash = '0'.repeat(64);
        for (const record of await raw.find().sort({ sequence: 1 }).toArray()) {
          const altered = { ...record, previousHash, ...(record.sequence === 2 && { action: 'x' }) };
          previousHash = computeLinkHash(altered);
          await raw.replaceOne({ _id: record._id }, { ...altered, hash: previousHash });
        }
      },
      ['ALTERED 2'],
    ],
    ['a removed record', (raw) => raw.deleteOne({ sequence: 2 }), ['REMOVED 2', 'REMOVED null']],
    ['a removed first record', (raw) => raw.deleteOne({ sequence: 1 }), ['REMOVED 1', 'REMOVED null']],
    ['a removed last record', (raw) => raw.deleteOne({ sequence: 4 }), ['REMOVED null']],
    [
      'an inserted record at the end of the chain',
      async (raw) => {
        const last = await raw.findOne({ sequence: 4 });
        const record = { ...last, _id: 'x', sequence: 5, previousHash: last?.hash };
        await raw.insertOne({ ...record, hash: computeLinkHash(record) } as never);
      },
      ['INSERTED 5'],
    ],
    [
      'an inserted record outside of the chain',
      async (raw) => {
        const { chain: _, sequence: __, ...record } = { ...(await raw.findOne({ sequence: 4 })) };
        await raw.insertOne({ ...record, _id: 'x' } as never);
      },
      ['INSERTED null'],
    ],
    [
      'two records that were exchanged',
      async (raw) => {
        for (const [from, to] of [
          [2, 9],
          [3, 2],
          [9, 3],
        ]) {
          await raw.updateOne({ sequence: from }, { $set: { sequence: to } });
        }
      },
      ['ALTERED 2', 'ALTERED 3'],
    ],
  ];
  type Raw = ReturnType<typeof auditLog>['collection'];

  it.each(tamper)('reports %s', async (_what, doTamper, expected) => {
    await change(4);
    expect((await verify()).problems).toEqual([]);
    await doTamper(auditLog(database.connection).collection as never);
    const found = (await verify()).problems.map(({ kind, sequence }) => `${kind} ${sequence}`);
    expect(found).toEqual(expect.arrayContaining(expected));
    expect(found.every((problem) => /^(ALTERED|REMOVED|INSERTED) ([2-5]|1|null)$/.test(problem))).toBe(true);
  });

  it('reports what an anchor knows and the chain has not, also where the beginnings are cut alike', async () => {
    await change(3);
    await change(1, 'other');
    const heads = new Map(
      (await records()).map(({ chain, sequence, hash }) => [chain!, new Map([[sequence!, hash!]])]),
    );
    expect((await verify({ anchors: heads })).problems).toEqual([]);
    await auditLog(database.connection).deleteOne({ chain: 'changes:acme', sequence: 3 });
    const begun = await auditStarts(database.connection).find().sort({ sequence: 1 }).lean();
    await auditStarts(database.connection).deleteOne({ _id: begun[2]!._id });
    await auditStarts(database.connection).deleteMany({ sequence: { $gte: 3 } });
    await auditLog(database.connection).deleteMany({ tenantId: 'other' });
    expect((await verify()).kinds).toEqual([]);
    expect((await verify({ anchors: heads })).kinds).toEqual(['REMOVED changes:acme 3']);
    expect((await verify({ anchors: heads, tenantId: 'other' })).kinds).toEqual([]);
  });

  it('keeps to the chains of one tenant', async () => {
    await change(2);
    await change(2, 'other');
    await auditLog(database.connection).updateOne(
      { chain: 'changes:other', sequence: 1 },
      { $set: { action: 'x' } },
    );
    expect((await verify({ tenantId: 'acme' })).kinds).toEqual([]);
    expect((await verify({ tenantId: 'other' })).kinds).toContain('ALTERED changes:other 1');
  });

  it('knows records of older versions by the record that begins the chain, and reports those altered since', async () => {
    const raw = auditLog(database.connection).collection;
    const log = createAuditLog(database.connection);
    const old = { ...beginning('old'), ...end, at: new Date(Date.now() - 86_400_000) };
    await raw.insertMany([
      { ...old, _id: '018000000000-a' },
      { ...old, _id: '018000000000-b', outcome: 'STARTED' },
    ] as never);
    await recordChainStart(database.connection, log, new Date());
    await recordChainStart(database.connection, log, new Date());
    await change(1);
    expect(await raw.countDocuments({ action: 'audit.chain' })).toBe(1);
    expect(await verify()).toMatchObject({ older: 2, records: 2, problems: [] });
    await raw.updateOne({ _id: '018000000000-a' as never }, { $set: { action: 'x' } });
    expect((await verify()).problems).toMatchObject([{ kind: 'ALTERED', recordId: null }]);
    await raw.deleteOne({ _id: '018000000000-a' as never });
    expect((await verify()).problems).toMatchObject([{ kind: 'REMOVED' }]);
  });
});

it('has one text for one content, whatever the order of its names', () => {
  const date = new Date(0);
  expect(toCanonicalText({ b: 1, a: [null, undefined, date, 5n], c: undefined })).toBe(
    toCanonicalText({ a: [null, null, '1970-01-01T00:00:00.000Z', 5], b: 1 }),
  );
  expect(toCanonicalText('\ud800')).toBe('"\ufffd"');
});
