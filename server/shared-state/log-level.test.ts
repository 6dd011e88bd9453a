import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createMemoryBus } from '#state/bus/memory.ts';
import { createLog } from '../log.ts';
import { followLogLevel } from './log-level.ts';

describe('the level of the log of a process', () => {
  afterEach(() => void vi.useRealTimers());

  async function open(configured: string) {
    const lines: { readonly event?: string; readonly from?: string; readonly to?: string }[] = [];
    const log = createLog(configured, { write: (line: string) => void lines.push(JSON.parse(line)) });
    const bus = createMemoryBus(pino({ level: 'silent' }));
    const following = await followLogLevel(log, configured, bus);
    return { log, derived: log.child({ subgraph: 'models' }), bus, following, lines };
  }

  it('is what the mesh sets, of derived logs too, until the time is over', async () => {
    vi.useFakeTimers();
    const { derived, bus, lines } = await open('info');
    await bus.publish('log.level', { level: 'debug', forMs: 60_000 });
    derived.debug('seen');
    vi.advanceTimersByTime(59_999);
    derived.debug('seen too');
    vi.advanceTimersByTime(1);
    derived.debug('unseen');
    expect(lines).toMatchObject([
      { event: 'log_level', from: 'info', to: 'debug' },
      { msg: 'seen' },
      { msg: 'seen too' },
      { event: 'log_level', from: 'debug', to: 'info' },
    ]);
  });

  it('stays until the next change where there is no time, which also ends that of the change before', async () => {
    vi.useFakeTimers();
    const { log, bus } = await open('info');
    await bus.publish('log.level', { level: 'trace', forMs: 1_000 });
    await bus.publish('log.level', { level: 'error', forMs: null });
    vi.advanceTimersByTime(86_400_000);
    expect(log.level).toBe('error');
    await bus.publish('log.level', { level: null, forMs: null });
    expect(log.level).toBe('info');
  });

  it('is left as it is when the process ends', async () => {
    vi.useFakeTimers();
    const { log, bus, following } = await open('info');
    await bus.publish('log.level', { level: 'debug', forMs: 1_000 });
    await following[Symbol.asyncDispose]();
    vi.advanceTimersByTime(1_000);
    await bus.publish('log.level', { level: 'error', forMs: null });
    expect([log.level, vi.getTimerCount()]).toEqual(['debug', 0]);
  });
});
