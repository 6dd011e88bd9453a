import { type HeddleProcess, newAdminKey, startHeddle, type TestMesh } from '#test/support/mesh.ts';

/** The mesh in one process that can be started again on the same data. */
export interface Restartable extends TestMesh {
  /** The process that runs now. */
  readonly process: HeddleProcess;
  /** Starts it again after it has ended. */
  start(): Promise<void>;
  /** Everything that any of its processes printed. */
  output(): string;
}

/** Starts `heddle` on a data directory of the caller's. */
export async function startRestartable(
  dir: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Restartable> {
  const adminKey = environment.HEDDLE_ADMIN_KEY ?? newAdminKey();
  const processes: HeddleProcess[] = [];
  let url = '';
  let current: HeddleProcess;
  const start = async () => {
    current = startHeddle([], {
      PORT: '0',
      HEDDLE_DATA_DIR: dir,
      HEDDLE_ADMIN_KEY: adminKey,
      LOG_LEVEL: 'warn',
      ...environment,
    });
    processes.push(current);
    [, url = ''] = await current.line(/(http:\/\/127\.0\.0\.1:\d+)\/graphql/);
  };
  await start();
  return {
    get url() {
      return url;
    },
    get process() {
      return current;
    },
    adminKey,
    processes,
    start,
    output: () => processes.map(({ output }) => output()).join('\n'),
    async [Symbol.asyncDispose]() {
      await current.end('SIGKILL');
    },
  };
}
