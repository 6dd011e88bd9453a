#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { StartError } from '#server/config.ts';
import { readSecretFiles } from '#server/secrets/secret-files.ts';
import { refuseUnknownVariables } from '#server/unknown-variables.ts';

// Beside the packages, where nobody else writes: compiled code is trusted as it is found.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/heddle', import.meta.url)));

/** Each command is loaded when it is called: `serve` must not pay for the others. */
const commands: Readonly<Record<string, () => Promise<(args: readonly string[]) => Promise<number>>>> = {
  serve: async () => (await import('./commands/serve.ts')).serve,
  store: async () => (await import('./commands/store.ts')).serveStore,
  backup: async () => (await import('./commands/backup.ts')).backup,
  restore: async () => (await import('./commands/backup.ts')).restore,
  'create-ca': async () => (await import('./commands/create-ca.ts')).createCa,
  'mesh-key': async () => (await import('./commands/mesh-key.ts')).printMeshKey,
  reseal: async () => (await import('./commands/reseal.ts')).reseal,
  routes: async () => (await import('./commands/routes.ts')).printRoutes,
  schema: async () => (await import('./commands/schema.ts')).runSchemaCommand,
};

const usage = `heddle: a federated GraphQL mesh for AI. Type "npx heddle …" or "npm start -- …".

  heddle [serve] [--only <part>,<part>…]     the whole mesh, or a part of it:
                                             gateway, models, prompts, tenants, usage, inference
  heddle store [--port 27018] [--dir <dir>]  the embedded store alone, over loopback TCP, by user and password
               [--no-auth]                   open to every user of this machine
  heddle backup <file>                       copy the embedded store while it runs
                [--encrypt]                  encrypted with the encryption key
                [--passphrase-file <file>]   encrypted with a passphrase
  heddle restore <file>                      fill an empty data directory from a copy, encrypted or not
                [--passphrase-file <file>]
  heddle create-ca <dir>                     a private authority, and a certificate for each part
  heddle mesh-key                            a key pair: gateways sign, subgraphs verify
  heddle reseal [--discard]                  seal what is stored with the current encryption key
  heddle routes [--json]                     the paths of the gateway, their handlers and what they need
  heddle schema compose                      write schema/supergraph.graphql
  heddle schema types                        write the types of resolvers, arguments and enums
  heddle schema print                        the schema that clients see, for code generators
  heddle schema check [--against <git ref>] [--strict] [--json]
                                             would this schema break clients, or loosen policy?

Variables: docs/configuration.md`;

async function main(argv: readonly string[]): Promise<number> {
  const [first = 'serve'] = argv;
  if (first === 'help' || argv.includes('--help') || argv.includes('-h')) {
    console.log(usage);
    return 0;
  }
  if (first === '--version' || first === '-v') {
    const manifest = await readFile(new URL('../package.json', import.meta.url), 'utf8');
    console.log(JSON.parse(manifest).version);
    return 0;
  }
  const named = !first.startsWith('-');
  const load = commands[named ? first : 'serve'];
  if (load === undefined) throw new StartError(`there is no command ${first}; try --help`);
  refuseUnknownVariables(process.env);
  const run = await load();
  return run(argv[0] === undefined || !named ? argv : argv.slice(1));
}

// An empty variable counts as unset: also for libraries that read the environment themselves.
for (const [name, value] of Object.entries(process.env)) if (value === '') delete process.env[name];

// Diagnostic reports of Node would hold the whole environment.
if (process.report !== undefined) process.report.excludeEnv = true;

/** One line, and the stack where LOG_LEVEL asks for it; without the secrets of the environment. */
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
  readSecretFiles(process.env);
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  await fail(error);
}
