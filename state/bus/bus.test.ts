import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { openLocalStates, openWorkerState } from '#test/support/local-state.ts';
import { withRedis } from '#test/support/processes/with-redis.ts';
import type { Bus } from './bus.ts';
import { createMemoryBus } from './memory.ts';
import { createRedisBus } from './redis.ts';

const log = pino({ level: 'silent' });

function busSuite(name: string, open: () => Bus): void {
  describe(`${name} bus`, () => {
    it('resolves a publication when every listener of the process has handled it', async () => {
      await using bus = open();
      const handled: string[] = [];
      const { promise, resolve } = Promise.withResolvers<void>();
      await bus.subscribe('catalog.changed', async ({ collection }) => {
        await promise;
        handled.push(collection);
      });
      const published = bus.publish('catalog.changed', { collection: 'models' });
      resolve();
      await published;
      expect(handled).toEqual(['models']);
    });

    it('keeps topics apart, and one listener that leaves from the others', async () => {
      await using bus = open();
      const [left, stays, other] = [vi.fn(), vi.fn(), vi.fn()];
      const subscription = await bus.subscribe('callers.changed', left);
      await bus.subscribe('callers.changed', stays);
      await bus.subscribe('completion.cancel', other);
      await subscription[Symbol.asyncDispose]();
      await bus.publish('callers.changed', { tenantId: 't' });
      expect(left).not.toHaveBeenCalled();
      expect(stays).toHaveBeenCalledExactlyOnceWith({ tenantId: 't' });
      expect(other).not.toHaveBeenCalled();
    });

    it("does not tell a publisher of a listener's failure", async () => {
      await using bus = open();
      const second = vi.fn();
      await bus.subscribe('callers.changed', () => Promise.reject(new Error('no')));
      await bus.subscribe('callers.changed', second);
      await bus.publish('callers.changed', { tenantId: null });
      expect(second).toHaveBeenCalledOnce();
    });
  });
}

busSuite('memory', () => createMemoryBus(log));
busSuite('local', () => openWorkerState().bus);

describe('local bus', () => {
  it('notifies the listeners of every process, and those of the publisher once', async () => {
    const states = openLocalStates();
    const buses = [states.primary.bus, states.addWorker().state.bus, states.addWorker().state.bus];
    const heard = buses.map(() => vi.fn());
    for (const [at, bus] of buses.entries()) await bus.subscribe('completion.cancel', heard[at] ?? vi.fn());
    for (const [at, bus] of buses.entries()) {
      await bus.publish('completion.cancel', { completionId: String(at) });
      expect(heard[at]).toHaveBeenCalledTimes(at + 1);
      await vi.waitFor(() => {
        for (const one of heard) expect(one).toHaveBeenCalledTimes(at + 1);
      });
      for (const one of heard) expect(one).toHaveBeenLastCalledWith({ completionId: String(at) });
    }
  });
});

withRedis(
  'redis bus',
  (redis) => {
    const open = () => createRedisBus(redis().commands, redis().channels, log);
    busSuite('redis', open);

    it('notifies the listeners of other processes, and its own once', async () => {
      await using one = open();
      await using two = open();
      const [own, foreign] = [vi.fn(), vi.fn()];
      await one.subscribe('completion.cancel', own);
      await two.subscribe('completion.cancel', foreign);
      await one.publish('completion.cancel', { completionId: 'x' });
      await vi.waitFor(() => expect(foreign).toHaveBeenCalledExactlyOnceWith({ completionId: 'x' }));
      await one.publish('completion.cancel', { completionId: 'y' });
      await vi.waitFor(() => expect(foreign).toHaveBeenCalledTimes(2));
      expect(own).toHaveBeenCalledTimes(2);
    });
  },
  'heddle-gateway',
);
