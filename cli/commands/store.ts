import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { dataDirectory, parsePort, readEnvironment } from '#server/config.ts';
import { createLog } from '#server/log.ts';
import { checkSecrets, reportWeakSecrets } from '#server/secrets/check-secrets.ts';
import { readStorePassword, toPasswordFile } from '#server/secrets/store-password.ts';
import { listeningOn } from '#server/start-failure.ts';

/** The one user of the store. */
const user = 'heddle';

/** Records in the audit log of the mesh that whoever has the password may now read and write its store. */
async function recordServing(
  uri: string,
  credentials: { readonly user: string; readonly password: string } | undefined,
  arguments_: Readonly<Record<string, unknown>>,
): Promise<void> {
  const [{ openDatabase }, { recordCommand }] = await Promise.all([
    import('#mongo/connect.ts'),
    import('../record-command.ts'),
  ]);
  const as = credentials && `//${credentials.user}:${encodeURIComponent(credentials.password)}@`;
  await using database = await openDatabase(as === undefined ? uri : uri.replace('//', as));
  const command = { action: 'store.serve', targetType: 'Store', targetId: 'mesh', arguments: arguments_ };
  await recordCommand(database.connection, command, async () => null);
}

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
    await recordServing(store.uri, credentials, { directory: dir, port, password: !isOpen });
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
