import type { Logger } from 'pino';
import type { Bus, BusMessages, BusTopic } from './bus.ts';

type Listener<T extends BusTopic> = (message: BusMessages[T]) => void | Promise<void>;
type Listeners = { [T in BusTopic]?: Set<Listener<T>> };

/** Listeners of this process, which get one message at a time by whoever owns the wire. */
export function createLocalListeners(log: Pick<Logger, 'warn'>) {
  const topics: Listeners = {};
  function of<T extends BusTopic>(topic: T): Set<Listener<T>> {
    const known: Set<Listener<T>> | undefined = topics[topic];
    if (known !== undefined) return known;
    const made: Listeners[T] = new Set<Listener<T>>() as Listeners[T];
    topics[topic] = made;
    return of(topic);
  }
  return {
    add<T extends BusTopic>(topic: T, listener: Listener<T>): () => void {
      // Wrapped, so that the same function may listen twice and each ends alone.
      const entry = (message: BusMessages[T]) => listener(message);
      of(topic).add(entry);
      return () => of(topic).delete(entry);
    },
    /** Resolves when all have handled it; what they throw is logged. */
    async notify<T extends BusTopic>(topic: T, message: BusMessages[T]): Promise<void> {
      await Promise.all(
        [...of(topic)].map(async (listener) => {
          try {
            await listener(message);
          } catch (error) {
            log.warn({ err: error, topic }, 'a listener of the bus failed');
          }
        }),
      );
    },
  };
}

/** The bus of one process. */
export function createMemoryBus(log: Pick<Logger, 'warn'>): Bus {
  const listeners = createLocalListeners(log);
  return {
    publish: (topic, message) => listeners.notify(topic, message),
    async subscribe(topic, listener) {
      const remove = listeners.add(topic, listener);
      return { [Symbol.asyncDispose]: async () => void remove() };
    },
    async [Symbol.asyncDispose]() {},
  };
}
