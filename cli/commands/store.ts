import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { dataDirectory, parsePort, readEnvironment } from '../config.ts';
import { listeningOn } from '../start-failure.ts';

/** `heddle store`: serves the embedded store alone over loopback TCP, for mongosh, Compass and other test suites. */
export async function serveStore(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { port: { type: 'string', default: '27018' }, dir: { type: 'string' } },
  });
  const port = parsePort(values.port);
  const dir = values.dir ?? join(dataDirectory(readEnvironment(process.env)), 'store');

  const stop = new Promise<void>((stopped) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopped());
  });
  // The store's thread does not keep a process alive on its own.
  const alive = setInterval(() => {}, 0x7fff_ffff);
  try {
    const { openStore } = await import('#mongo/embedded/store.ts');
    await using store = await listeningOn('--port', openStore({ dir, listen: { port } }));
    console.log(`The store of ${dir} is at ${store.uri}`);
    await stop;
  } finally {
    clearInterval(alive);
  }
  return 0;
}
