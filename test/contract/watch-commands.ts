import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { relative, resolve } from 'node:path';
import type { WriteChannel, WriteCommand } from '@heddle/embedded-store/channel';
import type { Connection } from 'mongoose';
import { afterAll, expect } from 'vitest';
import { type DriverCommand, describeCommand } from './command-shape.ts';
import type { DriverClient } from './examples.ts';
import { ofTest } from './of-test.ts';

/**
 * Compares every command that a test makes the domain send with the contract of the store (commands.jsonl), in each
 * test file: `store-contract.test.ts` then shows that a store answers all of them. With STORE_COMMANDS_DIR commands are
 * collected there instead (collect.ts).
 */
const root = resolve(import.meta.dirname, '../..');
const collectIn = process.env.STORE_COMMANDS_DIR;

/** The shapes of the commands of this test file. */
const sent = new Set<string>();
const examples = collectIn === undefined ? undefined : new (await import('./examples.ts')).Examples();

function noteCommand(client: DriverClient, command: DriverCommand): void {
  if (command.comment === ofTest.comment) return;
  for (const shaped of describeCommand(command)) {
    sent.add(shaped.shape);
    examples?.note(client, shaped);
  }
}

/** A group of writes that goes to the embedded store past the driver, as the driver sends it to a server. */
const toDriverCommand = (db: string, { command, collection, documents }: WriteCommand): DriverCommand => ({
  [command]: collection,
  [command === 'insert' ? 'documents' : 'updates']: documents,
  ordered: false,
  $db: db,
});

const watchDatabase = (message: unknown) => {
  const { connection, writes } = message as { connection: Connection; writes?: WriteChannel };
  const client = connection.getClient();
  client.on('commandStarted', ({ command }) => noteCommand(client, command));
  if (writes === undefined) return;
  const write = writes.write.bind(writes);
  writes.write = (db, commands) => {
    for (const command of commands) noteCommand(client, toDriverCommand(db, command));
    return write(db, commands);
  };
};
subscribe('heddle:database', watchDatabase);

afterAll(async () => {
  unsubscribe('heddle:database', watchDatabase);
  if (sent.size === 0) return;
  if (collectIn !== undefined) {
    examples?.save(collectIn);
    return;
  }
  const { readShapes } = await import('./contract-file.ts');
  const known = readShapes();
  const unknown = [...sent].filter((shape) => !known.has(shape));
  if (unknown.length === 0) return;
  const testFile = relative(root, expect.getState().testPath ?? '');
  throw new Error(
    `The contract of the store lacks ${unknown.length} commands that this file makes the domain send. ` +
      `Add them with \`npx node test/contract/collect.ts ${testFile}\`, and read what they answer.\n` +
      unknown.join('\n'),
  );
});
