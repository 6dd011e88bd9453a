import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { dataDirectory, parsePort, readEnvironment } from '#server/config.ts';
import { createLog } from '#server/log.ts';
import { checkSecrets, reportWeakSecrets } from '#server/secrets/check-secrets.ts';
import { readStorePassword, toPasswordFile } from '#server/secrets/store-password.ts';
import { listeningOn } from '#server/start-failure.ts';

/** The one user of the store. */
const user = 'heddle';

/**
 * `heddle store`: serves the embedded store alone over loopback TCP, for mongosh, Compass and other test suites, to a user
 * with a password; with `--no-auth` to every user of the machine.
 */
export async function serveStore(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string', default: '27018' },
      dir: { type: 'string' },
      'no-auth': { type: 'boolean', default: false },
    },
  });
  const port = parsePort(values.port);
  const environment = readEnvironment(process.env);
  const dir = resolve(values.dir ?? join(dataDirectory(environment), 'store'));
  const isOpen = values['no-auth'];
  reportWeakSecrets(checkSecrets(environment, ['HEDDLE_STORE_PASSWORD']), createLog(environment.LOG_LEVEL));

  const stop = new Promise<void>((stopped) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopped());
  });
  // The store's thread does not keep a process alive on its own.
  const alive = setInterval(() => {}, 0x7fff_ffff);
  try {
    const { openStore } = await import('@heddle/embedded-store');
    const given = environment.HEDDLE_STORE_PASSWORD;
    const credentials = isOpen ? undefined : { user, password: given ?? (await readStorePassword(dir)) };
    await using store = await listeningOn('--port', openStore({ dir, listen: { port }, credentials }));
    const where = given === undefined ? `in ${toPasswordFile(dir)}` : 'that of HEDDLE_STORE_PASSWORD';
    console.log(
      isOpen
        ? `The store of ${dir} is at ${store.uri}, open to every user of this machine.`
        : `The store of ${dir} is at ${store.uri.replace('//', `//${user}@`)}; the password is ${where}.`,
    );
    await stop;
  } finally {
    clearInterval(alive);
  }
  return 0;
}
