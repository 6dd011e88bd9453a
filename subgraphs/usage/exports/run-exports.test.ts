import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { events } from '#mongo/events.ts';
import { invocations } from '#mongo/invocations.ts';
import { usageExportParts } from '#mongo/usage-export-parts.ts';
import { type UsageExportRecord, usageExports } from '#mongo/usage-exports.ts';
import { testCaller } from '#test/support/subgraph.ts';
import { UsageExports } from '#test/support/usage-exports.ts';
import { openUsageMesh, row, type UsageMesh } from '#test/support/usage-mesh.ts';
import { continueExports } from './run-exports.ts';
import { exportBounds } from './write-step.ts';

let mesh: UsageMesh;
beforeAll(async () => {
  mesh = await openUsageMesh();
});
afterAll(() => mesh?.[Symbol.asyncDispose]());
const { read, download } = new UsageExports(() => mesh);

describe('an export whose process dies', () => {
  // The jobs of the mesh use the present time, by which these are not due.
  const nowMs = Date.UTC(2098, 5, 1);
  const bounds = { ...exportBounds, partChars: 200 };
  let expected: string;

  const insert = async (_id: string, rest: Partial<UsageExportRecord> = {}) => {
    const at = new Date(nowMs);
    await usageExports(mesh.database.connection).create({
      ...{ _id, tenantId: 'busy', format: 'CSV', from: new Date('2026-04-01'), to: new Date('2026-04-04') },
      ...{ interval: 'DAY', by: ['KEY'], filter: {}, status: 'RUNNING', until: new Date('2026-04-01') },
      ...{ parts: 0, rows: 0, bytes: 0, runs: [], leaseUntil: at, createdAt: at },
      ...{ expiresAt: new Date('2099-01-01'), ...rest },
    });
  };
  const busy = testCaller('busy', 'usage:read');
  const run = (now: () => number, rest: object = {}, signal?: AbortSignal) =>
    continueExports({ ...mesh.services, connection: mesh.database.connection, now, bounds, ...rest }, signal);
  const find = (_id: string) => usageExports(mesh.database.connection).findById(_id).lean();
  const findJobs = async (subject: string) => {
    const where = { type: 'job.finished', subject, sequence: { $gt: 0 } };
    const found = await events(mesh.database.connection).find(where).lean();
    return found.map(({ tenantId, data }) => [tenantId, data.job, data.status]);
  };

  beforeAll(async () => {
    await invocations(mesh.database.connection).insertMany(
      Array.from({ length: 60 }, (_, n) =>
        row(`busy${n}`, `2026-04-0${1 + (n % 3)}T00:00:00Z`, { tenantId: 'busy', keyId: `key${n}` }),
      ),
    );
    await insert('whole');
    await run(() => nowMs);
    expected = await download(busy, 'whole');
  });

  it('is continued by another one where it was, once its lease has ended, and has the same file', async () => {
    await insert('killed');
    let reads = 0;
    // Dies with the second day written, and not recorded.
    await run(() => {
      reads += 1;
      if (reads === 3) throw new Error('The process ends here.');
      return nowMs;
    });
    const left = await find('killed');
    expect(left).toMatchObject({
      status: 'RUNNING',
      until: new Date('2026-04-02'),
      runs: [{ firstPart: 0 }],
    });
    const written = () => usageExportParts(mesh.database.connection).countDocuments({ exportId: 'killed' });
    expect(await written()).toBeGreaterThan(left?.parts ?? 0);
    // What is written and not recorded is not part of the file.
    expect((await read(busy, 'killed', left?.parts))?.part).toBeNull();
    expect(await run(() => nowMs + 60_000)).toBe(0);
    expect(await run(() => nowMs + 121_000)).toBe(1);
    expect(await download(busy, 'killed')).toBe(expected);
    expect((await find('killed'))?.runs).toMatchObject([{ firstPart: 0 }, { firstPart: left?.parts }]);
    expect(await findJobs('killed')).toEqual([['busy', 'USAGE_EXPORT', 'SUCCEEDED']]);
  });

  it('is continued at once where its process stops in order', async () => {
    await insert('stopped');
    const stopping = new AbortController();
    let reads = 0;
    // Stops while the first day is recorded.
    await run(
      () => {
        reads += 1;
        if (reads === 2) stopping.abort();
        return nowMs;
      },
      {},
      stopping.signal,
    );
    expect(await find('stopped')).toMatchObject({ status: 'RUNNING', until: new Date('2026-04-02') });
    expect(await run(() => nowMs)).toBe(1);
    expect(await download(busy, 'stopped')).toBe(expected);
  });

  it('is continued by one of several processes that look for it at once', async () => {
    await insert('shared');
    await Promise.all([run(() => nowMs), run(() => nowMs), run(() => nowMs)]);
    expect((await find('shared'))?.runs).toHaveLength(1);
    expect(await download(busy, 'shared')).toBe(expected);
  });

  it('is written day by day where several have too many lines', async () => {
    await insert('dense');
    await run(() => nowMs, { bounds: { ...bounds, groupsMax: 25 } });
    expect(await download(busy, 'dense')).toBe(expected);
  });

  it('is not changed by a process that was taken for dead', async () => {
    await insert('contested');
    let reads = 0;
    const claims: Promise<unknown>[] = [];
    const claim = {
      $set: { leaseUntil: new Date(nowMs + 300_000) },
      $push: { runs: { id: 'next', firstPart: 1_000 } },
    };
    // Taken over with the second day written, and not recorded.
    await run(() => {
      reads += 1;
      if (reads === 3)
        claims.push(usageExports(mesh.database.connection).updateOne({ _id: 'contested' }, claim).exec());
      return nowMs;
    });
    await Promise.all(claims);
    expect(await find('contested')).toMatchObject({ status: 'RUNNING', until: new Date('2026-04-02') });
    await run(() => nowMs + 300_000);
    expect(await download(busy, 'contested')).toBe(expected);
  });

  it('fails where no process ends it', async () => {
    await insert('hopeless', { runs: Array.from({ length: 10 }, (_, n) => ({ id: `r${n}`, firstPart: 0 })) });
    await run(() => nowMs);
    expect(await read(busy, 'hopeless')).toMatchObject({ status: 'FAILED', errorCode: 'INTERNAL' });
    expect(await findJobs('hopeless')).toEqual([['busy', 'USAGE_EXPORT', 'FAILED']]);
  });

  it.each([
    ['lines of a day', { groupsMax: 5 }, /buckets/],
    ['bytes', { bytesMax: 500 }, /500 bytes/],
  ])('fails with too many %s, and states what to do', async (what, bound, message) => {
    await insert(what);
    await run(() => nowMs, { bounds: { ...bounds, ...bound } });
    expect(await read(busy, what)).toMatchObject({
      ...{ status: 'FAILED', errorCode: 'BAD_USER_INPUT', error: expect.stringMatching(message) },
    });
  });

  it('leaves no part of an export that is deleted while it is written', async () => {
    await insert('gone');
    let reads = 0;
    const remove = usageExports(mesh.database.connection);
    const deletions: Promise<unknown>[] = [];
    await run(() => {
      reads += 1;
      if (reads === 2) deletions.push(remove.deleteOne({ _id: 'gone' }).exec());
      return nowMs;
    });
    await Promise.all(deletions);
    expect(await usageExportParts(mesh.database.connection).countDocuments({ exportId: 'gone' })).toBe(0);
    expect(await findJobs('gone')).toEqual([]);
  });
});
