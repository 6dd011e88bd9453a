import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Collection, MongoClient } from 'mongodb';
import { type BenchDocument, buildDocument, type Figure, INDEXES, inFlight, quantile } from './shape.ts';
import { readCpuMicros, type StoreProcess, startStoreProcess } from './store-process.ts';

/** The stock driver on a store in another process: what follows counts the store's CPU alone. */
export class Bench implements AsyncDisposable {
  readonly #child: StoreProcess;
  readonly #client: MongoClient;
  readonly docs: Collection<BenchDocument>;

  constructor(child: StoreProcess, client: MongoClient) {
    this.#child = child;
    this.#client = client;
    this.docs = client.db('bench').collection<BenchDocument>('docs');
  }

  static async open(dir: string): Promise<Bench> {
    const child = startStoreProcess('./server.ts', dir);
    const [{ uri }] = await once(child.process, 'message');
    const client = new MongoClient(uri, { maxPoolSize: 256 });
    await client.connect();
    return new Bench(child, client);
  }

  /** Sends the child a command: `watch` or `report` (see server.ts). */
  async ask(question: 'watch' | 'report'): Promise<{ delayMs: number; peakMiB: number }> {
    const answer = once(this.#child.process, 'message');
    this.#child.process.send(question);
    const [output] = await answer;
    return output;
  }

  /** Times `count` operations, so many in flight. */
  async measure(
    what: string,
    count: number,
    width: number,
    work: (i: number) => Promise<unknown>,
  ): Promise<Figure> {
    const samples: number[] = [];
    const cpu = readCpuMicros(this.#child.pid);
    const start = performance.now();
    await inFlight(count, width, async (i) => {
      const began = performance.now();
      await work(i);
      samples.push(performance.now() - began);
    });
    const seconds = (performance.now() - start) / 1000;
    return {
      what,
      perSecond: count / seconds,
      p50Ms: quantile(samples, 0.5),
      p99Ms: quantile(samples, 0.99),
      storeMicros: (readCpuMicros(this.#child.pid) - cpu) / count,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close();
    const ended = once(this.#child.process, 'exit');
    this.#child.process.send('end');
    await ended;
  }
}

/** Inserts through the driver, in a collection with two indexes. */
export async function measureInserts(bench: Bench): Promise<Figure[]> {
  for (const { key, ...options } of INDEXES) await bench.docs.createIndex(key, options);
  await bench.measure('warm', 2_000, 64, (i) => bench.docs.insertOne(buildDocument(10_000_000 + i)));
  const alone = await bench.measure('driver: durable insert, awaited one at a time', 2_000, 1, (i) =>
    bench.docs.insertOne(buildDocument(20_000_000 + i)),
  );
  const together = await bench.measure('driver: durable insert, 256 in flight', 30_000, 256, (i) =>
    bench.docs.insertOne(buildDocument(30_000_000 + i)),
  );
  together.note = 'to reach: 6,000/s';
  together.reached = (together.perSecond ?? 0) >= 6_000;
  const batches = await bench.measure('driver: insertMany of 100', 300, 8, (i) =>
    bench.docs.insertMany(Array.from({ length: 100 }, (_, j) => buildDocument(40_000_000 + i * 100 + j))),
  );
  await bench.docs.deleteMany({});
  return [alone, together, batches];
}

/** Fills the collection with documents 0 … count-1 and returns the seconds that it took. */
export async function fill(bench: Bench, count: number): Promise<number> {
  const start = performance.now();
  const size = 1000;
  await inFlight(Math.ceil(count / size), 4, (batch) => {
    const length = Math.min(size, count - batch * size);
    const documents = Array.from({ length }, (_, i) => buildDocument(batch * size + i));
    return bench.docs.insertMany(documents, { ordered: false });
  });
  return (performance.now() - start) / 1000;
}

/** Reads and updates over a collection of `count` documents. */
export async function measureReads(bench: Bench, count: number): Promise<Figure[]> {
  const { docs } = bench;
  const any = (i: number): number => (i * 7_919_317) % count;
  await bench.measure('warm', 1_000, 1, (i) => docs.findOne({ n: any(i) }));
  const read = await bench.measure('find by an indexed field', 5_000, 1, (i) => docs.findOne({ n: any(i) }));
  read.note = 'to reach: under 1 ms';
  read.reached = (read.p50Ms ?? 1) < 1;
  return [
    read,
    await bench.measure('find by an indexed field, 64 in flight', 20_000, 64, (i) =>
      docs.findOne({ n: any(i) }),
    ),
    await bench.measure('find by _id', 5_000, 1, (i) => docs.findOne({ _id: any(i) })),
    await bench.measure('update with $inc by _id, awaited', 2_000, 1, (i) =>
      docs.updateOne({ _id: any(i) }, { $inc: { cost: 1 } }),
    ),
    await bench.measure('update with $inc by _id, 64 in flight', 20_000, 64, (i) =>
      docs.updateOne({ _id: any(i) }, { $inc: { cost: 1 } }),
    ),
    await bench.measure('page of 50, filtered and sorted by an index', 2_000, 1, (i) =>
      docs
        .find({ owner: `owner-${i % 1000}` })
        .sort({ n: -1 })
        .limit(50)
        .toArray(),
    ),
    await bench.measure('count of all', 20, 1, () => docs.countDocuments({})),
  ];
}

/** One $group over everything, in a process that has done nothing else. */
export async function measureGroup(bench: Bench, count: number): Promise<Figure[]> {
  // What the machine does to a main thread by itself, beside which the group's delay is to be read.
  await bench.ask('watch');
  await sleep(5_000);
  const idle = await bench.ask('report');
  await bench.ask('watch');
  const other: number[] = [];
  let running = true;
  // Another client reads by index all the while: the group may not starve it.
  const reading = (async () => {
    for (let i = 0; running; i++) {
      const began = performance.now();
      await bench.docs.findOne({ n: (i * 7919) % count });
      other.push(performance.now() - began);
    }
  })();
  const group = await bench.measure(`$group over ${count.toLocaleString('en')} documents`, 1, 1, async () => {
    const stages = [
      { $group: { _id: '$kind', n: { $sum: 1 }, cost: { $sum: '$cost' }, high: { $max: '$n' } } },
      { $sort: { _id: 1 } },
    ];
    const groups = await bench.docs.aggregate(stages).toArray();
    if (groups.reduce((sum, { n }) => sum + n, 0) !== count) throw new Error('the group missed documents');
  });
  running = false;
  await reading;
  const { delayMs, peakMiB } = await bench.ask('report');
  group.note = `peak RSS of the process ${peakMiB.toFixed(0)} MiB, main thread delayed ${delayMs.toFixed(1)} ms at most (${idle.delayMs.toFixed(1)} ms without the group); to reach: under 500 MB`;
  group.reached = peakMiB * 1.048576 < 500;
  return [
    group,
    {
      what: 'find by an indexed field of another client meanwhile',
      p50Ms: quantile(other, 0.5),
      p99Ms: quantile(other, 0.99),
      perSecond: 1000 / quantile(other, 0.5),
    },
  ];
}
