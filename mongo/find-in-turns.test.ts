import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { WorkTurns } from '#core/work-turns.ts';
import { openTestDatabase } from '#test/support/database.ts';
import type { Database } from './connect.ts';
import { findInTurns } from './find-in-turns.ts';

interface Thing {
  readonly _id: number;
  readonly amount: bigint;
  readonly at: Date;
}

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase({ monitorCommands: true });
});
afterAll(() => database?.close());

it('finds what the driver finds, of any number, and lets others get their turn between', async () => {
  const things = database.connection.collection<Thing>('things');
  const records = Array.from({ length: 250 }, (_, at) => ({ _id: at, amount: BigInt(at), at: new Date(at) }));
  await things.insertMany(records);
  const turns = new WorkTurns();
  const pass = vi.spyOn(turns, 'pass');
  const options = { sort: { _id: -1 }, projection: { amount: 1 } } as const;
  const where = { _id: { $gte: 20 } };
  const found = await Array.fromAsync(findInTurns<Thing>(things, where, options, turns));
  expect(found).toEqual(await things.find(where, options).toArray());
  expect(found).toHaveLength(230);
  expect(pass).toHaveBeenCalledTimes(found.length);
});

it('leaves nothing open at the server where it is not read to its end', async () => {
  const things = database.connection.collection<Thing>('others');
  await things.insertMany(
    Array.from({ length: 250 }, (_, at) => ({ _id: at, amount: BigInt(at), at: new Date(at) })),
  );
  const sent: string[] = [];
  const client = database.connection
    .getClient()
    .on('commandSucceeded', ({ commandName }) => sent.push(commandName));
  for await (const { _id } of findInTurns<Thing>(things, {})) if (_id === 3) break;
  client.removeAllListeners('commandSucceeded');
  expect(sent).toEqual(['find', 'killCursors']);
});
