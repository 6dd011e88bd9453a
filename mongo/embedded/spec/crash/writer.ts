import { writeSync } from 'node:fs';
import { MongoClient } from 'mongodb';
import { openStore } from '../../store.ts';
import { Random } from '../random.ts';

/**
 * The process that the crash test kills: `writer.ts <dir> <round> <seed>` opens the store and writes through the stock
 * driver until it dies. Each acknowledged write is one line on standard output, written before anything else happens:
 * `i <_id>` inserted, `x <_id>` about to be deleted, `d <_id>` deleted, `u <worker>` incremented once, `t <_id>` inserted into two collections at once.
 */
const [dir = '', round = '', seed = '0'] = process.argv.slice(2);
const WORKERS = 24;

const store = await openStore({ dir });
const client = new MongoClient(store.uri, { maxPoolSize: WORKERS });
const db = client.db('crash');
const docs = db.collection<{ _id: string }>('docs');
const counters = db.collection<{ _id: string; n: number }>('counters');
const twins = [db.collection<{ _id: string }>('twin_a'), db.collection<{ _id: string }>('twin_b')] as const;
await docs.createIndex({ n: 1, tags: -1 });
await docs.createIndex({ name: 1 }, { unique: true });
await docs.createIndex({ odd: 1 }, { sparse: true });
await twins[1].createIndex({ pad: 1 });

const acknowledge = (line: string): void => {
  writeSync(1, `${line}\n`);
};

/** More than the store indexes in one step, so that indexes are built in the background. */
const BALLAST = 3000;

if (round === '0') {
  const random = new Random(Number(seed));
  await docs.insertMany(Array.from({ length: BALLAST }, (_, i) => buildDocument(`ballast-${i}`, i, random)));
}

async function work(worker: number): Promise<never> {
  const random = new Random(Number(seed) + worker);
  const mine: string[] = [];
  for (let i = 0; ; i++) {
    const id = `${round}-${worker}-${i}`;
    const kind = random.below(20);
    if (kind < 12) {
      await docs.insertOne(buildDocument(id, i, random));
      acknowledge(`i ${id}`);
      mine.push(id);
    } else if (kind < 15) {
      const ids = [`${id}a`, `${id}b`, `${id}c`];
      await docs.insertMany(ids.map((one) => buildDocument(one, i, random)));
      for (const one of ids) acknowledge(`i ${one}`);
    } else if (kind < 17) {
      await counters.updateOne({ _id: `${worker}` }, { $inc: { n: 1 } }, { upsert: true });
      acknowledge(`u ${worker}`);
    } else if (kind === 17) {
      await docs.updateMany(
        { _id: { $in: mine.slice(-3) } },
        { $push: { tags: random.below(9) }, $inc: { n: 1 } },
      );
    } else if (kind === 18) {
      const gone = mine.shift();
      if (gone === undefined) continue;
      acknowledge(`x ${gone}`);
      await docs.deleteOne({ _id: gone });
      acknowledge(`d ${gone}`);
    } else {
      await client.withSession((session) =>
        session.withTransaction(async () => {
          for (const twin of twins) await twin.insertOne(buildDocument(id, i, random), { session });
        }),
      );
      acknowledge(`t ${id}`);
    }
  }
}

function buildDocument(_id: string, n: number, random: Random) {
  const tags = random.many(random.below(4), () => random.below(9));
  const odd = n % 2 === 1 ? { odd: n } : {};
  return { _id, name: `name ${_id}`, n, tags, pad: 'x'.repeat(random.below(400)), ...odd };
}

/** Builds indexes over what is there, while the others write, and drops them again. */
async function build(): Promise<never> {
  for (;;) {
    await docs.createIndex({ pad: 1, tags: 1 }, { name: 'built' });
    await docs.createIndex({ name: -1, n: 1 }, { name: 'built_unique', unique: true });
    await docs.dropIndex('built');
    await docs.dropIndex('built_unique');
  }
}

await Promise.all([build(), ...Array.from({ length: WORKERS }, (_, worker) => work(worker))]);
