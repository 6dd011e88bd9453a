import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BSON } from 'mongodb';
import type { Connection } from 'mongoose';
import type { DriverCommand, ShapedCommand } from './command-shape.ts';
import { encodeLine } from './contract-file.ts';

/** Documents of one collection that an example may be given, and examples of one shape in a test file. */
const documentsMax = 60;
const documentsBytesMax = 200_000;
const examplesMax = 5;

export type DriverClient = ReturnType<Connection['getClient']>;

/** A command as a test file sent it, and the documents of its collections before it. */
export interface CollectedCommand {
  readonly shape: string;
  readonly command: DriverCommand;
  readonly given: Readonly<Record<string, readonly BSON.Document[]>>;
}

/** The commands of one test file. */
export class Examples {
  readonly #collected: CollectedCommand[] = [];
  readonly #counts = new Map<string, number>();

  /** Keeps a command that is about to be sent, a few of each shape. */
  note(client: DriverClient, { shape, command }: ShapedCommand): void {
    const count = (this.#counts.get(shape) ?? 0) + 1;
    this.#counts.set(shape, count);
    if (count > examplesMax) return;
    const plain = toTyped(BSON.serialize(command, { ignoreUndefined: true }));
    this.#collected.push({ shape, command: plain, given: readGiven(client, plain) });
  }

  /** Writes them into a file of its own. */
  save(dir: string): void {
    const lines = this.#collected.map((one) => `${encodeLine(one)}\n`);
    writeFileSync(join(dir, `${randomUUID()}.jsonl`), lines.join(''));
  }
}

const toTyped = (bytes: Uint8Array): BSON.Document => BSON.deserialize(bytes, { promoteValues: false });

/**
 * The documents of the collections that a command reads, as they are when it is about to be sent: read past the store
 * from its data file, since the event of the driver does not wait. Of an embedded store only.
 */
function readGiven(client: DriverClient, command: DriverCommand): CollectedCommand['given'] {
  const socket = client.options.hosts[0]?.socketPath;
  if (socket === undefined) return {};
  const db = new DatabaseSync(join(dirname(socket), 'store.sqlite'), { readOnly: true });
  try {
    const find = db.prepare('SELECT id FROM collections WHERE db = ? AND name = ?');
    return Object.fromEntries(
      listCollections(command).map((name) => {
        const row = find.get(String(command.$db), name);
        const rows =
          row === undefined
            ? []
            : db.prepare(`SELECT d FROM c${row.id} ORDER BY rid DESC LIMIT ${documentsMax}`).all();
        const kept = takeBytes(rows.map(({ d }) => d as Uint8Array));
        return [name, kept.map(toTyped)];
      }),
    );
  } finally {
    db.close();
  }
}

/** The collection of a command, and those that its pipeline looks up or writes. */
function listCollections(command: DriverCommand): readonly string[] {
  const named = [...JSON.stringify(command.pipeline ?? []).matchAll(/"(?:from|into|coll)":"([^"]+)"/g)];
  return [...new Set([String(Object.values(command)[0]), ...named.map(([, name = '']) => name)])];
}

/** The first of the documents, as many as an example may be given. */
function takeBytes(documents: readonly Uint8Array[]): readonly Uint8Array[] {
  let bytes = 0;
  const end = documents.findIndex((document) => {
    bytes += document.length;
    return bytes > documentsBytesMax;
  });
  return end === -1 ? documents : documents.slice(0, Math.max(end, 1));
}
