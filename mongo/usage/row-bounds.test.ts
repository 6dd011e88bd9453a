import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workAtOnce } from '#core/work-turns.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { row } from '#test/support/usage-mesh.ts';
import type { Database } from '../connect.ts';
import { invocations } from '../invocations.ts';
import { type RollupQuestion, readRollup } from '../usage-rollups.ts';
import { OwnerCubes } from './slice-cubes.ts';
import { usageBlocks } from './usage-blocks.ts';
import { usageProgress } from './usage-progress.ts';

const from = new Date('2026-01-01T10:00:00Z');
const to = new Date('2026-01-01T11:00:00Z');
const range = { from, to, nowMs: to.getTime(), interval: 'ALL' } as const;

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database?.close());

describe('what is read row by row', () => {
  it.each<[string, Pick<RollupQuestion, 'by' | 'filter'>]>([
    ['by conversation', { by: ['CONVERSATION'] }],
    ['by two labels', { by: ['TAG', 'END_USER'] }],
    ['by a label, of another one', { by: ['TAG'], filter: { EXPERIMENT: ['short'] } }],
    ['of a label that it is by', { by: ['TAG'], filter: { TAG: ['web'] } }],
  ])('is at most 500,000 rows: %s', async (tenantId, about) => {
    const { connection } = database;
    const question = { ...range, ...about, tenantId };
    expect(await readRollup(connection, question)).toEqual([]);
    const owner = new OwnerCubes(tenantId);
    owner.add([[tenantId]], [500_001], new Map());
    await usageBlocks(connection).insertMany(workAtOnce(owner.toBlocks('HOUR', from.getTime(), 'test')));
    // As the process that sums states it.
    await summedUntil(to);
    await expect(readRollup(connection, question)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it.each<[string, Pick<RollupQuestion, 'by' | 'filter' | 'rows'>]>([
    ['of an end user', { by: [], filter: { END_USER: ['ada'] } }],
    ['of a conversation', { by: ['CONVERSATION'], filter: { CONVERSATION: ['chat'] } }],
    ['of a rating', { by: ['MODEL'], filter: { RATING: ['5'] } }],
    ['that a caller sees', { by: [], rows: { keyLineId: 'line' } }],
  ])('is counted: rows %s', async (tenantId, about) => {
    const { connection } = database;
    const labels = { tenantId, endUserId: 'ada', conversationId: 'chat', rating: 5, keyLineId: 'line' };
    const at = from.toISOString();
    await invocations(connection).insertMany([1, 2, 3].map((n) => row(`${tenantId} ${n}`, at, labels)));
    const question = { ...range, ...about, tenantId };
    expect(await readRollup(connection, { ...question, rowsMax: 3 })).toMatchObject([{ requests: 3 }]);
    await expect(readRollup(connection, { ...question, rowsMax: 2 })).rejects.toMatchObject({
      ...{ code: 'BAD_USER_INPUT', message: expect.stringContaining('more than 2 rows') },
    });
  });
});

async function summedUntil(until: Date): Promise<void> {
  await usageProgress(database.connection).updateOne({ _id: 'usage' }, { $set: { until } }, { upsert: true });
}
