import { suggestName } from '#core/text/suggest-name.ts';
import { StartError } from '#server/config.ts';
import { readSecretFiles } from '#server/secrets/secret-files.ts';
import { refuseUnknownVariables } from '#server/unknown-variables.ts';
import { describeUsage } from './usage.ts';

/** Each command is loaded when it is called: `serve` must not pay for the others. */
const commands: Readonly<Record<string, () => Promise<(args: readonly string[]) => Promise<number>>>> = {
  serve: async () => (await import('./commands/serve.ts')).serve,
  store: async () => (await import('./commands/store.ts')).serveStore,
  backup: async () => (await import('./commands/backup.ts')).backup,
  restore: async () => (await import('./commands/backup.ts')).restore,
  audit: async () => (await import('./commands/audit.ts')).runAuditCommand,
  erasures: async () => (await import('./commands/erasures.ts')).runErasuresCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
  'support-bundle': async () => (await import('./commands/support-bundle.ts')).writeSupportBundle,
  'create-ca': async () => (await import('./commands/create-ca.ts')).createCa,
  'mesh-key': async () => (await import('./commands/mesh-key.ts')).printMeshKey,
  keys: async () => (await import('./commands/keys.ts')).runKeysCommand,
  reseal: async () => (await import('./commands/reseal.ts')).reseal,
  policy: async () => (await import('./commands/policy.ts')).printPolicy,
  operations: async () => (await import('./commands/operations.ts')).runOperationsCommand,
  routes: async () => (await import('./commands/routes.ts')).printRoutes,
  schema: async () => (await import('./commands/schema.ts')).runSchemaCommand,
};

/** Commands that report what is wrong with the environment instead of ending at it. */
const diagnosing: ReadonlySet<string> = new Set(['doctor', 'support-bundle']);

function findCommand(name: string) {
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load !== undefined) return { name, load };
  const suggested = suggestName(name, Object.keys(commands));
  throw new StartError(`there is no command ${name}; try --help.${suggested}`);
}

async function main(argv: readonly string[]): Promise<number> {
  const [first = 'serve', second] = argv;
  const isHelp = first === 'help' || argv.includes('--help') || argv.includes('-h');
  if (first === '--version' || first === '-v') {
    const { readVersion } = await import('#core/read-version.ts');
    console.log(await readVersion());
    return 0;
  }
  const named = !first.startsWith('-');
  if (isHelp) {
    const command = first === 'help' ? second : first;
    const all = command === undefined || command.startsWith('-');
    console.log(describeUsage(all ? undefined : findCommand(command).name));
    return 0;
  }
  const { name, load } = findCommand(named ? first : 'serve');
  if (!diagnosing.has(name)) {
    readSecretFiles(process.env);
    refuseUnknownVariables(process.env);
  }
  const run = await load();
  return run(argv[0] === undefined || !named ? argv : argv.slice(1));
}

// An empty variable counts as unset: also for libraries that read the environment themselves.
for (const [name, value] of Object.entries(process.env)) if (value === '') delete process.env[name];

// Diagnostic reports of Node would hold the whole environment.
if (process.report !== undefined) process.report.excludeEnv = true;

/** One line, and the stack where LOG_LEVEL requests it; without the secrets of the environment. */
async function fail(error: unknown): Promise<never> {
  const [{ explainStartFailure }, { createRedact }] = await Promise.all([
    import('#server/start-failure.ts'),
    import('#server/secrets/redact.ts'),
  ]);
  const redact = createRedact(process.env);
  console.error(`heddle: ${redact(explainStartFailure(error))}`);
  if (/^(debug|trace)$/.test(process.env.LOG_LEVEL ?? '')) {
    // Its stack alone: libraries hang commands with their passwords on errors.
    console.error(redact(error instanceof Error ? (error.stack ?? '') : String(error)));
  }
  process.exit(1);
}

// `serve` replaces this handler: it ends the mesh first.
process.on('uncaughtException', fail);
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  await fail(error);
}
