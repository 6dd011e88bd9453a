import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '@heddle/embedded-store';
import { BSON, MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DriverCommand, describeCommand } from './command-shape.ts';
import { readContract } from './contract-file.ts';
import { readIndexes, replayEntry } from './replay.ts';

const entries = readContract();
const collections = [...new Set(entries.map(({ command }) => String(Object.values(command)[0])))];
const indexes = readIndexes(entries);

/** For a difference that can be read: types are part of it. */
const toJson = (value: unknown): unknown => JSON.parse(BSON.EJSON.stringify(value, { relaxed: false }));

/** On the server at MONGO_TEST_URL (MongoDB 7.0 or newer) when that is set, else on the embedded store. */
describe('the contract of the store: every command that the domain sends', () => {
  const stack = new AsyncDisposableStack();
  let client: MongoClient;

  beforeAll(async () => {
    let url = process.env.MONGO_TEST_URL;
    if (url === undefined || url === '') {
      const dir = mkdtempSync(join(tmpdir(), 'heddle-contract-'));
      stack.defer(() => rmSync(dir, { recursive: true, force: true }));
      url = stack.use(await openStore({ dir })).uri;
    }
    client = stack.use(await new MongoClient(url).connect());
  });
  afterAll(() => stack.disposeAsync());

  it('names each shape once, with an example of it', () => {
    expect(entries.length).toBeGreaterThan(100);
    expect(new Set(entries.map(({ shape }) => shape)).size).toBe(entries.length);
  });

  it.each(collections)('is answered as stated on %s', async (collection) => {
    for (const entry of entries.filter(({ command }) => Object.values(command)[0] === collection)) {
      expect(toJson(await replayEntry(client, entry, indexes)), entry.shape).toEqual(toJson(entry.outcome));
    }
  });
});

describe('the shape of a command', () => {
  const find = {
    find: 'apps',
    filter: { tenantId: 'a', at: { $gt: new Date(0) } },
    sort: { _id: 1 },
    limit: 5,
  };
  const shapesOf = (command: DriverCommand) => describeCommand(command).map(({ shape }) => shape);

  it('is the same for other values, and for more of the same elements', () => {
    const other = {
      ...find,
      filter: { tenantId: 'b', at: { $gt: new Date(1) } },
      limit: 50,
      lsid: 1,
      $db: 'd',
    };
    expect(shapesOf(other)).toEqual(shapesOf(find));
    const named = (ids: readonly string[]) => shapesOf({ find: 'apps', filter: { _id: { $in: ids } } });
    expect(named(['a', 'b', 'c'])).toEqual(named(['a']));
    expect(named([])).toEqual(named(['a']));
  });

  it.each([
    ['an operator', { ...find, filter: { tenantId: 'a', at: { $gte: new Date(0) } } }],
    ['a field', { ...find, filter: { appId: 'a', at: { $gt: new Date(0) } } }],
    ['the type of a value', { ...find, filter: { tenantId: null, at: { $gt: new Date(0) } } }],
    ['the direction of a sort', { ...find, sort: { _id: -1 } }],
    [
      'the order of a sort',
      {
        ...find,
        sort: new Map([
          ['at', 1],
          ['_id', 1],
        ]),
      },
    ],
    ['an option', { ...find, skip: 1 }],
    ['the collection', { ...find, find: 'models' }],
  ])('is another where %s is', (_what, other) => {
    expect(shapesOf(other)).toHaveLength(1);
    expect(shapesOf(other)).not.toEqual(shapesOf(find));
  });

  it('is one for each form of the elements of a batch, in whatever company they are sent', () => {
    const one = { q: { _id: 'a' }, u: { $set: { x: 1 } } };
    const other = { q: { _id: 'b', state: 'RUNNING' }, u: { $unset: { x: '' } } };
    const update = (...updates: readonly object[]) => shapesOf({ update: 'apps', updates });
    expect(update(one, other, one)).toEqual([...update(one), ...update(other)]);
    expect(update(one)).not.toEqual(update(other));
  });

  it('is none for what the driver sends by itself', () => {
    expect(shapesOf({ hello: 1 })).toEqual([]);
    expect(shapesOf({ getMore: 1n, collection: 'apps' })).toEqual([]);
  });
});
