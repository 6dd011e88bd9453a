import { readFileSync, writeFileSync } from 'node:fs';
import { BSON } from 'mongodb';
import type { DriverCommand } from './command-shape.ts';

const { EJSON } = BSON;
const file = new URL('./commands.jsonl', import.meta.url);

/** A document with the types of BSON kept (Long, Int32 …). */
export type TypedDocument = BSON.Document;

/** What a command answers and leaves behind, without what differs from server to server. */
export interface Outcome {
  readonly reply: TypedDocument;
  /** The documents of its collection afterwards, in the order of their `_id`; of createIndexes the indexes. */
  readonly after?: readonly TypedDocument[];
}

/** One command that the domain sends: its shape, an example (a shape may have several), and what the example does. */
export interface ContractEntry {
  readonly shape: string;
  readonly command: DriverCommand;
  /** The documents that are there before, by collection. */
  readonly given: Readonly<Record<string, readonly TypedDocument[]>>;
  readonly outcome: Outcome;
}

/** The operators that extended JSON would read, together, as a regular expression. */
const ambiguous = ['$regex', '$options'];

/** One line of canonical extended JSON, in which the ambiguous operators begin with @ instead. */
export function encodeLine(value: object): string {
  return ambiguous.reduce(
    (line, name) => line.replaceAll(`"${name}":`, `"@${name.slice(1)}":`),
    EJSON.stringify(value, { relaxed: false }),
  );
}

/** What encodeLine was given; numbers and dates as classes of BSON. */
export function decodeLine(line: string): unknown {
  return restoreOperators(EJSON.parse(line, { relaxed: false }));
}

function restoreOperators(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(restoreOperators);
  if (typeof value !== 'object' || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, given]) => [
      ambiguous.includes(`$${key.slice(1)}`) && key.startsWith('@') ? `$${key.slice(1)}` : key,
      restoreOperators(given),
    ]),
  );
}

/** The committed entries, one a line. */
export function readContract(): readonly ContractEntry[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => decodeLine(line) as ContractEntry);
}

/** What follows the shape of an entry in its line; within the shape its quotation marks would be escaped. */
const afterShape = ',"command":';

let shapes: ReadonlySet<string> | undefined;

/** The shapes alone. Of each line only the beginning is decoded, and once per process: the whole takes a second. */
export function readShapes(): ReadonlySet<string> {
  shapes ??= new Set(decodeShapes(readFileSync(file)));
  return shapes;
}

function* decodeShapes(lines: Buffer): Generator<string> {
  let start = 0;
  while (start < lines.length) {
    const beginning = lines.toString('utf8', start, lines.indexOf(afterShape, start));
    yield (JSON.parse(`${beginning}}`) as ContractEntry).shape;
    const end = lines.indexOf('\n', start);
    start = end === -1 ? lines.length : end + 1;
  }
}

/** Replaces the file; entries are sorted by shape, so that a change shows as the lines that it adds. */
export function writeContract(entries: Iterable<ContractEntry>): void {
  const lines = [...entries].map((entry) => `${encodeLine(entry)}\n`);
  writeFileSync(file, lines.sort().join(''));
}
