import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { doc, int32 } from '../bson/values.ts';
import { startSweeping } from '../commands/sweep.ts';
import { TestEngine } from '../commands/with-engine.ts';
import { openForReading, openForWriting } from '../storage/format.ts';
import { Checkpoints } from './checkpoints.ts';
import { releaseSpace } from './release-space.ts';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'heddle-log-'));
  file = join(dir, 'store.sqlite');
});
afterEach(() => rmSync(dir, { recursive: true }));

/** A store of one table, with a log of as many pages as each test states. */
function openLog(limits: { pagesMax: number; pagesMost: number }) {
  const db = openForWriting(file);
  db.exec('CREATE TABLE t (n INTEGER PRIMARY KEY, d BLOB)');
  const insert = db.prepare('INSERT INTO t (d) VALUES (zeroblob(9000))');
  const checkpoints = new Checkpoints(db, file, (work) => work(), limits);
  const look = db.prepare('PRAGMA wal_checkpoint(NOOP)');
  const log = () => {
    const { log: pages, checkpointed } = look.get() ?? {};
    return { pages: Number(pages), left: Number(pages) - Number(checkpointed) };
  };
  const write = (commits: number) => {
    for (let n = 0; n < commits; n++) {
      insert.run();
      checkpoints.committed();
    }
  };
  return {
    db,
    log,
    write,
    checkpoints,
    [Symbol.dispose]() {
      checkpoints.close();
      db.close();
    },
  };
}

describe('Checkpoints', () => {
  it('have the log copied while the writer continues, so that it starts anew', async () => {
    using store = openLog({ pagesMax: 50, pagesMost: 100_000 });
    store.write(100);
    const { pages } = store.log();
    expect(pages).toBeGreaterThan(100);
    await vi.waitFor(() => expect(store.log().left).toBe(0), 10_000);
    store.write(1);
    expect(store.log().pages).toBeLessThan(10);
    const before = store.log().pages;
    store.write(100);
    expect(store.log().pages).toBeGreaterThan(before + 100);
    await vi.waitFor(() => expect(store.log().left).toBe(0), 10_000);
  });

  it('copy the rest themselves where writes never leave time for all of it', async () => {
    using store = openLog({ pagesMax: 10, pagesMost: 20 });
    const begun = Date.now();
    let most = 0;
    let anew = 0;
    for (let last = 0; anew < 2 && Date.now() < begun + 20_000; ) {
      store.write(8);
      const { pages } = store.log();
      if (pages < last) anew++;
      last = pages;
      most = Math.max(most, pages);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(anew).toBe(2);
    expect(most).toBeGreaterThan(20);
  });

  it('leave what a snapshot reads from, and copy it when that has ended', async () => {
    using store = openLog({ pagesMax: 10, pagesMost: 20 });
    const reader = openForReading(file);
    reader.exec('BEGIN');
    const count = reader.prepare('SELECT count(*) AS n FROM t');
    expect(count.get()).toEqual({ n: 0 });
    store.write(40);
    store.checkpoints.begin();
    await vi.waitFor(() => expect(store.log().pages).toBeGreaterThan(40), 10_000);
    expect(count.get()).toEqual({ n: 0 });
    reader.exec('COMMIT');
    expect(count.get()).toEqual({ n: 40 });
    reader.close();
    await vi.waitFor(() => {
      store.checkpoints.begin();
      expect(store.log().left).toBe(0);
    }, 10_000);
  });
});

describe('releaseSpace', () => {
  const size = (path: string) => statSync(path).size;
  const rows = (count: number) =>
    Array.from({ length: count }, (_, n) => doc({ _id: int32(n), text: 'x'.repeat(30_000) }));

  it('returns what removed documents took, but for a tenth of the file, and keeps every other document', async () => {
    using engine = new TestEngine();
    const { storage } = engine.engine;
    await engine.run({ insert: 'c', documents: rows(1_000) });
    const path = join(engine.dir, 'store.sqlite');
    await vi.waitFor(() => {
      storage.copyLog();
      expect(size(path)).toBeGreaterThan(30_000_000);
    }, 10_000);
    expect(await releaseSpace(storage)).toBe(0);
    const filter = doc({ _id: doc({ $gte: int32(10) }) });
    await engine.run({ delete: 'c', deletes: [doc({ q: filter, limit: int32(0) })] });
    expect(await releaseSpace(storage)).toBeGreaterThan(2_000);
    await vi.waitFor(() => expect(size(path)).toBeLessThan(10_000_000), 10_000);
    expect(storage.countPages().free).toBeGreaterThan(500);
    const left = await engine.run({ count: 'c' });
    expect(left.get('n')).toEqual(int32(10));
    expect(await releaseSpace(storage)).toBe(0);
  });

  it('can be stopped in between', async () => {
    using engine = new TestEngine();
    const { storage } = engine.engine;
    await engine.run({ insert: 'c', documents: rows(600) });
    await engine.run({ drop: 'c' });
    let looks = 0;
    expect(await releaseSpace(storage, () => ++looks > 1)).toBe(64);
  });

  it('happens once a minute', async () => {
    using engine = new TestEngine();
    const { storage } = engine.engine;
    await engine.run({ insert: 'c', documents: rows(600) });
    await engine.run({ drop: 'c' });
    const { free } = storage.countPages();
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const stop = startSweeping(engine.engine);
    try {
      vi.advanceTimersByTime(59_999);
      expect(storage.countPages().free).toBe(free);
      vi.advanceTimersByTime(1);
      await vi.waitFor(() => expect(storage.countPages().free).toBeLessThan(free));
    } finally {
      stop();
      vi.useRealTimers();
    }
  });

  it('tries once where the file has no map of its pages', async () => {
    const releasePages = vi.fn();
    const copyLog = vi.fn();
    const countPages = () => ({ pages: 50_000, free: 40_000 });
    expect(await releaseSpace({ countPages, releasePages, copyLog })).toBe(0);
    expect(releasePages).toHaveBeenCalledTimes(1);
    expect(copyLog).not.toHaveBeenCalled();
  });

  it('works with a file that was made before', async () => {
    const old = new DatabaseSync(file);
    old.exec(
      'PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; CREATE TABLE collections (id INTEGER PRIMARY KEY); PRAGMA application_id = 1214540883; PRAGMA user_version = 1',
    );
    old.close();
    const db = openForWriting(file);
    expect(db.prepare('PRAGMA auto_vacuum').get()).toEqual({ auto_vacuum: 2 });
    expect(db.prepare('SELECT count(*) AS n FROM collections').get()).toEqual({ n: 0 });
    db.close();
    expect(readdirSync(dir)).toEqual(['store.sqlite']);
  });
});
