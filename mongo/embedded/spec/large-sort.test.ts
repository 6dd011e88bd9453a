import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { withStore } from './with-store.ts';

it('sorts more than 100 MB through a client, on disk unless the command forbids it', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'heddle-large-'));
  try {
    await using store = await withStore({ dir });
    const rows = store.db.collection<{ _id: number; n: number; text: string }>('rows');
    const text = 'x'.repeat(4_000_000);
    for (let _id = 0; _id < 27; _id++) await rows.insertOne({ _id, n: (_id * 5) % 27, text });
    const sorted = { sort: { n: -1 }, projection: { n: 1 } } as const;
    const wanted = Array.from({ length: 27 }, (_, at) => 26 - at);
    expect((await rows.find({}, sorted).toArray()).map(({ n }) => n)).toEqual(wanted);
    const stages = [
      { $set: { more: 1 } },
      { $sort: { n: -1 } },
      { $match: { text: { $ne: '' } } },
      { $project: { n: 1 } },
    ];
    expect((await rows.aggregate(stages).toArray()).map(({ n }) => n)).toEqual(wanted);
    const forbidden = { allowDiskUse: false };
    const exceeded = { code: 292 };
    await expect(rows.find({}, { ...sorted, ...forbidden }).toArray()).rejects.toMatchObject(exceeded);
    await expect(rows.aggregate(stages, forbidden).toArray()).rejects.toMatchObject(exceeded);
    expect(readdirSync(dir).filter((name) => name.startsWith('spill'))).toEqual([]);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
