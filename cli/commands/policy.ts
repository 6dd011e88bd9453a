import { parseArgs } from 'node:util';
import { StartError } from '#server/config.ts';
import { usageError } from '../usage.ts';

interface ShownPolicy {
  readonly coordinate: string;
  readonly authenticated: boolean;
  readonly scopes: readonly (readonly string[])[];
  readonly policies: readonly (readonly string[])[];
  readonly meters: readonly string[];
  readonly audited: string | null;
  readonly guarded: readonly string[];
  readonly allowed: boolean;
  readonly reason: string | null;
}

const query = `query HeddlePolicy($as: ID, $issuerId: ID) {
  policy(as: $as, issuerId: $issuerId) { coordinate authenticated scopes policies meters audited guarded allowed reason }
}`;
const timeLimitMs = 30_000;
const answerBytesMax = 10_000_000;

/**
 * `heddle policy`: prints what each field of a running mesh requires and whether a caller may select it. The key is in
 * HEDDLE_KEY; it has tenants:read.
 */
export async function printPolicy(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      as: { type: 'string' },
      issuer: { type: 'string' },
      json: { type: 'boolean', default: false },
      url: { type: 'string', default: 'http://127.0.0.1:4000' },
    },
  });
  if (positionals.length > 0) throw usageError('policy');
  const key = process.env.HEDDLE_KEY;
  if (key === undefined) throw new StartError('HEDDLE_KEY must be set to an API key with tenants:read.');
  const named = { as: values.as ?? null, issuerId: values.issuer ?? null };
  const policies = await fetchPolicies(values.url, key, named);
  console.log(values.json ? JSON.stringify(policies, null, 2) : formatPolicies(policies));
  return 0;
}

/** Whose policy is shown; null: that of the key. */
interface Named {
  readonly as: string | null;
  readonly issuerId: string | null;
}

async function fetchPolicies(url: string, key: string, named: Named): Promise<readonly ShownPolicy[]> {
  const endpoint = URL.parse('/graphql', url);
  if (endpoint === null || !/^https?:$/.test(endpoint.protocol)) {
    throw new StartError('--url must be the http or https address of a mesh.');
  }
  const response = await fetch(endpoint, {
    method: 'POST',
    redirect: 'error',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ query, variables: named }),
    signal: AbortSignal.timeout(timeLimitMs),
  }).catch((cause: unknown) => {
    // Any error: the mesh cannot be reached, whatever the network calls it.
    throw new StartError(`no mesh answers at ${endpoint.origin}.`, { cause });
  });
  const text = await response.text();
  if (text.length > answerBytesMax) throw new StartError(`the answer of ${endpoint.origin} is too long.`);
  const { data, errors } = parseAnswer(text, endpoint.origin);
  if (data?.policy === undefined || data.policy === null) {
    throw new StartError(errors?.[0]?.message ?? `${endpoint.origin} returns no policy.`);
  }
  return data.policy;
}

interface Answer {
  readonly data?: { readonly policy?: readonly ShownPolicy[] | null } | null;
  readonly errors?: readonly { readonly message: string }[];
}

function parseAnswer(text: string, origin: string): Answer {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    // Any error: what is no JSON is no answer of a mesh.
    throw new StartError(`${origin} is no mesh: its answer is no JSON.`);
  }
}

/** The policies as a table of text, a line each; the last column states why a field is refused. */
export function formatPolicies(policies: readonly ShownPolicy[]): string {
  const either = (sets: readonly (readonly string[])[]) => sets.map((set) => set.join(' and ')).join(' or ');
  const rows = [
    ['FIELD', 'ALLOWED', 'REQUIRES', 'POLICY', 'METERS', 'AUDITED', 'REASON'],
    ...policies.map((one) => [
      one.coordinate,
      one.allowed ? 'yes' : 'no',
      either(one.scopes) || (one.authenticated ? 'authentication' : ''),
      either(one.policies),
      one.meters.join(', '),
      one.audited ?? '',
      one.reason ?? '',
    ]),
  ];
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
