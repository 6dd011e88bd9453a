import { MongoClient } from 'mongodb';
import { seedFrom } from '../random.ts';
import { CONNECTION_CLOSED, differ } from './differ.ts';

/**
 * Compares two servers by hand: `npx node mongo/embedded/spec/differential/main.ts <url> <url> [operations] [seed] [plain]`.
 * Answers 238 (not implemented), 115 (not supported) and closed connections of either side are counted and otherwise passed over.
 */
async function main([leftUrl, rightUrl, operations = '1000', seedText, plain]: string[]): Promise<void> {
  if (leftUrl === undefined || rightUrl === undefined)
    throw new Error('usage: main.ts <url> <url> [operations] [seed]');
  const seed = seedFrom(seedText);
  // A server that hangs has the same standing as one that closes the connection.
  const clientOptions = { socketTimeoutMS: 5_000 };
  const [left, right] = [new MongoClient(leftUrl, clientOptions), new MongoClient(rightUrl, clientOptions)];
  try {
    const { differences, unsupported } = await differ(
      { db: left.db('differential'), collection: 'left' },
      { db: right.db('differential'), collection: 'right' },
      {
        seed,
        plain: plain === 'plain',
        operations: Number(operations),
        unsupportedCodes: [115, 238, CONNECTION_CLOSED],
      },
    );
    for (const { at, command, left: a, right: b } of differences)
      console.log(`#${at} ${command}\n  left  ${a}\n  right ${b}`);
    console.log(
      `seed ${seed}: ${differences.length} differences, ${unsupported} passed over, of ${operations}`,
    );
  } finally {
    await Promise.all([left.close(), right.close()]);
  }
}

await main(process.argv.slice(2));
