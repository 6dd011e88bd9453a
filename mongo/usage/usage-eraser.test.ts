import { afterAll, beforeAll, expect, it } from 'vitest';
import { hourLengthMs } from '#core/time-lengths.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { row } from '#test/support/usage-mesh.ts';
import type { Database } from '../connect.ts';
import { invocations } from '../invocations.ts';
import { readRollup } from '../usage-rollups.ts';
import { foldUsage } from './fold.ts';
import { usageBlocks } from './usage-blocks.ts';
import { createSumErasers } from './usage-eraser.ts';
import { markUsageStale } from './usage-progress.ts';

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database?.close());

it('deletes the sums that name an end user, and none of hours in which a tag of others has its id in it', async () => {
  const { connection } = database;
  const nowMs = Date.UTC(2026, 0, 20);
  const [ofAda, ofOthers] = [new Date('2026-01-10T10:30:00Z'), new Date('2026-01-12T10:30:00Z')];
  await invocations(connection).insertMany([
    row('e1', ofAda.toISOString(), { endUserId: 'ada', tags: ['user:Ada', 'experiment:ada', 'web'] }),
    row('e2', ofOthers.toISOString(), { endUserId: 'eve', tags: ['canada', 'experiment:canada'] }),
  ]);
  await foldUsage(connection, { nowMs, clocksDifferMs: 0 });
  await markUsageStale(connection, [ofAda], nowMs);
  await invocations(connection).updateOne(
    { _id: 'e1' },
    { $set: { tags: ['web'] }, $unset: { endUserId: true } },
  );
  const subject = {
    _id: 'e',
    kind: 'END_USER',
    tenantId: 'acme',
    endUserId: 'ada',
    requestedAt: new Date(),
  } as const;
  const eraser = createSumErasers(connection).END_USER;
  for (let after: string | null = null, isLast = false; !isLast; ) {
    const { found, next } = await eraser.find(subject, after, 3);
    await eraser.erase(subject, found);
    [after, isLast] = [next, next === null];
  }
  const named = await usageBlocks(connection)
    .find({ $or: [{ 'keys.END_USER': 'ada' }, { 'keys.TAG': 'user:Ada' }, { 'keys.EXPERIMENT': 'ada' }] })
    .lean();
  expect(named).toEqual([]);
  for (const [by, key] of [
    ['TAG', 'canada'],
    ['EXPERIMENT', 'canada'],
  ] as const) {
    const question = { tenantId: 'acme', interval: 'HOUR', by: [by], nowMs } as const;
    const range = { from: new Date(ofAda.getTime() - hourLengthMs), to: new Date(nowMs) };
    const groups = await readRollup(connection, { ...question, ...range });
    expect(groups.map(({ values: [value] }) => value)).toContain(key);
  }
});
