import { channel } from 'node:diagnostics_channel';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Store } from '@heddle/embedded-store';
import { type Connection, type ConnectOptions, createConnection } from 'mongoose';
import { HeddleError } from '#core/errors.ts';
import type { StoreObserver } from '#core/observers/store-observer.ts';
import { definedCollections } from './collection.ts';
import { type GroupChannel, useWriteChannel } from './group-writes.ts';

/** An open database. Closing it ends the connection, and the embedded store with it when the URL requested one. */
export interface Database extends AsyncDisposable {
  readonly connection: Connection;
  /** The embedded store that the URL has started; undefined: a server of its own. */
  readonly own: Pick<Store, 'uri' | 'writes'> | undefined;
  /** Idempotent. */
  close(): Promise<void>;
}

export interface OpenDatabaseOptions {
  /** The authorities (PEM), as of now, of a server that is reached over TLS. Absent: those of the system. */
  readonly ca?: (() => string) | undefined;
  /** Gets every command; absent: the driver emits none. */
  readonly observer?: StoreObserver | undefined;
  /** A shorter way than the driver to the database, for groups of writes. */
  readonly groupWrites?: GroupChannel | undefined;
  /** Emit the driver's command events (`connection.getClient().on('commandStarted', …)`): for tests that count. */
  readonly monitorCommands?: boolean;
}

/** Gets `{ connection, writes }` of each database that is opened. With a subscriber, the driver emits command events. */
const opened = channel('heddle:database');

const embeddedProtocol = 'embedded:';

/** The database where the URL names none. */
const databaseName = 'heddle';

/** A BSON long is a bigint in both directions, so that money never passes through a double. */
export const decoding = { useBigInt64: true } as const;

const shared: ConnectOptions = {
  autoIndex: false,
  autoCreate: false,
  bufferCommands: false,
  ...decoding,
  appName: 'heddle',
};

/** One local socket away: commands are short and the store answers them one after another, so few connections do. */
const embedded: ConnectOptions = {
  ...shared,
  dbName: databaseName,
  directConnection: true,
  maxPoolSize: 16,
  minPoolSize: 1,
  serverSelectionTimeoutMS: 5_000,
  serverMonitoringMode: 'poll',
  monitorCommands: false,
};

/** Where the URL does not set others. */
const remoteDefaults = { maxPoolSize: 50, serverSelectionTimeoutMS: 10_000 };

function trust(url: string, ca: () => string): ConnectOptions {
  return filesInUrl.test(url) ? { ca: ca() } : { secureContext: new CurrentSecureContext(ca) };
}

/** The driver lets an option overrule the URL; here the URL, which is the operator's, has the last word. */
function remoteOptions(url: string): ConnectOptions {
  const query = new URLSearchParams(url.slice(url.indexOf('?') + 1));
  const given = new Set([...query.keys()].map((name) => name.toLowerCase()));
  const unset = Object.entries(remoteDefaults).filter(([name]) => !given.has(name.toLowerCase()));
  return { ...shared, ...Object.fromEntries(unset) };
}

/** Files of the operator's own in the URL, which the driver reads when it connects first. */
const filesInUrl = /[?&]tls(?:CAFile|CRLFile|CertificateKeyFile)=/i;

/**
 * Trusts the authorities as of each connection. The driver keeps the texts that it begins with, and the one secure context:
 * a new connection reads the native context in it. An instance of a class, since mongoose copies plain objects.
 */
class CurrentSecureContext implements SecureContext {
  readonly #ca: () => string;
  #made: { readonly from: string; readonly native: unknown } | undefined;

  constructor(ca: () => string) {
    this.#ca = ca;
  }

  get context(): unknown {
    const from = this.#ca();
    if (this.#made?.from !== from) this.#made = { from, native: createSecureContext({ ca: from }).context };
    return this.#made.native;
  }
}

/**
 * Opens `embedded:<directory>` (starting the store in this process), `mongodb://…` or `mongodb+srv://…` on a private
 * connection; several may be open at once. Resolves when commands can be sent, rejects when the server cannot be
 * reached within seconds or the text is no such URL. Indexes: `ensureIndexes`.
 */
export async function openDatabase(
  url: string,
  { ca, observer, groupWrites, ...options }: OpenDatabaseOptions = {},
): Promise<Database> {
  if (url.startsWith(embeddedProtocol)) {
    return openEmbedded(url.slice(embeddedProtocol.length), options, observer);
  }
  const server = /^mongodb(?:\+srv)?:\/\/[^/]+(?:\/([^?]*))?/.exec(url);
  if (server) {
    const named = server[1] ? {} : { dbName: databaseName };
    const trusted = ca === undefined ? {} : trust(url, ca);
    const database = await open(
      url,
      { ...remoteOptions(url), ...named, ...trusted, ...options },
      async () => {},
      observer,
    );
    if (groupWrites !== undefined) useWriteChannel(database.connection, groupWrites, observer);
    opened.publish({ connection: database.connection });
    return { ...database, own: undefined };
  }
  throw new HeddleError(
    'BAD_USER_INPUT',
    'The database URL must begin with embedded:, mongodb:// or mongodb+srv://.',
  );
}

async function openEmbedded(
  dir: string,
  options: Pick<OpenDatabaseOptions, 'monitorCommands'>,
  observer: StoreObserver | undefined,
): Promise<Database> {
  if (dir === '')
    throw new HeddleError('BAD_USER_INPUT', 'embedded: needs a directory, as in embedded:./data.');
  const { openStore } = await import('@heddle/embedded-store');
  const store = await openStore({ dir });
  const database = await open(store.uri, { ...embedded, ...options }, () => store.close(), observer);
  // A test that counts commands sees those of the driver.
  if (options.monitorCommands !== true) useWriteChannel(database.connection, store.writes, observer);
  opened.publish({ connection: database.connection, writes: store.writes });
  return { ...database, own: store };
}

/** Reports each command that the driver sends: its events state how long one took. */
function observeCommands(connection: Connection, observer: StoreObserver): void {
  const client = connection.getClient();
  client.on('commandSucceeded', ({ commandName, duration }) =>
    observer.commandEnded(commandName, duration, false),
  );
  client.on('commandFailed', ({ commandName, duration }) =>
    observer.commandEnded(commandName, duration, true),
  );
}

async function open(
  uri: string,
  options: ConnectOptions,
  after: () => Promise<void>,
  observer: StoreObserver | undefined,
): Promise<Omit<Database, 'own'>> {
  const connection = createConnection();
  try {
    const isMonitored = observer !== undefined || opened.hasSubscribers;
    await connection.openUri(uri, isMonitored ? { ...options, monitorCommands: true } : options);
    if (observer !== undefined) observeCommands(connection, observer);
  } catch (cause) {
    // Any error: the failure to open is the one to report.
    await connection.close(true).catch(() => {});
    await after();
    throw cause;
  }
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= connection.destroy(true).then(after);
    return closing;
  };
  return { connection, close, [Symbol.asyncDispose]: close };
}

/**
 * Builds the indexes of every collection whose file has been imported: one command a collection, all at once, nothing
 * where they stand already. Safe from several processes at the same time.
 */
export async function ensureIndexes(connection: Connection): Promise<void> {
  await Promise.all(
    definedCollections().map(async ({ name, schema }) => {
      const indexes = schema.indexes().map(([keys, { background: _background, ...options }]) => ({
        key: keys as Record<string, 1 | -1>,
        ...(options as Record<string, unknown>),
      }));
      if (indexes.length > 0) await connection.collection(name).createIndexes(indexes);
    }),
  );
}
