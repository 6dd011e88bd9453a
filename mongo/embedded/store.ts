import { mkdtemp, rm } from 'node:fs/promises';
import { getCompileCacheDir } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import { backupDirectory, refuseInterruptedRestore, removeLeftCopies } from './backup.ts';
import { WriteChannel } from './channel.ts';
import { lockDirectory } from './lock.ts';
import { makePrivateDirectory } from './make-directory.ts';
import { storeThread } from './store-thread.ts';
import type { ListenOn } from './wire/server.ts';
import { type FromWorker, REPLICA_SET, type ToWorker, type WorkerStart } from './worker-messages.ts';

/** A running store. What is not here is done through a MongoDB driver on its URL. */
export interface Store extends AsyncDisposable {
  /** For `mongoose.connect` or `new MongoClient`, without a database name. */
  readonly uri: string;
  /** For groups of writes of this process, which then need no driver. */
  readonly writes: WriteChannel;
  /** Finishes what is in flight, stops the thread, releases the directory. Idempotent. */
  close(): Promise<void>;
  /** Writes a copy of the whole store, as of its last commit, into one new file while work continues (backup.ts). */
  backup(file: string): Promise<void>;
}

export type StoreOptions = {
  /** The data directory; made if it does not exist. One process owns it at a time. */
  dir: string;
  /** Loopback TCP instead of a unix socket; port 0 takes a free one. */
  listen?: { host?: string; port: number } | undefined;
  /** Transactions open for longer are aborted. Default 60,000 (the server's). */
  transactionLifetimeMs?: number | undefined;
  /** How long a write waits for a transaction that holds its document before WriteConflict. Default 5,000. */
  conflictWaitMsMax?: number | undefined;
  /** The data file grows no further than this: writes then answer OutOfDiskSpace. Default: as the disk allows. */
  dataBytesMax?: number | undefined;
  /** The one user who may send commands (SCRAM-SHA-256). Default: every client that reaches the socket may. */
  credentials?: { user: string; password: string } | undefined;
  /** Allow `configureFailPoint`, for the tests of drivers. Default false. */
  failPoints?: boolean | undefined;
};

/**
 * The thread starts with lines of JavaScript, so that the cache of compiled code that the process uses is in use
 * before the first module is read: without it (or with a first file in TypeScript) the store takes twice as long.
 */
const ENTRY = `
  const { compileCache, entry } = require('node:worker_threads').workerData;
  if (compileCache) require('node:module').enableCompileCache(compileCache);
  import(entry);
`;

/** A socket's path may not be longer than about this on any system. */
const SOCKET_PATH_BYTES_MAX = 100;
const SOCKET_FILE = 'store.sock';

/**
 * Starts the store of a data directory in a worker thread and resolves when it can be connected to.
 *
 * @throws DirectoryInUse when another process has the directory; Error when the file is damaged, of a newer format
 * or not a store's, or when the address is taken; the system's own errors keep their code, path, address and port
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const dir = resolve(options.dir);
  await makePrivateDirectory(dir);
  const unlock = lockDirectory(dir);
  try {
    await refuseInterruptedRestore(dir);
    await removeLeftCopies(dir);
    return await start(dir, options, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

async function start(dir: string, options: StoreOptions, unlock: () => void): Promise<Store> {
  const place = await choosePlace(dir, options);
  const { credentials } = options;
  const { port1, port2 } = new MessageChannel();
  const data: WorkerStart = {
    engine: {
      dir,
      transactionLifetimeMs: options.transactionLifetimeMs ?? 60_000,
      conflictWaitMsMax: options.conflictWaitMsMax ?? 5_000,
      dataBytesMax: options.dataBytesMax,
      failPoints: options.failPoints ?? false,
      credentials: credentials && (await deriveCredentials(credentials)),
    },
    listenOn: place.listenOn,
    writes: port2,
    entry: storeThread.entry,
    compileCache: compileCacheDir(),
  };
  const worker = new Worker(ENTRY, { eval: true, workerData: data, transferList: [port2], name: 'store' });
  const writes = new WriteChannel(port1);
  const exited = new Promise<void>((settle) => worker.once('exit', () => settle()));
  let address: ListenOn;
  try {
    address = await listening(worker);
  } catch (error) {
    await exited;
    writes.close();
    await place.cleanUp();
    throw error;
  }
  return new RunningStore(dir, worker, writes, address, exited, async () => {
    await place.cleanUp();
    unlock();
  });
}

/** Loaded where it is needed: a store that only its own process reaches has no user. */
async function deriveCredentials({ user, password }: NonNullable<StoreOptions['credentials']>) {
  const { createCredentials } = await import('./commands/sessions/authentication.ts');
  return createCredentials(user, password);
}

