import { Redis } from 'ioredis';
import type { Logger } from 'pino';

/** Two connections to one Redis: one for commands, one that listens. */
export interface RedisConnections extends AsyncDisposable {
  readonly commands: Redis;
  readonly channels: Channels;
  /** Rejects when the server does not answer. */
  ping(): Promise<void>;
}

/** Listens to channels, each subscribed once however many listen to it. */
export interface Channels {
  /** Resolves when messages that are published from now on will be heard. The returned function stops listening. */
  listen(channel: string, listener: (message: string) => void): Promise<() => void>;
}

/** How long a command may wait for a lost connection before it fails; the connection itself is tried for ever. */
const retriesPerCommand = 3;
const connectMsMax = 5_000;
/** How long a command waits for its answer, or for a connection. None of ours blocks in the server. */
const commandMsMax = 3_000;

/**
 * Rejects when the server cannot be reached at first; later losses are logged, and the connection is restored. `ca`: the
 * authorities (PEM) that are trusted for a connection that is opened now; absent: those of the system.
 */
export async function connectRedis(url: string, log: Logger, ca?: () => string): Promise<RedisConnections> {
  let isOpen = false;
  const options = {
    lazyConnect: true,
    // One command less for each connection, and no right that is needed for it.
    disableClientInfo: true,
    connectTimeout: connectMsMax,
    maxRetriesPerRequest: retriesPerCommand,
    enableAutoPipelining: true,
    ...(ca !== undefined && url.startsWith('rediss:') ? { tls: createTlsOptions(ca) } : {}),
    // A first connection that fails is not tried again: nothing of it is left when the start fails.
    retryStrategy: (attempt: number) => (isOpen ? Math.min(50 * 2 ** attempt, 2_000) : null),
  };
  const commands = new Redis(url, { ...options, commandTimeout: commandMsMax });
  const subscriber = new Redis(url, { ...options, enableAutoPipelining: false, maxRetriesPerRequest: null });
  let why = '';
  for (const connection of [commands, subscriber]) {
    connection.on('error', (err) => {
      why = err.message;
      log.warn({ err }, 'the connection to Redis failed');
    });
  }
  const opened = await Promise.allSettled([commands.connect(), subscriber.connect()]);
  const failures = opened.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (failures.length > 0 || commands.status === 'end' || subscriber.status === 'end') {
    commands.disconnect();
    subscriber.disconnect();
    const { host } = new URL(url);
    throw new Error(`Redis at ${host} cannot be used: ${why || 'the connection is closed'}`, {
      cause: failures[0],
    });
  }
  isOpen = true;
  return {
    commands,
    channels: createChannels(subscriber, log),
    async ping() {
      await commands.ping();
    },
    async [Symbol.asyncDispose]() {
      commands.disconnect();
      subscriber.disconnect();
    },
  };
}

/** ioredis reads the options of TLS anew for each connection, the getter with them. */
const createTlsOptions = (ca: () => string) => ({
  get ca() {
    return ca();
  },
});

function createChannels(subscriber: Redis, log: Logger): Channels {
  interface Channel {
    readonly listeners: Set<(message: string) => void>;
    readonly subscribed: Promise<unknown>;
  }
  const channels = new Map<string, Channel>();
  subscriber.on('message', (name: string, message: string) => {
    for (const listener of channels.get(name)?.listeners ?? []) listener(message);
  });
  return {
    async listen(name, listener) {
      let channel = channels.get(name);
      if (channel === undefined) {
        channel = { listeners: new Set(), subscribed: subscriber.subscribe(name) };
        channels.set(name, channel);
      }
      const { listeners, subscribed } = channel;
      // Wrapped, so that the same function may listen twice and each stops alone.
      const entry = (message: string) => listener(message);
      listeners.add(entry);
      const stop = () => {
        listeners.delete(entry);
        if (listeners.size > 0 || channels.get(name) !== channel) return;
        channels.delete(name);
        subscriber
          .unsubscribe(name)
          .catch((err: unknown) => log.debug({ err, name }, 'a channel could not be left'));
      };
      try {
        await subscribed;
      } catch (error) {
        stop();
        throw error;
      }
      return stop;
    },
  };
}
