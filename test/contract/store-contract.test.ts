import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '@heddle/embedded-store';
import { BSON, MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DriverCommand, describeCommand } from './command-shape.ts';
import { readContract, readShapes } from './contract-file.ts';
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

  it('has examples of at least 100 shapes, each of the shape that it is listed under', () => {
    expect(new Set(entries.map(({ shape }) => shape)).size).toBeGreaterThan(100);
    for (const { shape, command } of entries) {
      expect(describeCommand(command).map((one) => one.shape)).toEqual([shape]);
    }
    expect(readShapes()).toEqual(new Set(entries.map(({ shape }) => shape)));
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
  const listShapes = (command: DriverCommand) => describeCommand(command).map(({ shape }) => shape);

  it('is the same for other values, and for more of the same elements', () => {
    const other = {
      ...find,
      filter: { tenantId: 'b', at: { $gt: new Date(1) } },
      limit: 50,
      lsid: 1,
      $db: 'd',
    };
    expect(listShapes(other)).toEqual(listShapes(find));
  });

  const given = { _id: 'a', groups: [{ n: 1n }], expiresAt: new Date(0) };
  const filled = { _id: 'b', groups: [], expiresAt: null, makers: ['a'] };
  const match = (filter: object, group: object = {}) => ({
    aggregate: 'apps',
    pipeline: [{ $match: filter }, { $group: { _id: null, ...group } }],
    cursor: {},
  });
  it.each<[string, DriverCommand, DriverCommand]>([
    ['ids that are looked for', match({ _id: { $in: [] } }), match({ _id: { $in: ['a', 'b', 'c'] } })],
    ['ids of another type', match({ _id: { $nin: [1, 'a'] } }), match({ _id: { $nin: ['a'] } })],
    ['a value that is null', match({ label: null }), match({ label: 'a' })],
    ['a list that is null', match({ scopes: null }), match({ scopes: ['a', 'b'] })],
    ['a list that is empty', match({ limits: [] }), match({ limits: [{ meter: 'COST' }] })],
    ['a document that is compared', match({ actor: { id: 1 } }), match({ actor: { id: 1, name: null } })],
    ['a text like a path', match({ label: '$5' }), match({ label: 'five' })],
    ['a name below a field', match({ 'labels.a': 1 }), match({ 'labels.b.c': 1 })],
    [
      'the ids of an expression',
      match({}, { n: { $cond: [{ $in: ['$appId', []] }, 1, 0] } }),
      match({}, { n: { $cond: [{ $in: ['$appId', ['a', 'b']] }, 1, 0] } }),
    ],
    ['parts of a group', match({}, { part: [] }), match({}, { part: [{ $gte: ['$at', new Date(0)] }] })],
    [
      'equal operands',
      { find: 'apps', filter: { $or: [{ a: 1 }] } },
      { find: 'apps', filter: { $or: [{ a: 1 }, { a: null }] } },
    ],
    ['documents', { insert: 'apps', documents: [given] }, { insert: 'apps', documents: [filled, given] }],
    [
      'a document that replaces another',
      { update: 'apps', updates: [{ q: { _id: 'a' }, u: given, upsert: true }] },
      { update: 'apps', updates: [{ q: { _id: 'b' }, u: filled, upsert: true }] },
    ],
    [
      'values that are set',
      { update: 'apps', updates: [{ q: { _id: 'a' }, u: { $set: { a: [], b: null } } }] },
      { update: 'apps', updates: [{ q: { _id: 'a' }, u: { $set: { c: [{ d: 1 }] } } }] },
    ],
    [
      'the size of a batch',
      { delete: 'apps', deletes: [{ q: { _id: 'a' }, limit: 1 }] },
      { delete: 'apps', deletes: ['a', 'b', 'c'].map((_id) => ({ q: { _id }, limit: 1 })) },
    ],
  ])('does not depend on %s', (_what, one, other) => {
    expect(listShapes(one)).toHaveLength(1);
    expect(listShapes(other)).toEqual(listShapes(one));
  });

  it.each([
    ['an operator', { ...find, filter: { tenantId: 'a', at: { $gte: new Date(0) } } }],
    ['a field', { ...find, filter: { appId: 'a', at: { $gt: new Date(0) } } }],
    ['a pattern', { ...find, filter: { tenantId: /a/, at: { $gt: new Date(0) } } }],
    ['an operand', { ...find, filter: { $or: [{ tenantId: 'a' }], at: { $gt: new Date(0) } } }],
    ['a projection', { ...find, projection: { _id: 1 } }],
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
    expect(listShapes(other)).toHaveLength(1);
    expect(listShapes(other)).not.toEqual(listShapes(find));
  });

  it('is one for each form of the elements of a batch, in whatever company they are sent', () => {
    const one = { q: { _id: 'a' }, u: { $set: { x: 1 } } };
    const other = { q: { _id: 'b', state: 'RUNNING' }, u: { $unset: { x: '' } } };
    const update = (...updates: readonly object[]) => listShapes({ update: 'apps', updates });
    expect(update(one, other, one)).toEqual([...update(one), ...update(other)]);
    expect(update(one)).not.toEqual(update(other));
  });

  it('is none for what the driver sends by itself', () => {
    expect(listShapes({ hello: 1 })).toEqual([]);
    expect(listShapes({ getMore: 1n, collection: 'apps' })).toEqual([]);
  });
});