/** Node returns the directory of its own version in the one that it received. */
function compileCacheDir(): string | undefined {
  const used = getCompileCacheDir();
  return used === undefined ? undefined : dirname(used);
}

type Place = { listenOn: ListenOn; cleanUp(): Promise<void> };

/** Where to listen: as configured, else a socket in the directory, else (its path too long) in a private temporary one. */
async function choosePlace(dir: string, options: StoreOptions): Promise<Place> {
  if (options.listen !== undefined) {
    return {
      listenOn: { host: options.listen.host ?? '127.0.0.1', port: options.listen.port },
      async cleanUp() {},
    };
  }
  if (process.platform === 'win32') return { listenOn: { host: '127.0.0.1', port: 0 }, async cleanUp() {} };
  const path = join(dir, SOCKET_FILE);
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX) {
    return { listenOn: { path }, cleanUp: () => rm(path, { force: true }) };
  }
  const short = await mkdtemp(join(tmpdir(), 'store-'));
  return {
    listenOn: { path: join(short, SOCKET_FILE) },
    cleanUp: () => rm(short, { recursive: true, force: true }),
  };
}

async function listening(worker: Worker): Promise<ListenOn> {
  const { promise, resolve: settle, reject } = Promise.withResolvers<ListenOn>();
  const onMessage = (message: FromWorker): void => {
    if (message.kind === 'listening') settle(message.address);
    else if (message.kind === 'failed') {
      const { message: text, ...known } = message.failure;
      reject(Object.assign(new Error(text), known));
    }
  };
  worker.on('message', onMessage);
  worker.once('error', reject);
  const onExit = () => reject(new Error('The thread of the store ended before it listened.'));
  worker.once('exit', onExit);
  try {
    return await promise;
  } finally {
    worker.off('message', onMessage);
    worker.off('error', reject);
    worker.off('exit', onExit);
  }
}

function socketUri(path: string): string {
  return `mongodb://${encodeURIComponent(path)}/?directConnection=true`;
}

/** Where a store that another process runs in this directory is reached, on systems that have sockets of this name. */
export function storeSocketUri(dir: string): string {
  return socketUri(join(resolve(dir), SOCKET_FILE));
}

/** A defect that ends the thread is not caught: it ends the process, as any other uncaught error. */
class RunningStore implements Store {
  readonly uri: string;
  readonly writes: WriteChannel;
  readonly #dir: string;
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  readonly #cleanUp: () => Promise<void>;
  #closing: Promise<void> | undefined;

  constructor(
    dir: string,
    worker: Worker,
    writes: WriteChannel,
    address: ListenOn,
    exited: Promise<void>,
    cleanUp: () => Promise<void>,
  ) {
    this.#dir = dir;
    this.#worker = worker;
    this.writes = writes;
    this.#exited = exited;
    this.#cleanUp = cleanUp;
    // Drivers lower-case the name of a replica set's host, which a socket's path does not survive.
    this.uri =
      'path' in address
        ? socketUri(address.path)
        : `mongodb://${address.host}:${address.port}/?replicaSet=${REPLICA_SET}`;
    worker.unref();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async backup(file: string): Promise<void> {
    if (this.#closing !== undefined) throw new Error('the store has been closed');
    await backupDirectory(this.#dir, file);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#worker.ref();
    this.#post({ kind: 'close' });
    await this.#exited;
    this.writes.close();
    await this.#cleanUp();
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }
}
