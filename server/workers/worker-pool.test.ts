import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterEach, beforeAll, describe, expect, it, type MockInstance, vi } from 'vitest';
import type { Ipc } from './ipc.ts';
import { WorkerPool, type WorkerPoolOptions } from './worker-pool.ts';

type Behavior = 'serves' | 'never serves' | 'is busy' | 'dies' | 'fails' | 'hangs';

interface Line {
  readonly event: string;
  readonly worker: number;
  readonly workerPid: number;
}

describe('a pool of workers', () => {
  const pools: WorkerPool[] = [];
  let lines: Line[] = [];
  beforeAll(() => {
    const exec = fileURLToPath(new URL('../../test/support/processes/pool-worker.ts', import.meta.url));
    cluster.setupPrimary({ exec, args: [], execArgv: ['--disable-warning=ExperimentalWarning'] });
  });
  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.close({ drainMs: 0, graceMs: 0 })));
    lines = [];
  });

  /** The pool, whose workers behave as `behave` states for their number and how often a worker of that number was started before. */
  function open(
    behave: (number: number, before: number) => Behavior,
    options: Partial<Pick<WorkerPoolOptions, 'count' | 'isEager' | 'times'>> = {},
  ) {
    const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
    const started: number[] = [];
    const beats: MockInstance<Ipc['control']>[] = [];
    const attach = (ipc: Ipc, number: number) => {
      beats.push(vi.spyOn(ipc, 'control'));
      const before = started.filter((one) => one === number).length;
      started.push(number);
      const of = { subgraphUrls: {}, storeUri: null, sharesState: false };
      ipc.control({ kind: 'seat', seat: { ...of, number, meshSecret: behave(number, before) } });
    };
    const pool = new WorkerPool({ count: 2, isEager: true, log, attach, ...options });
    pools.push(pool);
    /** Long enough for several workers more to be started. */
    const manyBeats = () => {
      const before = beats[0]?.mock.calls.length ?? 0;
      return until(() => expect(beats[0]?.mock.calls.length).toBeGreaterThan(before + 12));
    };
    return { pool, started, manyBeats };
  }

  const events = (event: string) => lines.filter((line) => line.event === event);
  const until = (look: () => void) => vi.waitFor(look, { timeout: 60_000, interval: 10 });

  it('serves when each of its workers does, where their number is set', async () => {
    const { pool, started } = open(() => 'serves', { count: 3 });
    expect(await pool.start()).toMatch(/^http:\/\/127\.0\.0\.1:[123]$/);
    expect(started).toEqual([1, 2, 3]);
    expect(events('worker_ready')).toHaveLength(3);
  });

  it('starts one worker, and more while all are busy, up to their number', async () => {
    const { pool, started, manyBeats } = open(() => 'is busy', {
      count: 3,
      isEager: false,
      times: { beat: 5 },
    });
    await pool.start();
    expect(started).toEqual([1]);
    await until(() => expect(events('worker_ready')).toHaveLength(3));
    const known = lines.length;
    await manyBeats();
    expect([started, lines.length]).toEqual([[1, 2, 3], known]);
  });

  it('starts no more where one has nothing to do', async () => {
    const behave = (number: number) => (number === 1 ? 'is busy' : 'serves');
    const { pool, started, manyBeats } = open(behave, { count: 3, isEager: false, times: { beat: 5 } });
    await pool.start();
    await until(() => expect(events('worker_ready')).toHaveLength(2));
    await manyBeats();
    expect(started).toEqual([1, 2]);
  });

  it('does not start where a worker cannot, and states why', async () => {
    const { pool } = open((number) => (number === 2 ? 'fails' : 'serves'));
    await expect(pool.start()).rejects.toThrow('no port is free');
    const dying = open(() => 'dies');
    await expect(dying.pool.start()).rejects.toThrow('a worker ended with 7 before it served');
  });

  it('does not wait for ever for a worker that starts and never serves', async () => {
    const { pool } = open(() => 'never serves', { times: { beat: 20, startMax: 500 } });
    await expect(pool.start()).rejects.toThrow('a worker ended with SIGKILL before it served');
    expect(events('worker_hung')).not.toEqual([]);
  });

  it('replaces a worker that dies by one of the same number, later and later while it dies young', async () => {
    const behave = (number: number, before: number) =>
      number === 1 && before >= 1 && before < 4 ? 'dies' : 'serves';
    const { pool, started } = open(behave, { times: { restartMin: 1, restartMax: 4 } });
    await pool.start();
    process.kill(events('worker_ready').find(({ worker }) => worker === 1)?.workerPid ?? 0, 'SIGKILL');
    await until(() => expect(events('worker_ready')).toHaveLength(3));
    expect(started).toEqual([1, 2, 1, 1, 1, 1]);
    expect(events('worker_died').map(({ worker }) => worker)).toEqual([1, 1, 1, 1]);
  });

  it('kills and replaces a worker that hangs, and no other', async () => {
    const behave = (number: number, before: number) => (number === 2 && before === 0 ? 'hangs' : 'serves');
    const { pool, started } = open(behave, { times: { beat: 20, silentMax: 1_000 } });
    await pool.start();
    await until(() => expect(events('worker_ready')).toHaveLength(3));
    expect(events('worker_hung').map(({ worker }) => worker)).toEqual([2]);
    expect(started).toEqual([1, 2, 2]);
  });

  it('replaces nothing while it closes, and ends workers that hang', async () => {
    const { pool, started } = open((number) => (number === 1 ? 'hangs' : 'serves'));
    await pool.start();
    await pool.close({ drainMs: 0, graceMs: 0 });
    expect(started).toEqual([1, 2]);
    for (const { workerPid } of events('worker_ready')) {
      expect(() => process.kill(workerPid, 0)).toThrow('ESRCH');
    }
  });
});
