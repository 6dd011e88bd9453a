import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Document, MongoServerError } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusedNames } from './documented-names.ts';
import { type OpenStore, withStore } from './with-store.ts';

const dir = mkdtempSync(join(tmpdir(), 'heddle-refusals-'));
let store: OpenStore;

beforeAll(async () => {
  store = await withStore({ dir });
  await store.db.collection('docs').insertOne({ a: 1, list: [1] });
});

afterAll(async () => {
  await store[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

/** How a command fails; undefined when it does not. */
async function catchFailure(
  command: Document,
  db = store.db,
): Promise<{ code: unknown; message: string } | undefined> {
  try {
    const { writeErrors } = await db.command(command);
    return writeErrors === undefined
      ? undefined
      : { code: writeErrors[0].code, message: writeErrors[0].errmsg };
  } catch (error) {
    if (!(error instanceof MongoServerError)) throw error;
    return { code: error.code, message: error.message };
  }
}

const aggregate = (...pipeline: Document[]): Document => ({ aggregate: 'docs', pipeline, cursor: {} });
const find = (filter: Document): Document => ({ find: 'docs', filter });
const create = (options: Document): Document => ({ create: 'other', ...options });
const index = (key: Document, options: Document = {}): Document => ({
  createIndexes: 'docs',
  indexes: [{ key, name: 'other', ...options }],
});

describe('everything that MongoDB has and the store has not is refused, and the message names MongoDB', () => {
  const cases: [string, number, Document][] = [
    ...refusedNames('stages').map((name): [string, number, Document] => [
      name,
      115,
      aggregate({ [name]: {} }),
    ]),
    ...refusedNames('expressions').map((name): [string, number, Document] => [
      name,
      115,
      aggregate({ $project: { v: { [name]: {} } } }),
    ]),
    ...refusedNames('accumulators').map((name): [string, number, Document] => [
      name,
      115,
      aggregate({ $group: { _id: null, v: { [name]: {} } } }),
    ]),
    ['$where', 115, find({ $where: 'true' })],
    ['$text', 115, find({ $text: { $search: 'a' } })],
    ['$jsonSchema', 115, find({ $jsonSchema: {} })],
    ['$near', 115, find({ a: { $near: [0, 0] } })],
    ['$geoWithin', 115, find({ a: { $geoWithin: {} } })],
    ['a change stream', 115, aggregate({ $changeStream: {} })],
    ['collation', 115, { ...find({}), collation: { locale: 'en' } }],
    ['a view', 72, create({ viewOn: 'docs', pipeline: [] })],
    ['a capped collection', 72, create({ capped: true, size: 1000 })],
    ['a time series', 72, create({ timeseries: { timeField: 't' } })],
    ['a clustered collection', 72, create({ clusteredIndex: { key: { _id: 1 }, unique: true } })],
    ['a validator', 72, create({ validator: { a: 1 } })],
    ['a text index', 67, index({ a: 'text' })],
    ['a 2dsphere index', 67, index({ a: '2dsphere' })],
    ['a hashed index', 67, index({ a: 'hashed' })],
    ['a wildcard index', 67, index({ '$**': 1 })],
    ['an index with a collation', 115, index({ a: 1 }, { collation: { locale: 'en' } })],
  ];
  it.each(cases)('%s', async (_, code, command) => {
    const failure = await catchFailure(command);
    expect(failure?.message).toMatch(/use MongoDB/);
    expect(failure?.code).toBe(code);
  });

  it.each(refusedNames('commands'))('the command %s', async (name) => {
    const failure = await catchFailure({ [name]: 1 }, store.client.db('admin'));
    expect(failure).toEqual({ code: 115, message: expect.stringMatching(/use MongoDB/) });
  });
});

describe('what is unknown has the server’s own code', () => {
  const cases: [string, number, Document][] = [
    ['a command', 59, { nope: 1 }],
    ['a field of a command', 40415, { find: 'docs', nope: 1 }],
    ['a stage', 40324, aggregate({ $nope: 1 })],
    ['an expression', 168, aggregate({ $project: { v: { $nope: 1 } } })],
    ['an accumulator', 15952, aggregate({ $group: { _id: null, v: { $nope: 1 } } })],
    ['an operator of a filter', 2, find({ a: { $nope: 1 } })],
    ['an operator of an update', 9, { update: 'docs', updates: [{ q: {}, u: { $nope: { a: 1 } } }] }],
  ];
  it.each(cases)('%s', async (_, code, command) => {
    expect((await catchFailure(command))?.code).toBe(code);
  });
});
