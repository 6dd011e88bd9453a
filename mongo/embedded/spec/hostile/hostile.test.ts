import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Document, Long, serialize, UUID } from 'bson';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../../store.ts';
import { Random, seedFrom } from '../random.ts';
import { message, opMsg, parseSocketPath, RawClient } from './raw-client.ts';

const TRANSACTION_LIFETIME_MS = 300;

const dir = mkdtempSync(join(tmpdir(), 'heddle-hostile-'));
let store: Store;
let witness: MongoClient;

beforeAll(async () => {
  store = await openStore({ dir, transactionLifetimeMs: TRANSACTION_LIFETIME_MS });
  witness = new MongoClient(store.uri);
  await witness.connect();
  await witness
    .db('t')
    .collection('many')
    .insertMany(Array.from({ length: 2000 }, (_, n) => ({ n, pad: 'x'.repeat(500) })));
});

afterAll(async () => {
  await witness.close();
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Another client, connected before, is served as if nothing had happened. */
async function othersGoOn(): Promise<void> {
  const marks = witness.db('t').collection('marks');
  const { insertedId } = await marks.insertOne({});
  expect(await marks.findOne({ _id: insertedId })).not.toBeNull();
}

const raw = (): Promise<RawClient> => RawClient.open(store.uri);
const ping = (extra: Document = {}): Document => ({ ping: 1, $db: 'admin', ...extra });

describe('a message that is none closes its own connection and no other', () => {
  const cases: [string, Uint8Array][] = [
    ['a length below the header', message(2013, Buffer.alloc(0), 3)],
    ['a negative length', message(2013, Buffer.alloc(16), -5)],
    ['a length of 2 GB', message(2013, Buffer.alloc(16), 2 ** 31 - 1)],
    ['a length just over 48 MB', message(2013, Buffer.alloc(16), 48_000_001)],
    ['an unknown opcode', message(4711, Buffer.alloc(32))],
    ['the retired OP_INSERT', message(2002, Buffer.alloc(32))],
    ['OP_COMPRESSED, never negotiated', message(2012, Buffer.alloc(32))],
    ['an OP_MSG without a section', message(2013, Buffer.alloc(4))],
    ['unknown required flags', opMsg(ping(), 0x40)],
    ['a wrong checksum', opMsg(ping(), 1)],
    ['an OP_QUERY cut short', message(2004, Buffer.alloc(6))],
  ];
  it.each(cases)('%s', async (_, bytes) => {
    await using client = await raw();
    client.send(bytes);
    await client.closed();
    await othersGoOn();
  });
});

describe('bad BSON inside a well-formed message is answered with an error', () => {
  const document = (...elements: number[]): Buffer => {
    const bytes = Buffer.from([0, 0, 0, 0, ...elements, 0]);
    bytes.writeInt32LE(bytes.length, 0);
    return bytes;
  };
  const cases: [string, Uint8Array][] = [
    ['an unknown element type', document(0x42, 0x61, 0, 1)],
    ['a string of negative length', document(2, 0x61, 0, 0xff, 0xff, 0xff, 0xff, 0)],
    ['a string past its document', document(2, 0x61, 0, 0x7f, 0, 0, 0, 0x62, 0)],
    ['a string that is no UTF-8', document(2, 0x61, 0, 3, 0, 0, 0, 0xc3, 0x28, 0)],
    ['a name without its end', document(8, 0x61, 0x61)],
    ['a boolean of 2', document(8, 0x61, 0, 2)],
    ['a document longer than its message', Buffer.from([0xff, 0xff, 0, 0, 0])],
    ['a subdocument past its parent', document(3, 0x61, 0, 0x7f, 0, 0, 0, 0)],
  ];
  it.each(cases)('%s', async (_, bytes) => {
    await using client = await raw();
    client.send(opMsg(bytes));
    const reply = await client.reply();
    expect(reply === undefined || reply.ok === 0).toBe(true);
    await othersGoOn();
  });
});

it('answers or closes on every random mutation of a valid message, and continues serving', async () => {
  const seed = seedFrom(process.env.HEDDLE_TEST_SEED);
  console.log(`hostile test: HEDDLE_TEST_SEED=${seed}`);
  const random = new Random(seed);
  const valid = opMsg({ find: 'many', filter: { n: { $gte: 5 } }, limit: 2, $db: 't' });
  for (let round = 0; round < 300; round++) {
    const bytes = Buffer.from(valid);
    // The length stays, so that an answer or a closed connection must come.
    for (let flips = random.below(4) + 1; flips > 0; flips--)
      bytes[4 + random.below(bytes.length - 4)] = random.below(256);
    // Bit 1 of the flags (moreToCome) would rightly get no answer.
    bytes[16] = (bytes[16] ?? 0) & ~2;
    await using client = await raw();
    client.send(bytes);
    await client.reply();
  }
  await othersGoOn();
});

it('continues when a client leaves in the middle of a message', async () => {
  const client = await raw();
  client.send(opMsg(ping()).subarray(0, 20));
  await client[Symbol.asyncDispose]();
  await othersGoOn();
});

it('serves others while a client sends a message byte by byte', async () => {
  await using client = await raw();
  const bytes = opMsg(ping());
  for (const byte of bytes.subarray(0, -1)) client.send(Buffer.of(byte));
  await othersGoOn();
  client.send(bytes.subarray(-1));
  expect((await client.reply())?.ok).toBe(1);
});

it('answers requests sent at once in their order', async () => {
  await using client = await raw();
  client.send(
    Buffer.concat(Array.from({ length: 50 }, (_, n) => opMsg({ find: 'many', filter: { n }, $db: 't' }))),
  );
  for (let n = 0; n < 50; n++) expect((await client.reply())?.cursor.firstBatch[0]?.n).toBe(n);
});

it('refuses a document sequence that the command does not have', async () => {
  await using client = await raw();
  const sequence = Buffer.concat([Buffer.of(1, 0, 0, 0, 0), Buffer.from('others\0'), serialize({ _id: 1 })]);
  sequence.writeInt32LE(sequence.length - 1, 1);
  const body = Buffer.concat([Buffer.alloc(5), serialize({ find: 'many', $db: 't' }), sequence]);
  client.send(message(2013, body));
  expect((await client.reply())?.code).toBe(40415);
});

it('does not answer a message that states moreToCome', async () => {
  await using client = await raw();
  client.send(opMsg({ insert: 'quiet', documents: [{ _id: 1 }], writeConcern: { w: 0 }, $db: 't' }, 2));
  const reply = await client.command({ find: 'quiet', $db: 't' });
  expect(reply?.cursor.firstBatch).toEqual([{ _id: 1 }]);
});

it('refuses a document over 16 MB and continues with the same client', async () => {
  await using client = await raw();
  const big = { _id: 1, pad: 'x'.repeat(16 * 1024 * 1024 + 100) };
  const reply = await client.command({ insert: 'big', documents: [big], $db: 't' });
  expect(reply?.ok === 0 || reply?.writeErrors?.length === 1).toBe(true);
  expect((await client.command(ping()))?.ok).toBe(1);
  expect(await witness.db('t').collection('big').countDocuments()).toBe(0);
});

it('refuses documents and filters nested more than 200 deep', async () => {
  await using client = await raw();
  const nested = (depth: number): Document => {
    let inner: Document = { leaf: 1 };
    for (let i = 0; i < depth; i++) inner = { a: inner };
    return inner;
  };
  const insert = await client.command({ insert: 'deep', documents: [nested(300)], $db: 't' });
  expect(insert === undefined || insert.ok === 0 || insert.writeErrors?.length === 1).toBe(true);
  await using second = await raw();
  let filter: Document = { a: 1 };
  for (let i = 0; i < 90; i++) filter = { $and: [filter] };
  expect((await second.command({ find: 'deep', filter, $db: 't' }))?.ok).toBeTypeOf('number');
  await using third = await raw();
  third.send(opMsg(nestedBson(1_000_000)));
  const reply = await third.reply();
  expect(reply === undefined || reply.ok === 0).toBe(true);
  await othersGoOn();
});

/** The BSON of `{ a: { a: { … {} } } }`, as no recursive encoder could write it. */
function nestedBson(depth: number): Buffer {
  const bytes = Buffer.alloc(5 + 8 * depth);
  for (let level = 0; level <= depth; level++) {
    bytes.writeInt32LE(5 + 8 * (depth - level), 7 * level);
    if (level < depth) bytes.set([3, 0x61, 0], 7 * level + 4);
  }
  return bytes;
}

it('answers a filter with a million elements in $in within seconds, while others are served', async () => {
  await using client = await raw();
  const $in = Array.from({ length: 1_000_000 }, (_, n) => n * 2);
  const answer = client.command({ find: 'many', filter: { n: { $in } }, batchSize: 2000, $db: 't' });
  await othersGoOn();
  const reply = await answer;
  expect(reply?.ok === 0 || reply?.cursor.firstBatch.length === 1000).toBe(true);
}, 20_000);

it('keeps within bounds when a client requests a lot and reads nothing', async () => {
  await using client = await raw();
  client.socket.pause();
  const before = process.memoryUsage.rss();
  const question = opMsg({ find: 'many', batchSize: 2000, $db: 't' });
  for (let i = 0; i < 1000; i++) client.send(question); // a thousand answers of 1 MB
  for (let i = 0; i < 20; i++) await othersGoOn();
  expect(process.memoryUsage.rss() - before).toBeLessThan(300e6);
});

it('frees the cursor of a client that left, or lets others kill it', async () => {
  const client = await raw();
  const reply = await client.command({ find: 'many', batchSize: 1, $db: 't' });
  const id = reply?.cursor.id;
  expect(Number(id)).not.toBe(0);
  await client[Symbol.asyncDispose]();
  const killed = await witness.db('t').command({ killCursors: 'many', cursors: [id] });
  expect([...killed.cursorsKilled, ...killed.cursorsNotFound].length).toBe(1);
  await othersGoOn();
});

it('returns what a client held that left in the middle of a transaction', async () => {
  const docs = witness.db('t').collection<{ _id: number; by: string }>('held');
  await docs.insertOne({ _id: 1, by: 'nobody' });
  const client = await raw();
  const lsid = { id: new UUID() };
  const reply = await client.command({
    update: 'held',
    updates: [{ q: { _id: 1 }, u: { $set: { by: 'the client that left' } } }],
    lsid,
    txnNumber: Long.fromNumber(1),
    startTransaction: true,
    autocommit: false,
    $db: 't',
  });
  expect(reply?.ok).toBe(1);
  await client[Symbol.asyncDispose]();
  // A write that is in nobody's transaction waits for the lifetime at most.
  await docs.updateOne({ _id: 1 }, { $set: { by: 'the one who stayed' } });
  expect(await docs.findOne({ _id: 1 })).toEqual({ _id: 1, by: 'the one who stayed' });
});

it('lets only its owner at the socket', () => {
  const path = parseSocketPath(store.uri);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(path)).mode & 0o077).toBe(0);
});
