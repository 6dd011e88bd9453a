import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { pushDocuments, setDocumentsMode } from '#gateway/operations/own-documents.ts';
import { buildApiSchema } from '#schema/api-schema.ts';
import { StartError } from '#server/config.ts';
import { checkDocuments } from '../operations/check-documents.ts';
import { splitPages } from '../operations/pages.ts';
import { readManifest } from '../operations/read-manifest.ts';
import { usageError } from '../usage.ts';

/** The mesh that is called, and the key for it. */
interface Target {
  readonly url: string;
  readonly key: string;
}

const requestMsMax = 30_000;
const modes: Readonly<Record<string, string | null>> = {
  off: 'OFF',
  log: 'LOG',
  enforce: 'ENFORCE',
  default: null,
};

/** `heddle operations push|mode`: resolves to the exit code. The API key is in HEDDLE_KEY. */
export async function runOperationsCommand(args: readonly string[]): Promise<number> {
  const { positionals, values } = readArguments(args);
  const [command, first, second, ...rest] = positionals;
  if (rest.length > 0 || first === undefined) throw usageError('operations');
  const target: Target = { url: values.url, key: process.env.HEDDLE_KEY ?? '' };
  if (command === 'push' && second === undefined) return push(first, values, target);
  const mode = second === undefined || !Object.hasOwn(modes, second) ? undefined : modes[second];
  if (command !== 'mode' || mode === undefined) throw usageError('operations');
  await send(target, setDocumentsMode, { appId: first, mode });
  console.log(`the app ${first} has the mode ${second}`);
  return 0;
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        url: { type: 'string', default: 'http://127.0.0.1:4000' },
        client: { type: 'string' },
        tenant: { type: 'string' },
        mesh: { type: 'boolean', default: false },
      },
    });
  } catch {
    // Any error: parseArgs refuses what is no option of the command.
    throw usageError('operations');
  }
}

async function push(
  path: string,
  { client, tenant, mesh }: { readonly client?: string; readonly tenant?: string; readonly mesh: boolean },
  target: Target,
): Promise<number> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    // Any error: of the file system.
    throw new StartError(`${path} cannot be read`, { cause });
  });
  const supergraph = await readFile(new URL('../../schema/supergraph.graphql', import.meta.url), 'utf8');
  const { checked, problems } = checkDocuments(buildApiSchema(supergraph), readManifest(text));
  if (problems.length > 0) {
    for (const problem of problems) console.error(problem);
    console.error(`nothing was pushed: ${problems.length} errors in ${path}`);
    return 1;
  }
  const total = { saved: 0, unchanged: 0 };
  for (const documents of splitPages(checked)) {
    const input = {
      documents,
      ...(client === undefined ? {} : { client }),
      ...(tenant === undefined ? {} : { tenantId: tenant }),
      ...(mesh ? { forMesh: true } : {}),
    };
    const { saveTrustedDocuments } = await send<{ saveTrustedDocuments: typeof total }>(
      target,
      pushDocuments,
      {
        input,
      },
    );
    total.saved += saveTrustedDocuments.saved;
    total.unchanged += saveTrustedDocuments.unchanged;
  }
  console.log(`pushed ${total.saved} documents; ${total.unchanged} were there already`);
  return 0;
}

async function send<Data>({ url, key }: Target, query: string, variables: object): Promise<Data> {
  if (key === '') throw new StartError('HEDDLE_KEY is not set: an API key with tenants:write');
  const response = await fetch(new URL('/graphql', url), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      authorization: `Bearer ${key}`,
    },
    body: JSON.stringify({ query, variables }),
    redirect: 'error',
    signal: AbortSignal.timeout(requestMsMax),
  }).catch((cause: unknown) => {
    // Any error: of the network, or of the time limit.
    throw new StartError(`${url} does not answer`, { cause });
  });
  const answer = (await response.json().catch((cause: unknown) => {
    // Any error: the body is cut or no JSON.
    throw new StartError(`${url} answered with ${response.status} and no JSON`, { cause });
  })) as { readonly data?: Data; readonly errors?: readonly { readonly message: string }[] };
  const [error] = answer.errors ?? [];
  if (error !== undefined || answer.data === undefined) {
    throw new StartError(error?.message ?? `${url} answered with ${response.status}`);
  }
  return answer.data;
}
