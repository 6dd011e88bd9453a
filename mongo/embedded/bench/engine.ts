import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Document, deserialize, serialize } from 'bson';
import { createAnswerer } from '../commands/dispatch.ts';
import { Engine } from '../commands/engine.ts';
import { parseMessage } from '../wire/message.ts';
import { buildDocument, type Figure, INDEXES, inFlight } from './shape.ts';

/**
 * Child process: the engine alone, messages in and answers out without a socket. Prints its figures as one JSON line.
 */
const dir = mkdtempSync(join(tmpdir(), 'heddle-bench-engine-'));
const engine = new Engine({
  dir,
  transactionLifetimeMs: 60_000,
  conflictWaitMsMax: 5_000,
  failPoints: false,
  dataBytesMax: undefined,
});
const answerer = createAnswerer(engine);
const client = { id: 1, name: 'bench', closed: false };

function encodeMessage(command: Document): Buffer {
  const bson = serialize({ ...command, $db: 'bench' });
  const bytes = Buffer.alloc(21 + bson.length);
  bytes.writeInt32LE(bytes.length, 0);
  bytes.writeInt32LE(2013, 12);
  bytes.set(bson, 21);
  return bytes;
}

async function ask(bytes: Buffer): Promise<Uint8Array> {
  const reply = await answerer.answer(parseMessage(bytes), client);
  if (typeof reply === 'symbol') throw new Error('the engine closed the connection');
  return reply;
}

async function must(bytes: Buffer): Promise<void> {
  const reply = deserialize(await ask(bytes));
  if (reply.ok !== 1 || reply.writeErrors !== undefined) throw new Error(JSON.stringify(reply));
}

async function measure(what: string, count: number, width: number, from: number): Promise<Figure> {
  const messages = Array.from({ length: count }, (_, i) =>
    encodeMessage({ insert: 'docs', documents: [buildDocument(from + i)] }),
  );
  const cpu = process.cpuUsage();
  const start = performance.now();
  await inFlight(count, width, async (i) => {
    const bytes = messages[i];
    if (bytes !== undefined) await ask(bytes);
  });
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { what, perSecond: count / seconds, storeMicros: (user + system) / count };
}

await must(encodeMessage({ createIndexes: 'docs', indexes: INDEXES }));
await measure('warm', 2_000, 256, 10_000_000);
const alone = await measure('engine: durable insert, awaited one at a time', 3_000, 1, 20_000_000);
const together = await measure('engine: durable insert, 256 in flight', 60_000, 256, 0);
const counted = deserialize(await ask(encodeMessage({ count: 'docs' })));
if (counted.n !== 65_000) throw new Error(`${counted.n} documents are there instead of 65000`);
together.note = 'to reach: 20,000/s';
together.reached = (together.perSecond ?? 0) >= 20_000;
console.log(JSON.stringify([alone, together]));
engine.close();
rmSync(dir, { recursive: true, force: true });
process.exit(0);
