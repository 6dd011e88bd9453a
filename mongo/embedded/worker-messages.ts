import type { EngineOptions } from './commands/engine.ts';
import type { ListenOn } from './wire/server.ts';

/** What store.ts and its worker tell each other. */
export type WorkerStart = { engine: EngineOptions; listenOn: ListenOn };
export type ToWorker = { kind: 'close' } | { kind: 'backup'; id: number; file: string };
export type FromWorker =
  | { kind: 'listening'; address: ListenOn }
  | { kind: 'failed'; error: string }
  | { kind: 'backed-up'; id: number; error: string | undefined }
  | { kind: 'closed' };
