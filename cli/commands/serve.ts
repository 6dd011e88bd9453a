import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { Logger } from 'pino';
import { releaseMemoryWhenIdle } from '#core/idle-memory.ts';
import { dataDirectory, type Environment, readEnvironment } from '#server/config.ts';
import { createLog } from '#server/log.ts';
import { everyPart, type Mesh, type MeshOptions, type Part, parseParts } from '#server/mesh.ts';
import { explainStartFailure } from '#server/start-failure.ts';
import { stepLogLevelBySignal } from '../step-log-level.ts';

/**
 * Runs the mesh, or the parts that `--only` names, until SIGTERM or SIGINT. Resolves to the exit code: 1 where an error that
 * no handler caught ended it.
 */
export async function serve(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { only: { type: 'string' } } });
  const environment = readEnvironment(process.env);
  const parts = parseParts(values.only);
  const log = createLog(environment.LOG_LEVEL);
  stepLogLevelBySignal(log, environment.LOG_LEVEL);

  const crash = awaitCrash(log);
  const starting = start({ environment, providerEnvironment: process.env, log }, parts);
  const started = await Promise.race([starting, crash]);
  if (started === 'CRASHED') return exitNow(log);
  const { mesh, ending } = started;
  releaseMemoryWhenIdle();

  const end = await Promise.race([ending, crash]);
  const crashed = end === 'CRASHED';
  const drainMs = crashed ? 0 : end.drainMs;
  const graceMs = crashed ? Math.min(environment.HEDDLE_SHUTDOWN_GRACE_MS, crashGraceMsMax) : end.graceMs;
  endProcessAfter(drainMs + graceMs + closingMsMax, log);
  try {
    await mesh.close({ drainMs, graceMs });
  } catch (error) {
    log.error({ err: error }, explainStartFailure(error));
    return exitNow(log);
  }
  if (crashed) return exitNow(log);
  log.flush();
  // The channel to the first process is all that keeps a worker open.
  process.disconnect?.();
  return 0;
}

/** A running mesh, and when it is to end. */
interface Started {
  readonly mesh: Mesh;
  readonly ending: Promise<{ readonly drainMs: number; readonly graceMs: number }>;
}

type StartOptions = Omit<MeshOptions, 'parts' | 'seat'>;

/** Starts what this process is to run: everything, the first of several processes, a worker of those, or the parts that were named. */
async function start(options: StartOptions, parts: readonly Part[]): Promise<Started> {
  const { environment, log } = options;
  if (cluster.isWorker) {
    // A terminal, or a supervisor of processes, signals every process: the first one ends its workers.
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => {});
    const { startWorker } = await import('#server/workers/start-worker.ts');
    const { mesh, end } = await startWorker(options);
    return { mesh, ending: end };
  }
  const signal = awaitSignal(log);
  const mesh = await startProcesses(options, parts);
  process.stdout.write(banner(mesh, environment));
  const ending = signal.then((reason) => {
    log.info({ signal: reason }, 'stopping');
    return { drainMs: environment.HEDDLE_DRAIN_MS, graceMs: environment.HEDDLE_SHUTDOWN_GRACE_MS };
  });
  return { mesh, ending };
}

/** On fewer cores one process, with the thread of its store and those of V8, uses them as well. */
const coresMin = 4;

function defaultWorkers(): number {
  const cores = availableParallelism();
  return cores < coresMin ? 1 : cores;
}

/** One process; or, where all parts run here on a machine with several cores, one for the store and administration, and workers. */
async function startProcesses(options: StartOptions, parts: readonly Part[]): Promise<Mesh> {
  const { HEDDLE_WORKERS: wanted } = options.environment;
  const count = parts.length < everyPart.length ? 1 : (wanted ?? defaultWorkers());
  if (count === 1) {
    const { startMesh } = await import('#server/start-mesh.ts');
    return startMesh({ ...options, parts });
  }
  const { startWithWorkers } = await import('#server/workers/start-workers.ts');
  return startWithWorkers(options, { count, isEager: wanted !== undefined });
}

/** How long calls in progress may take to end after an error that no handler caught: nothing is known about its reach. */
const crashGraceMsMax = 1_000;

