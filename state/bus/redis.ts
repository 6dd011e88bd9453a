import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Channels } from '../redis/connect.ts';
import type { Bus, BusMessages, BusTopic } from './bus.ts';
import { createLocalListeners } from './memory.ts';

const toChannel = (topic: BusTopic) => `heddle:bus:${topic}`;

/**
 * The bus of many processes, on Redis' publish and subscribe. Listeners of the publisher's own process are notified
 * directly, and so are awaited; those of others hear it when Redis brings it.
 */
export function createRedisBus(redis: Redis, channels: Channels, log: Logger): Bus {
  const self = randomUUID();
  const local = createLocalListeners(log);
  const listening = new Map<BusTopic, Promise<() => void>>();

  function listen<T extends BusTopic>(topic: T): Promise<() => void> {
    return channels.listen(toChannel(topic), (text) => {
      const { from, message }: { from: string; message: BusMessages[T] } = JSON.parse(text);
      if (from !== self) void local.notify(topic, message);
    });
  }

  return {
    async publish(topic, message) {
      const sent = redis
        .publish(toChannel(topic), JSON.stringify({ from: self, message }))
        .catch((err: unknown) => {
          log.warn({ err, topic }, 'other processes were not notified; they will read again by themselves');
        });
      await Promise.all([local.notify(topic, message), sent]);
    },
    async subscribe(topic, listener) {
      const remove = local.add(topic, listener);
      let opened = listening.get(topic);
      if (opened === undefined) {
        opened = listen(topic);
        listening.set(topic, opened);
      }
      await opened;
      return { [Symbol.asyncDispose]: async () => void remove() };
    },
    async [Symbol.asyncDispose]() {
      for (const opened of listening.values()) (await opened)();
      listening.clear();
    },
  };
}
