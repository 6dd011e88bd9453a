/** The store's thread: the engine, and the socket that serves it. store.ts starts and controls it. */
import { parentPort, workerData } from 'node:worker_threads';
import { createAnswerer } from './commands/dispatch.ts';
import { Engine } from './commands/engine.ts';
import { startSweeping } from './commands/sweep.ts';
import { serveWriteChannel } from './commands/write/channel-writes.ts';
import { type Listener, listen } from './wire/server.ts';
import type { FromWorker, StartFailure, ToWorker, WorkerStart } from './worker-messages.ts';

const port = parentPort;
if (port === null) throw new Error('serve.ts runs in the worker thread that store.ts starts');

const post = (message: FromWorker): void => port.postMessage(message);

async function start({ engine: options, listenOn, writes }: WorkerStart): Promise<void> {
  const engine = new Engine(options);
  let listener: Listener;
  try {
    listener = await listen(listenOn, createAnswerer(engine));
  } catch (error) {
    engine.close();
    throw error;
  }
  const { address } = listener;
  engine.address = 'path' in address ? address.path : `${address.host}:${address.port}`;
  serveWriteChannel(engine, writes);
  const stopSweeping = startSweeping(engine);
  port?.once('message', (_close: ToWorker) => {
    stopSweeping();
    void listener.close().then(() => {
      writes.close();
      engine.close();
      post({ kind: 'closed' });
    });
  });
  post({ kind: 'listening', address });
}

/** An error by itself would lose all but its message on the way. */
function toStartFailure(error: unknown): StartFailure {
  if (!(error instanceof Error)) return { message: String(error) };
  const { message, code, path, address, port } = error as Error & StartFailure;
  return { message, code, path, address, port };
}

const given: WorkerStart = workerData;
start(given).catch((error: unknown) => {
  post({ kind: 'failed', failure: toStartFailure(error) });
  port.close();
});