/**
 * Resolves at the first error that no handler caught, rejections included, and logs that one alone: what follows comes of
 * it. The process ends then, and another one or a restart takes over.
 */
function awaitCrash(log: Logger): Promise<'CRASHED'> {
  process.removeAllListeners('uncaughtException');
  return new Promise((resolve) => {
    let isLogged = false;
    process.on('uncaughtException', (error, origin) => {
      if (isLogged) return;
      isLogged = true;
      const name = origin === 'unhandledRejection' ? 'unhandled rejection' : 'uncaught exception';
      log.fatal({ event: 'process_failed', err: error }, `${name}; the process ends`);
      resolve('CRASHED');
    });
  });
}

/** Ends the process at once, whatever still keeps it open. */
function exitNow(log: Logger): never {
  log.flush();
  process.exit(1);
}

/** How long, after the grace time, closing the rows and the stores may take: a store that is lost must not hold the process. */
const closingMsMax = 2_500;

/** Ends the process when it has not ended by then. The timer itself does not keep it alive. */
function endProcessAfter(ms: number, log: Logger): void {
  const timer = setTimeout(() => {
    log.warn('ended before everything was closed; the next start closes the rows that are left');
    exitNow(log);
  }, ms);
  timer.unref();
}

/** Ctrl-C reaches the process from the terminal and again from npm: only a signal this long after the first is another. */
const sameSignalMs = 1_000;

/** Resolves at the first SIGTERM or SIGINT. One that comes later, while the process stops, ends it at once. */
function awaitSignal(log: Logger): Promise<NodeJS.Signals> {
  return new Promise((stopped) => {
    let firstMs: number | undefined;
    const hear = (signal: NodeJS.Signals) => {
      firstMs ??= performance.now();
      if (performance.now() - firstMs < sameSignalMs) return stopped(signal);
      log.warn({ signal }, 'stopped at once; the next start closes the rows of what still ran');
      exitNow(log);
    };
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, hear);
  });
}

/** Where a server that listens on every address is reached from here. */
const fromHere = (url: string): string => url.replace(/\/\/(0\.0\.0\.0|\[::\])/, '//127.0.0.1');

/** What a newcomer reads: where everything is, the key if it is new, and one call to paste. */
function banner(mesh: Pick<Mesh, 'url' | 'subgraphUrls' | 'newAdminKey'>, environment: Environment): string {
  const lines: string[] = [];
  for (const [name, url] of Object.entries(mesh.subgraphUrls)) {
    lines.push(`  ${name.padEnd(10)} ${fromHere(url)}`);
  }
  const url = mesh.url === null ? null : fromHere(mesh.url);
  if (url !== null) {
    lines.push(
      `  Graph      ${url}/graphql`,
      `  Explorer   ${url}/graphql (in a browser)`,
      `  Clients    ${url}/ (in a browser: setup of clients, test of a key)`,
      `  SDKs       ${url}/v1 (base URL for OpenAI), ${url} (for Anthropic)`,
      `  Health     ${url}/health/ready`,
    );
  }
  if (environment.MONGO_URL === undefined && url !== null) {
    lines.push(`  Data       ${dataDirectory(environment)}`);
  }
  const { newAdminKey } = mesh;
  if (newAdminKey !== null && 'text' in newAdminKey) {
    lines.push('', `  Admin key  ${newAdminKey.text}`, '  It is shown this once; only its hash is kept.');
  } else if (newAdminKey !== null) {
    lines.push(
      '',
      `  Admin key  in ${newAdminKey.file}`,
      '  Fetch it and remove the file; only its hash is kept.',
    );
  }
  if (url !== null) {
    const key = newAdminKey !== null && 'text' in newAdminKey ? newAdminKey.text : '$HEDDLE_KEY';
    const query =
      '{"query":"mutation { complete(input: { model: \\"demo/echo\\", messages: [{ role: USER, content: \\"Hello, loom\\" }] }) { text } }"}';
    lines.push(
      '',
      `  curl -s ${url}/graphql -H "authorization: Bearer ${key}" -H 'content-type: application/json' \\`,
      `    -d '${query}'`,
    );
  }
  return `Heddle is ready.\n\n${lines.join('\n')}\n`;
}
