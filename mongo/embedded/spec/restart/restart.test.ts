import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Document, Long, UUID } from 'bson';
import { MongoClient } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RawClient } from '../hostile/raw-client.ts';

/** A store in a process of its own, over TCP, that can be killed and started again at the same address. */
class StoreProcess {
  uri = 'mongodb://127.0.0.1:0/';
  readonly #dir = mkdtempSync(join(tmpdir(), 'heddle-restart-'));
  #child: ChildProcess | undefined;

  get port(): number {
    return Number(new URL(this.uri).port);
  }

  async start(): Promise<void> {
    const script = fileURLToPath(new URL('./serve.ts', import.meta.url));
    const args = ['--disable-warning=ExperimentalWarning', script, this.#dir, String(this.port)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child = child;
    const [uri] = await once(createInterface({ input: child.stdout }), 'line');
    this.uri = uri;
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

let store: StoreProcess;
beforeEach(async () => {
  store = new StoreProcess();
  await store.start();
});
afterEach(() => store.end());

/** What a client hears to these commands, one after the other, on a connection of its own. */
async function answers(...commands: Document[]): Promise<Document[]> {
  await using client = await RawClient.open(store.uri);
  const heard: Document[] = [];
  for (const command of commands) {
    const { $clusterTime, operationTime, ...answer } =
      (await client.command({ ...command, $db: command.$db ?? 'd' })) ?? {};
    heard.push(answer);
  }
  return heard;
}

/** Sends commands, kills the store after their answers, starts it, and sends the last one again. */
async function repeatedAfterRestart(...commands: Document[]): Promise<[Document, Document]> {
  const first = (await answers(...commands)).at(-1) ?? {};
  await store.kill();
  await store.start();
  const [second = {}] = await answers(commands.at(-1) ?? {});
  return [first, second];
}

async function stored(): Promise<Document[]> {
  const [answer] = await answers({ find: 'c', sort: { _id: 1 } });
  return answer?.cursor.firstBatch;
}

const numbered = (n = 1) => ({ lsid: { id: new UUID() }, txnNumber: Long.fromNumber(n) });

describe('a numbered write that is sent again after kill -9 gets its answer again and is not done again', () => {
  const seed = { insert: 'c', documents: [{ _id: 1, n: 0 }] };
  const inc = { q: { _id: 1 }, u: { $inc: { n: 1 } } };

  it('update', async () => {
    const [first, second] = await repeatedAfterRestart(seed, { update: 'c', updates: [inc], ...numbered() });
    expect(second).toEqual(first);
    expect(await stored()).toEqual([{ _id: 1, n: 1 }]);
  });

  it('a batch of updates and upserts', async () => {
    const upsert = { q: { name: 'new' }, u: { $inc: { n: 1 } }, upsert: true };
    const nothing = { q: { _id: 77 }, u: { $inc: { n: 1 } } };
    const updates = [inc, upsert, nothing, upsert, inc];
    const [first, second] = await repeatedAfterRestart(seed, { update: 'c', updates, ...numbered() });
    expect(second).toEqual(first);
    expect(first).toMatchObject({ n: 4, nModified: 3, upserted: [{ index: 1 }] });
    expect((await stored()).map(({ n }) => n)).toEqual([2, 2]);
  });

  it('insert, with a document that was refused', async () => {
    const documents = [{ _id: 2 }, { _id: 1 }, { _id: 3 }];
    const [first, second] = await repeatedAfterRestart(seed, {
      insert: 'c',
      documents,
      ordered: false,
      ...numbered(),
    });
    expect(second).toEqual(first);
    expect(first).toMatchObject({ n: 2, writeErrors: [{ index: 1, code: 11000 }] });
  });

  it('an insert of a thousand, which takes several commits', async () => {
    const documents = Array.from({ length: 1000 }, (_, _id) => ({ _id }));
    const [first, second] = await repeatedAfterRestart({ insert: 'c', documents, ...numbered() });
    expect(second).toEqual(first);
    expect(first).toEqual({ n: 1000, ok: 1 });
  });

  it('delete', async () => {
    const several = { insert: 'c', documents: [{ x: 1 }, { x: 1 }, { x: 1 }] };
    const deletes = [{ q: { x: 1 }, limit: 1 }];
    const [first, second] = await repeatedAfterRestart(several, { delete: 'c', deletes, ...numbered() });
    expect(second).toEqual(first);
    expect(await stored()).toHaveLength(2);
  });

  it.each([
    ['updating', { query: { _id: 1 }, update: { $inc: { n: 1 } }, new: true, fields: { n: 1 } }],
    ['upserting', { query: { name: 'new' }, update: { $inc: { n: 1 } }, upsert: true, new: true }],
    ['removing', { query: {}, remove: true, sort: { _id: 1 } }],
  ])('findAndModify, %s', async (_, fields) => {
    const two = { insert: 'c', documents: [{ _id: 1 }, { _id: 2 }] };
    const write = { findAndModify: 'c', ...fields, ...numbered() };
    const [first, second] = await repeatedAfterRestart(two, write);
    expect(second).toEqual(first);
    const before = await stored();
    await answers(write);
    expect(await stored()).toEqual(before);
  });

  it('commitTransaction', async () => {
    const transaction = { ...numbered(), autocommit: false };
    const write = { update: 'c', updates: [inc], ...transaction, startTransaction: true };
    const commit = { commitTransaction: 1, $db: 'admin', ...transaction };
    const [first, second] = await repeatedAfterRestart(seed, write, commit);
    expect(first).toEqual({ ok: 1 });
    expect(second).toEqual(first);
    const [late] = await answers({ find: 'c', ...transaction });
    expect(late).toMatchObject({ codeName: 'TransactionCommitted' });
    expect(await stored()).toEqual([{ _id: 1, n: 1 }]);
  });
});

it('of a batch that kill -9 cut, what had been done is not done again and the rest is done', async () => {
  const count = 20_000;
  const updates = Array.from({ length: count }, (_, i) => ({
    q: { _id: i % 7 },
    u: { $inc: { n: 1 } },
    upsert: true,
  }));
  const batch = { update: 'c', updates, ...numbered() };
  const cut = answers(batch);
  while ((await stored()).length === 0);
  await store.kill();
  await cut;
  await store.start();
  expect(await answers(batch)).toMatchObject([{ n: count, nModified: count - 7, ok: 1 }]);
  expect((await stored()).reduce((sum, { n }) => sum + n, 0)).toBe(count);
});

it('a number below the last of a session is refused after a restart too, and a session that ended is forgotten', async () => {
  const session = { lsid: { id: new UUID() } };
  const insert = (n: number) => ({
    insert: 'c',
    documents: [{ _id: n }],
    ...session,
    txnNumber: Long.fromNumber(n),
  });
  await repeatedAfterRestart(insert(5));
  expect(await answers(insert(4))).toMatchObject([{ codeName: 'TransactionTooOld' }]);
  const durable = { insert: 'other', documents: [{}] };
  await answers({ endSessions: [session.lsid], $db: 'admin' }, durable);
  await store.kill();
  await store.start();
  expect(await answers(insert(4))).toMatchObject([{ n: 1 }]);
  expect(await stored()).toEqual([{ _id: 4 }, { _id: 5 }]);
});

it('the stock driver whose store was killed between commit and answer does its $inc once', async () => {
  const lost = Promise.withResolvers<void>();
  let armed = false;
  // Between the two, a proxy that hears the answer and tells nobody.
  await using proxy = await proxyTo(store.port, (upstream, request) => {
    if (!armed || !request.includes('$inc')) return;
    armed = false;
    upstream.removeAllListeners('data').once('data', () => {
      store
        .kill()
        .then(() => store.start())
        .then(lost.resolve, lost.reject);
    });
  });
  const client = new MongoClient(`mongodb://127.0.0.1:${proxy.port}/?directConnection=true`);
  try {
    const counters = client.db('d').collection<{ _id: string; n: number }>('c');
    await counters.insertOne({ _id: 'one', n: 0 });
    armed = true;
    const changed = await counters.updateOne({ _id: 'one' }, { $inc: { n: 1 } });
    await lost.promise;
    expect(changed).toMatchObject({ matchedCount: 1, modifiedCount: 1 });
    expect(await counters.findOne()).toEqual({ _id: 'one', n: 1 });
  } finally {
    await client.close();
  }
});

type Proxy = AsyncDisposable & { readonly port: number };

async function proxyTo(port: number, asked: (upstream: Socket, bytes: Buffer) => void): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const [socket, other] of [[client, upstream] as const, [upstream, client] as const]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => other.destroy());
    }
    upstream.on('data', (bytes) => client.write(bytes));
    client.on('data', (bytes) => {
      asked(upstream, bytes);
      upstream.write(bytes);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
