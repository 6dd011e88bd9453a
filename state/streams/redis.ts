import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { PayloadOpener, PayloadSeal } from '../payload-seal.ts';
import type { Channels } from '../redis/connect.ts';
import { RedisCursor } from './redis-cursor.ts';
import { defineStreamScripts, sealContext, streamKeys } from './redis-keys.ts';
import { type RedisStreamServices, RedisStreamWriter } from './redis-writer.ts';
import {
  type LoggedEvent,
  type StreamLogBounds,
  type StreamLogs,
  type StreamWriterOptions,
  streamLogBounds,
} from './stream-log.ts';

/** The stream logs of many processes, on Redis streams, where each event is sealed. A writer that is silent for 15 s counts as gone. */
export function createRedisStreamLogs(
  redis: Redis,
  channels: Channels,
  { log, seal }: { readonly log: Logger; readonly seal: PayloadSeal },
  bounds: Partial<StreamLogBounds> = {},
): StreamLogs {
  const services: RedisStreamServices = {
    scripts: defineStreamScripts(redis),
    channels,
    log,
    seal,
    bounds: { ...streamLogBounds, ...bounds },
  };
  const writers = new Set<AsyncDisposable>();
  return {
    async open<Event>(id: string, options: StreamWriterOptions) {
      const sealer = await seal.of(options.owner);
      const writer = new RedisStreamWriter<Event>(id, { ...options, sealer }, services, (closed) =>
        writers.delete(closed),
      );
      writers.add(writer);
      try {
        await writer.open();
      } catch (error) {
        await writer[Symbol.asyncDispose]();
        throw error;
      }
      return writer;
    },
    read: <Event>(id: string, after: number, signal?: AbortSignal) =>
      new RedisCursor<Event>(id, after, signal, services),
    async held<Event>(id: string) {
      const entries = await redis.xrange(streamKeys(id).events, '-', '+');
      const held: LoggedEvent<Event>[] = [];
      let opener: PayloadOpener | undefined;
      for (const [name, [, sealed = '']] of entries) {
        // See append-3.lua: the event of number n has the id (n+1)-0.
        const sequence = Number(name.slice(0, name.indexOf('-'))) - 1;
        opener ??= await seal.findOpener(sealed);
        held.push({ sequence, event: JSON.parse(opener.open(sealed, sealContext(id, sequence))) as Event });
      }
      return held;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...writers].map((writer) => writer[Symbol.asyncDispose]()));
      writers.clear();
    },
  };
}
