import type { Logger } from 'pino';
import type { LocalLink } from '../local/link.ts';
import type { BusNote, PrimaryCalls, PrimaryNotes } from '../local/protocol.ts';
import type { Bus } from './bus.ts';
import { createLocalListeners } from './memory.ts';

/** The bus of a worker: the first process passes on what is published to all others. `hear` gets what others have published. */
export function createLocalBus(
  link: LocalLink<PrimaryCalls, PrimaryNotes>,
  log: Pick<Logger, 'warn'>,
): Bus & { readonly hear: BusNote } {
  const listeners = createLocalListeners(log);
  return {
    hear: (topic, message) => void listeners.notify(topic, message),
    publish(topic, message) {
      link.note('bus.publish', topic, message);
      return listeners.notify(topic, message);
    },
    async subscribe(topic, listener) {
      const remove = listeners.add(topic, listener);
      return { [Symbol.asyncDispose]: async () => void remove() };
    },
    async [Symbol.asyncDispose]() {},
  };
}
