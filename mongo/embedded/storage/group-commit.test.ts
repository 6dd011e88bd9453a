import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CommandError } from '../errors.ts';
import { GroupCommit } from './group-commit.ts';

let dir: string;
let db: DatabaseSync;
let other: DatabaseSync;
const rolledBack = vi.fn();
const hooks = { beforeCommit: () => {}, onRollback: rolledBack };

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'store-group-'));
  db = new DatabaseSync(join(dir, 'f'));
  db.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (n INTEGER PRIMARY KEY)');
  other = new DatabaseSync(join(dir, 'f'), { readOnly: true });
  rolledBack.mockReset();
});

afterEach(() => {
  other.close();
  db.close();
  rmSync(dir, { recursive: true, force: true });
});

const committed = (): number => Number(other.prepare('SELECT count(*) AS n FROM t').get()?.n);

it('commits everything that arrived in one turn of the event loop together, and then reports it', async () => {
  const group = new GroupCommit(db, hooks);
  const promises = [1, 2, 3].map((n) => {
    const durable = group.join();
    db.exec(`INSERT INTO t VALUES (${n})`);
    group.wrote();
    return durable;
  });
  expect(committed()).toBe(0);
  await Promise.all(promises);
  expect(committed()).toBe(3);
  expect(new Set(promises).size).toBe(1);
});

it('commits a full group of 256 when another write comes', () => {
  const group = new GroupCommit(db, hooks);
  for (let n = 1; n <= 257; n++) {
    group.join();
    db.exec(`INSERT INTO t VALUES (${n})`);
    group.wrote();
  }
  expect(committed()).toBe(256);
  group.flush();
  expect(committed()).toBe(257);
});

it('acknowledges no write of a group that failed, keeps none of it, and continues', async () => {
  const group = new GroupCommit(db, hooks);
  const lost = [group.join(), group.join()];
  db.exec('INSERT INTO t VALUES (1)');
  group.fail(Object.assign(new Error('database or disk is full'), { errcode: 13 }));
  for (const durable of lost) {
    await expect(durable).rejects.toMatchObject({ codeName: 'OutOfDiskSpace' });
    await expect(durable).rejects.toBeInstanceOf(CommandError);
  }
  expect(rolledBack).toHaveBeenCalledOnce();
  const next = group.join();
  db.exec('INSERT INTO t VALUES (2)');
  await next;
  expect(committed()).toBe(1);
});
