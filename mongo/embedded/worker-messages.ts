import type { MessagePort } from 'node:worker_threads';
import type { EngineOptions } from './commands/engine.ts';
import type { ListenOn } from './wire/server.ts';

/** The messages between store.ts and its worker. */
export type WorkerStart = {
  engine: EngineOptions;
  listenOn: ListenOn;
  /** The thread's end of the write channel (channel.ts). */
  writes: MessagePort;
  /** The URL of serve.ts. */
  entry: string;
  /** Where the process keeps compiled code, if it does. */
  compileCache: string | undefined;
};
export type ToWorker = { kind: 'close' };
export type FromWorker =
  | { kind: 'listening'; address: ListenOn }
  | { kind: 'failed'; failure: StartFailure }
  | { kind: 'closed' };

/** Why it could not start: of an error of the system (an address in use …) all that distinguishes them. */
export type StartFailure = {
  message: string;
  code?: string | number | undefined;
  path?: string | undefined;
  address?: string | undefined;
  port?: number | undefined;
};

/** The name of the store as a replica set of one, which is what sessions and transactions need. */
export const REPLICA_SET = 'embedded';
