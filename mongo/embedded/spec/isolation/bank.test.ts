import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientSession, MongoClient } from 'mongodb';
import { afterAll, expect, it } from 'vitest';
import { Random, seedFrom } from '../random.ts';
import { withStore } from '../with-store.ts';

const ACCOUNTS = 12;
const OPENING = 1000;
const CLIENTS = 8;
const TRANSFERS_EACH = 30;
const TOTAL = ACCOUNTS * OPENING;

interface Account {
  _id: number;
  balance: number;
  /** Transfers that touched it; indexed, so that index entries move in transactions too. */
  moves: number;
}

const dir = mkdtempSync(join(tmpdir(), 'heddle-bank-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const openAccounts = (client: MongoClient) => client.db('d').collection<Account>('accounts');

/** Moves money between two accounts and notes it, all or nothing; sometimes thinks better of it. */
async function transfer(
  client: MongoClient,
  session: ClientSession,
  random: Random,
  id: string,
): Promise<boolean> {
  const from = random.below(ACCOUNTS);
  const to = (from + 1 + random.below(ACCOUNTS - 1)) % ACCOUNTS;
  const amount = random.below(50) + 1;
  const withdrawn = random.chance(0.1);
  let done = false;
  await session.withTransaction(async () => {
    const accounts = openAccounts(client);
    done = false;
    await accounts.updateOne({ _id: from }, { $inc: { balance: -amount, moves: 1 } }, { session });
    const source = await accounts.findOne({ _id: from }, { session });
    await accounts.updateOne({ _id: to }, { $inc: { balance: amount, moves: 1 } }, { session });
    if (withdrawn || (source?.balance ?? 0) < 0) {
      await session.abortTransaction();
      return;
    }
    await client.db('d').collection<{ _id: string }>('transfers').insertOne({ _id: id }, { session });
    done = true;
  });
  return done;
}

/** The sum of all balances and of all moves, as one transaction sees them, by scan and by index. */
async function sums(client: MongoClient, session: ClientSession): Promise<number[]> {
  return await session.withTransaction(
    async () => {
      const accounts = openAccounts(client);
      const all = await accounts.find({}, { session }).toArray();
      const indexed = await accounts.find({ moves: { $gte: 0 } }, { session, hint: 'moves_1' }).toArray();
      return [all, indexed].map((list) => list.reduce((sum, { balance }) => sum + balance, 0));
    },
    { readConcern: { level: 'snapshot' } },
  );
}

it('keeps the sum of all accounts at every moment while clients transfer in transactions', async () => {
  const seed = seedFrom(process.env.HEDDLE_TEST_SEED);
  console.log(`bank test: HEDDLE_TEST_SEED=${seed}`);
  await using store = await withStore({ dir });
  const { client } = store;
  const accounts = openAccounts(client);
  await accounts.insertMany(
    Array.from({ length: ACCOUNTS }, (_, _id) => ({ _id, balance: OPENING, moves: 0 })),
  );
  await accounts.createIndex({ moves: 1 });
  await client.db('d').createCollection('transfers');

  let finished = false;
  const seen: number[] = [];
  const auditor = client.withSession(async (session) => {
    while (!finished) seen.push(...(await sums(client, session)));
  });
  // Indexes and collections come and go beside the transactions, which must not disturb them.
  const churn = (async () => {
    for (let i = 0; !finished; i++) {
      await client.db('d').collection('transfers').createIndex({ note: 1 });
      await client.db('d').collection(`passing_${i}`).insertOne({});
      await client.db('d').collection('transfers').dropIndex('note_1');
      await client.db('d').collection(`passing_${i}`).drop();
    }
  })();
  let expected = 0;
  const clients = Array.from({ length: CLIENTS }, (_, n) =>
    client.withSession(async (session) => {
      const random = new Random(seed + n);
      for (let i = 0; i < TRANSFERS_EACH; i++)
        if (await transfer(client, session, random, `${n}-${i}`)) expected++;
    }),
  );
  await Promise.all(clients);
  finished = true;
  await Promise.all([auditor, churn]);

  expect(seen.length).toBeGreaterThan(2);
  expect(new Set(seen)).toEqual(new Set([TOTAL]));
  expect(await client.db('d').collection('transfers').countDocuments()).toBe(expected);
  const [{ moves } = { moves: 0 }] = await accounts
    .aggregate<{ moves: number }>([{ $group: { _id: null, moves: { $sum: '$moves' } } }])
    .toArray();
  expect(moves).toBe(2 * expected);
}, 60_000);
