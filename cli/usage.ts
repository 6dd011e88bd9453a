import { StartError } from '#server/config.ts';
import { everyPart } from '#server/mesh.ts';

/** What `--help` prints of one command. */
interface Usage {
  /** The command with its arguments. */
  readonly synopsis: string;
  readonly summary: string;
  /** What each option does, by the option with its value. */
  readonly options?: Readonly<Record<string, string>>;
}

const dir = { '--dir <directory>': 'the directory of the store, instead of store/ in HEDDLE_DATA_DIR' };

/** Every command of `heddle`, in the order of `--help`. */
const usages: readonly Usage[] = [
  {
    synopsis: 'serve',
    summary: 'the whole mesh, or some of its parts; also without the word "serve"',
    options: { '--only <part>,<part>…': everyPart.join(', ') },
  },
  {
    synopsis: 'store',
    summary: 'the embedded store alone, over loopback TCP, by user and password',
    options: {
      '--port <port>': 'the port to listen on (27018)',
      ...dir,
      '--no-auth': 'open to every user of this machine',
    },
  },
  {
    synopsis: 'backup <file>',
    summary: 'copy the embedded store into a new file, while it runs or not',
    options: {
      '--encrypt': 'encrypted with the encryption key',
      '--passphrase-file <file>': 'encrypted with the passphrase in a file, instead of the encryption key',
      ...dir,
    },
  },
  {
    synopsis: 'restore <file>',
    summary: 'fill an empty data directory from a copy, encrypted or not',
    options: { '--passphrase-file <file>': 'the passphrase of an encrypted copy', ...dir },
  },
  {
    synopsis: 'audit verify',
    summary: 'is any record of the audit log altered, removed or inserted?',
    options: {
      '--tenant <id>': 'only the chains of this tenant',
      '--file <file>': 'an export as JSON lines, instead of the store',
      '--anchors <file>': 'the ends of the chains as they were anchored',
      '--key <public key>': 'trust signatures of this key instead of those in the store; may be repeated',
      '--json': 'for programs',
    },
  },
  { synopsis: 'audit key', summary: 'the public keys that anchors of the audit log are signed with' },
  {
    synopsis: 'audit export',
    summary: 'the audit log as lines of JSON',
    options: {
      '--format <format>': 'jsonl (default), or ocsf: API Activity of OCSF 1.8.0',
      '--tenant <id>': 'only the records of this tenant',
      '--from <time>': 'only records that are not older',
      '--to <time>': 'only older records',
    },
  },
  {
    synopsis: 'erasures list',
    summary: 'the reports of erasures that have ended, as lines of JSON, to be kept with backups',
  },
  {
    synopsis: 'erasures repeat <file>…',
    summary: 'erase again what was erased, in a store from an older backup: from reports and requests',
  },
  {
    synopsis: 'doctor',
    summary:
      'is anything wrong with this configuration, its stores, certificates, providers, disk and ports?',
    options: {
      '--only <part>,<part>…': 'as a process that runs these parts',
      '--offline': 'call no provider, issuer or other server beyond the mesh',
      '--json': 'for programs',
    },
  },
  {
    synopsis: 'support-bundle <file>',
    summary: 'write the report of the doctor, versions, counts and metrics into a new file, without secrets',
    options: {
      '--log <file>': 'with known fields of the last lines of this log',
      '--only <part>,<part>…': 'as a process that runs these parts',
      '--offline': 'call no provider, issuer or other server beyond the mesh',
    },
  },
  {
    synopsis: 'create-ca <directory>',
    summary: 'a private authority, and a certificate for each part; run again, it renews them',
    options: {
      '--only <part>,<part>…': 'one certificate, for a process that runs these parts',
      '--host <name>': 'a name or address under which the parts are reached; may be repeated',
      '--renew': 'renew certificates that have not expired either',
    },
  },
  { synopsis: 'mesh-key', summary: 'a key pair: gateways sign, subgraphs verify' },
  {
    synopsis: 'keys rotate',
    summary: 'another name of reseal, for a new encryption key or root key while the mesh runs',
  },
  {
    synopsis: 'reseal',
    summary: 'wrap the data keys with the current encryption key or root key, while the mesh runs or not',
    options: {
      '--data-keys': 'make new data keys, and seal what is stored with them (takes 90 seconds)',
      '--discard': 'drop the data keys that no key at hand unwraps, and the provider keys sealed with them',
    },
  },
  {
    synopsis: 'operations push <manifest>',
    summary: 'check the documents of a manifest and push them as trusted, with the API key in HEDDLE_KEY',
    options: {
      '--url <origin>': 'the gateway (http://127.0.0.1:4000)',
      '--client <name>': 'the client that they are for (default)',
      '--tenant <id>': 'the tenant, instead of that of the key',
      '--mesh': 'for the clients of every tenant',
    },
  },
  {
    synopsis: 'operations mode <app> <off|log|enforce|default>',
    summary: 'what an app accepts beside trusted documents, with the API key in HEDDLE_KEY',
    options: { '--url <origin>': 'the gateway (http://127.0.0.1:4000)' },
  },
  {
    synopsis: 'routes',
    summary: 'the paths of the gateway, their handlers and what they need',
    options: { '--json': 'for programs' },
  },
  {
    synopsis: 'policy',
    summary: 'what each field of a running mesh requires; the API key is in HEDDLE_KEY',
    options: {
      '--as <key|subject|role>': 'whether this API key (by its ID), member, role or ANONYMOUS may select it',
      '--issuer <id>':
        'the issuer of the member that --as names by its subject, where several issuers have it',
      '--url <address>': 'the address of the mesh (http://127.0.0.1:4000)',
      '--json': 'for programs',
    },
  },
  { synopsis: 'schema compose', summary: 'write schema/supergraph.graphql and docs/graphql-reference.md' },
  { synopsis: 'schema types', summary: 'write the types of resolvers, arguments and enums' },
  { synopsis: 'schema print', summary: 'the schema that clients see, for code generators' },
  {
    synopsis: 'schema check',
    summary: 'would this schema break clients, or loosen policy?',
    options: {
      '--against <git ref>': 'compare with the schema of this revision',
      '--strict': 'fail on changes that may break clients',
      '--json': 'for programs',
    },
  },
];

/** The names of every command, such as `audit verify`. */
export const commandNames: readonly string[] = usages.map(({ synopsis }) => synopsis.replace(/ [<].*$/, ''));

/** The help of one command, or of all of them. */
export function describeUsage(command?: string): string {
  const lines = findUsages(command).flatMap(({ synopsis, summary, options = {} }) => [
    formatRow(`  heddle ${synopsis}`, summary),
    ...Object.entries(options).map(([option, effect]) => formatRow(`    ${option}`, effect)),
  ]);
  const title = 'heddle: a federated GraphQL mesh for AI. Type "npx heddle …" or "npm start -- …".';
  return `${title}\n\n${lines.join('\n')}\n\nVariables: docs/configuration.md`;
}

/** The error of a command with other arguments than its synopsis has. */
export function usageError(command: string): StartError {
  const synopses = findUsages(command).map(({ synopsis, options = {} }) =>
    ['heddle', synopsis, ...Object.keys(options).map((option) => `[${option}]`)].join(' '),
  );
  return new StartError(`usage: ${synopses.join(', or ')}`);
}

function findUsages(command: string | undefined): readonly Usage[] {
  if (command === undefined) return usages;
  return usages.filter(({ synopsis }) => synopsis.split(' ')[0] === command);
}

const firstColumn = 32;
const formatRow = (left: string, right: string): string => `${left.padEnd(firstColumn)} ${right}`;
