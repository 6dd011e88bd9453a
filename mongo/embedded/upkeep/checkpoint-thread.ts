/** Copies SQLite's log into the data file beside the writer, once for each message. checkpoints.ts starts it. */
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

parentPort?.on('message', () => {
  // A connection for each time: the store removes its log when it closes, which it can as the last one only.
  const db = new DatabaseSync(workerData as string, { timeout: 5000 });
  try {
    db.exec('PRAGMA synchronous = FULL; PRAGMA cache_size = -1024; PRAGMA wal_autocheckpoint = 0');
    db.exec('PRAGMA wal_checkpoint(PASSIVE)');
  } finally {
    db.close();
  }
  parentPort?.postMessage('copied');
});
